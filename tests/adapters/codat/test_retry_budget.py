import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codat.retry_budget import RetryBudget


def spent(budget: RetryBudget, now: float, wanted: int = 100) -> int:
    """How many second tries can be paid for, of as many as are *wanted*."""
    return sum(budget.spend(now) for _ in range(wanted))


def test_a_service_begins_with_three() -> None:
    assert 3 == spent(RetryBudget(), 0.0)


def test_four_first_tries_earn_a_second_one() -> None:
    budget = RetryBudget()
    spent(budget, 0.0)

    paid = []
    for _ in range(8):
        budget.earn()
        paid.append(budget.spend(1.0))

    assert [False, False, False, True] * 2 == paid


def test_good_days_save_up_ten_and_no_more() -> None:
    budget = RetryBudget()

    for _ in range(1000):
        budget.earn()

    assert 10 == spent(budget, 0.0)


@pytest.mark.parametrize(("later", "expected"), [(59.9, 0), (60.0, 3)])
def test_after_a_quiet_minute_there_are_three_again(later: float, expected: int) -> None:
    budget = RetryBudget()
    spent(budget, 0.0)

    assert expected == spent(budget, later)


def test_a_quiet_minute_takes_nothing_away() -> None:
    budget = RetryBudget()
    for _ in range(100):
        budget.earn()

    assert 10 == spent(budget, 1000.0)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.01, 1.0, 30.0, 61.0])), max_size=300)
)
def test_there_are_never_more_than_a_quarter_of_the_calls_and_what_is_there_anyway(
    steps: list[tuple[bool, float]],
) -> None:
    budget, now, paid = RetryBudget(), 0.0, 0
    for tries, (fails, pause) in enumerate(steps, start=1):
        now += pause
        budget.earn()
        if fails:
            paid += budget.spend(now)

        assert paid <= tries / 4 + 3 * (1 + now // 60)

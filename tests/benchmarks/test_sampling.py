import pytest
from benchmarks.sampling import Budget, Group, Sample, Target, budget, in_turns, nearest_rank


def window(per_second: float, p50_ms: float = 1, p99_ms: float = 1) -> Sample:
    return Sample(p50_ms=p50_ms, p99_ms=p99_ms, per_second=per_second, cpu_us=10)


def test_targets_take_turns_forwards_and_then_backwards() -> None:
    order: list[str] = []

    def target(name: str) -> Target:
        def take() -> Sample:
            order.append(name)
            return Sample.timing(0.001)

        return Target(name, take)

    group = in_turns("a group", [target("a"), target("b"), target("c")], rounds=3)

    assert ["a", "b", "c", "c", "b", "a", "a", "b", "c"] == order
    assert {"a": 3, "b": 3, "c": 3} == {name: len(taken) for name, taken in group.samples.items()}


def test_each_sample_is_compared_with_its_own_rounds_baseline() -> None:
    # The machine was twice as fast in the second round, and ten times in the third.
    group = Group(
        name="a group",
        samples={
            "base": [window(100), window(200), window(1000)],
            "ours": [window(50), window(100), window(300)],
        },
    )

    assert 0.5 == group.ratio("ours", "base", "per_second")
    assert -100 == group.difference("ours", "base", "per_second")
    assert 100 == group.figure("ours", "per_second")


def test_windows_have_the_median_of_their_p99_and_single_timings_the_p99_of_all() -> None:
    windows = [window(1, p99_ms=value) for value in (5, 90, 7)]
    timings = [Sample.timing(seconds) for seconds in (0.005, 0.090, 0.007)]
    group = Group(name="a group", samples={"load": windows, "start": timings})

    assert 7 == group.figure("load", "p99_ms")
    assert 90 == group.figure("start", "p99_ms")
    assert 7 == group.figure("start", "p50_ms")


def test_what_was_not_measured_of_both_has_no_ratio_and_no_budget() -> None:
    group = Group(name="g", samples={"load": [window(1)], "start": [Sample.timing(1)]})

    assert group.figure("start", "cpu_us") is None
    assert group.ratio("load", "start", "per_second") is None
    assert [] == budget("a promise", group.ratio("start", "load", "cpu_us"), 1)


def test_a_window_counts_what_was_done_in_it() -> None:
    sample = Sample.window([0.001] * 98 + [0.5, 0.7], seconds=2, cpu_seconds=0.01)

    expected = Sample(p50_ms=1, p99_ms=500, per_second=50, cpu_us=100)
    assert expected == sample


def test_a_budget_says_whether_it_holds() -> None:
    def holds(measured: float, *, at_most: bool) -> bool:
        return Budget(promise="", measured=measured, limit=5, at_most=at_most).holds

    assert [True, False] == [holds(value, at_most=True) for value in (5, 5.1)]
    assert [True, False] == [holds(value, at_most=False) for value in (5, 4.9)]


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 2), (0.75, 3), (0.99, 4)])
def test_the_nearest_rank_is_a_value_that_occurred(share: float, expected: float) -> None:
    assert expected == nearest_rank([4, 2, 3, 1], share)

import datetime as dt

import pytest
from hypothesis import given

from domain.model.freshness import Dated, Freshness, FreshnessPolicy
from domain.model.integration import Branding
from tests import strategies


def minutes(number: float) -> dt.timedelta:
    return dt.timedelta(minutes=number)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (minutes(0), Freshness.FRESH),
        (minutes(14.9), Freshness.FRESH),
        (minutes(15), Freshness.STALE),
        (minutes(24 * 60 - 1), Freshness.STALE),
        (minutes(24 * 60), Freshness.EXPIRED),
        (minutes(-1), Freshness.STALE),
        (minutes(-60 * 24 * 365), Freshness.STALE),
    ],
)
def test_a_copy_is_fresh_then_stale_then_expired(age: dt.timedelta, expected: Freshness) -> None:
    assert expected is FreshnessPolicy().judge(age)


@given(strategies.freshness_policies, strategies.ages, strategies.ages)
def test_a_copy_never_becomes_fresher_with_age(
    policy: FreshnessPolicy, one: dt.timedelta, other: dt.timedelta
) -> None:
    younger, older = sorted(map(abs, (one, other)))

    order = list(Freshness)
    assert order.index(policy.judge(younger)) <= order.index(policy.judge(older))


@given(strategies.freshness_policies, strategies.ages)
def test_a_copy_from_the_future_is_never_taken_for_fresh(
    policy: FreshnessPolicy, age: dt.timedelta
) -> None:
    if age < dt.timedelta(0):
        assert Freshness.FRESH is not policy.judge(age)


@given(strategies.dated_brandings)
def test_a_copy_tells_whether_it_is_only_the_last_known_one(dated: Dated[Branding]) -> None:
    again = Dated(value=dated.value, fetched_at=dated.fetched_at)

    assert not again.last_known
    assert dated.last_known is (dated != again)

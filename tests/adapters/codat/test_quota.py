import datetime as dt

import pytest

from adapters.codat.quota import QuotaWatch
from domain.ports.codat_gateway import Quota
from tests.fakes.clock import START, FakeClock


def headers(limit: str, remaining: str) -> dict[str, str]:
    return {"x-rate-limit-limit": limit, "x-rate-limit-remaining": remaining}


def watch(share: int = 10) -> tuple[QuotaWatch, FakeClock]:
    clock = FakeClock()
    return QuotaWatch(clock, share), clock


def test_before_codat_told_anything_nothing_is_held_back() -> None:
    quota, _ = watch()

    assert (None, False) == (quota.today, quota.only_the_share_is_left)


def test_what_an_answer_tells_is_kept_with_its_time() -> None:
    quota, _ = watch()

    quota.read(headers("1000", " 812 "))

    assert Quota(limit=1000, remaining=812, as_of=START) == quota.today


@pytest.mark.parametrize(
    ("share", "remaining", "expected"),
    [(10, 101, False), (10, 100, True), (10, 0, True), (50, 500, True), (0, 0, False)],
)
def test_the_share_is_kept(share: int, remaining: int, *, expected: bool) -> None:
    quota, _ = watch(share)

    quota.read(headers("1000", str(remaining)))

    assert expected is quota.only_the_share_is_left


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"x-rate-limit-limit": "1000"},
        headers("1000", "-1"),
        headers("1000", "٣"),
        headers("1e3", "1"),
        headers("1000", ""),
        headers("9" * 400, "0"),
    ],
)
def test_what_is_not_legible_changes_nothing(told: dict[str, str]) -> None:
    quota, _ = watch()
    quota.read(headers("1000", "50"))

    quota.read(told)

    assert quota.only_the_share_is_left


def test_at_midnight_there_is_a_new_quota() -> None:
    quota, clock = watch()
    clock.advance(15 * 3600 - 1)
    quota.read(headers("1000", "50"))

    assert dt.timedelta(seconds=1) == quota.renewed_in
    assert quota.only_the_share_is_left
    clock.advance(1)
    assert (None, False) == (quota.today, quota.only_the_share_is_left)
    assert dt.timedelta(days=1) == quota.renewed_in


@pytest.mark.parametrize(("later", "expected"), [(300, True), (301, False)])
def test_after_five_minutes_the_next_call_finds_out(later: int, *, expected: bool) -> None:
    quota, clock = watch()
    quota.read(headers("1000", "50"))

    clock.advance(later)

    assert expected is quota.only_the_share_is_left
    assert quota.today is not None

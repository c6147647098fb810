import datetime as dt

import pytest

from entrypoints.cli.wording import age, columns, moment


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 seconds"),
        (0.9, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
    ],
)
def test_an_age_is_told_in_one_unit(seconds: float, expected: str) -> None:
    assert expected == age(dt.timedelta(seconds=seconds))


def test_a_moment_is_told_in_utc_wherever_it_comes_from() -> None:
    paris = dt.timezone(dt.timedelta(hours=1))
    at = dt.datetime(2026, 11, 23, 10, 0, tzinfo=paris)
    now = dt.datetime(2026, 11, 23, 9, 5, tzinfo=dt.UTC)

    assert "5 minutes ago, 2026-11-23 09:00:00 UTC" == moment(at, now)


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert ["a    bb", "ccc  d"] == list(columns([("a", "bb"), ("ccc", "d")]))

"""Times as integers."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from adapters.database.moments import from_micros, to_micros


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_every_moment_comes_back_to_the_microsecond(moment: dt.datetime) -> None:
    assert moment == from_micros(to_micros(moment))


@given(st.datetimes(timezones=st.just(dt.UTC)), st.datetimes(timezones=st.just(dt.UTC)))
def test_moments_and_their_integers_sort_alike(one: dt.datetime, other: dt.datetime) -> None:
    assert (one < other) is (to_micros(one) < to_micros(other))


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    utc = dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)

    assert to_micros(utc) == to_micros(utc.astimezone(dt.timezone(dt.timedelta(hours=2))))

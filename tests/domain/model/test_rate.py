import datetime as dt

from domain.model.rate import Rate


def test_a_rate_is_a_number_in_a_period() -> None:
    rate = Rate(10, dt.timedelta(minutes=1))

    assert (10, 60.0) == (rate.most, rate.period.total_seconds())
    assert Rate(10, dt.timedelta(seconds=60)) == rate

"""Times as integers: microseconds since 1970 in UTC, exact in both directions."""

import datetime as dt
from typing import Final


EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)


def to_micros(moment: dt.datetime) -> int:
    """The integer for an aware *moment*."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> dt.datetime:
    """The moment, aware, in UTC."""
    return EPOCH + micros * MICROSECOND

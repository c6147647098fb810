"""How old something may be that Codat said."""

import datetime as dt
import enum
from typing import Generic, TypeVar

import attrs


T = TypeVar("T")


class Freshness(enum.Enum):
    """What may be done with a copy of some age."""

    FRESH = "fresh"
    STALE = "stale"
    EXPIRED = "expired"


@attrs.frozen
class FreshnessPolicy:
    """Fresh for a while, then usable while a newer copy is fetched, then not at all."""

    fresh_for: dt.timedelta = dt.timedelta(minutes=15)
    usable_for: dt.timedelta = dt.timedelta(hours=24)

    def judge(self, age: dt.timedelta) -> Freshness:
        """
        Say what a copy of this *age* is.

        A negative age (the clock was set back) is as stale as it gets without being
        thrown away: usable, and to be fetched anew.
        """
        if dt.timedelta(0) <= age < self.fresh_for:
            return Freshness.FRESH
        return Freshness.STALE if age < self.usable_for else Freshness.EXPIRED


@attrs.frozen(kw_only=True)
class Dated(Generic[T]):
    """
    A copy of what Codat said, and when it said so.

    *last_known* is true when Codat was asked again since and gave no usable answer, or when the
    copy was found after a restart and is too old to pass for current.
    """

    value: T
    fetched_at: dt.datetime
    last_known: bool = False

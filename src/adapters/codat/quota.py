"""
The daily quota, as far as Codat's answers tell of it, and the share of it that is kept.

Source: Codat's documentation, "Rate limits": every answer has `X-Rate-Limit-Limit` and
`X-Rate-Limit-Remaining`; the day begins at 00:00 UTC. The form of `X-Rate-Limit-Reset` is not
documented, so it is not read.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

import attrs

from domain.ports.clock import Clock
from domain.ports.codat_gateway import Quota


BELIEVED: Final = 300.0
"""
Seconds for which a reading holds calls back.

Afterwards the next call finds out: other programs share the quota, and it grows with companies.
"""

_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_WHOLE: Final = 100


@attrs.define(eq=False)
class QuotaWatch:
    """Keeps *share* percent of the quota from those who can wait for tomorrow; 0 keeps none."""

    clock: Clock
    share: int
    _reading: Quota | None = attrs.field(default=None, init=False)
    _read_at: float = attrs.field(default=0.0, init=False)

    def read(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer tells; nothing where it is not legible."""
        limit = headers.get("x-rate-limit-limit", "").strip()
        remaining = headers.get("x-rate-limit-remaining", "").strip()
        if _NUMBER.fullmatch(limit) and _NUMBER.fullmatch(remaining):
            now = self.clock.now()
            self._reading = Quota(limit=int(limit), remaining=int(remaining), as_of=now)
            self._read_at = self.clock.monotonic()

    @property
    def today(self) -> Quota | None:
        """The last reading, unless it is of another day."""
        reading = self._reading
        if reading is None or reading.as_of.date() != self.clock.now().date():
            return None
        return reading

    @property
    def only_the_share_is_left(self) -> bool:
        """Whether a call that can wait has to."""
        today = self.today
        if today is None or self.clock.monotonic() - self._read_at > BELIEVED:
            return False
        return self.share > 0 and today.remaining * _WHOLE <= today.limit * self.share

    @property
    def renewed_in(self) -> dt.timedelta:
        """How long it is until midnight, UTC."""
        return until_midnight(self.clock.now())


def until_midnight(now: dt.datetime) -> dt.timedelta:
    """How long it is from *now* until Codat renews the quota."""
    return dt.datetime.combine(now.date(), dt.time.min, dt.UTC) + dt.timedelta(days=1) - now

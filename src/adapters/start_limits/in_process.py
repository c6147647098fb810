"""Limits that one process counts for itself."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import attrs

from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from domain.ports.clock import Clock


EVERYBODY: Final = "everybody"


@attrs.frozen
class _Rule:
    """Some *rates*, in seconds, and when those starts were that they still count."""

    rates: tuple[tuple[int, float], ...]
    starts: OrderedDict[str, list[float]] = attrs.field(factory=OrderedDict)

    def wait(self, name: str, now: float) -> float:
        """Seconds until *name* may start; 0 or less where it may now."""
        starts = self.starts.get(name, [])
        # The last but so many is the one that has to be long enough ago.
        return max(
            (starts[-most] + period - now for most, period in self.rates if len(starts) >= most),
            default=0.0,
        )

    def count(self, name: str, now: float) -> None:
        """Note a start of *name*, and forget whoever's starts are all too long ago to count."""
        if not self.rates:
            return
        starts = self.starts.setdefault(name, [])
        starts.append(now)
        del starts[: -max(most for most, _ in self.rates)]
        self.starts.move_to_end(name)
        longest = max(period for _, period in self.rates)
        # What was appended just now ends this.
        while next(iter(self.starts.values()))[-1] + longest <= now:
            self.starts.popitem(last=False)


class InProcessLimits:
    """
    Keeps the StartLimits port; without any rates, there is no limit.

    A window slides over the very moments of the starts, so that no merchant ever gets more than
    its rate within any period. Time is the monotonic clock's; workers do not see each other's
    starts, and a restart forgets them.
    """

    def __init__(
        self,
        *,
        per_merchant: tuple[Rate, ...],
        per_key: tuple[Rate, ...],
        together: tuple[Rate, ...],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._merchant = _rule(per_merchant)
        self._key = _rule(per_key)
        self._together = _rule(together)

    async def admit(self, merchant: MerchantIdentifier, key: str | None) -> None:
        """Look at all the limits first, then count for all of them."""
        now = self._clock.monotonic()
        asked = self._asked(merchant, key)
        longest, limit = max((rule.wait(name, now), limit) for rule, name, limit in asked)
        if longest > 0:
            raise TooManyRequests(dt.timedelta(seconds=longest), limit)
        for rule, name, _ in asked:
            rule.count(name, now)

    def count(self, merchant: MerchantIdentifier, key: str | None) -> None:
        """Count a start that others have admitted, whatever the limits are."""
        now = self._clock.monotonic()
        for rule, name, _ in self._asked(merchant, key):
            rule.count(name, now)

    @property
    def remembered(self) -> int:
        """How many merchants' starts are remembered."""
        return len(self._merchant.starts)

    def _asked(
        self, merchant: MerchantIdentifier, key: str | None
    ) -> list[tuple[_Rule, str, str]]:
        asked = [(self._merchant, str(merchant), "merchant"), (self._together, EVERYBODY, "all")]
        if key is not None:
            asked.append((self._key, key, "key"))
        return asked


def _rule(rates: Iterable[Rate]) -> _Rule:
    return _Rule(tuple((rate.most, rate.period.total_seconds()) for rate in rates))

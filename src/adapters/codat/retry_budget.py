"""
How many second tries there may be: a share of all calls, so that they cannot feed an outage.

One layer retries, at most once, and only from what first tries earned. See Google's "Site
Reliability Engineering", chapter 21, and Envoy's retry budgets, which have a floor as well.
"""

import math
from typing import Final

import attrs


EARNED: Final = 0.25
"""What a first try earns, so that Codat gets at most 1.25 calls where 1 was wanted."""

FLOOR: Final = 3.0
"""What a service begins with, and has again after a quiet minute, however little it earns."""

MOST: Final = 10.0
"""What can be saved up; good days must not pay for a storm."""

QUIET: Final = 60.0
"""Seconds without a second try."""


@attrs.define(eq=False)
class RetryBudget:
    """A bucket of tokens, one for a second try; *now* is the monotonic clock's reading."""

    _tokens: float = attrs.field(default=FLOOR, init=False)
    _spent_at: float = attrs.field(default=-math.inf, init=False)

    def earn(self) -> None:
        """Note a first try."""
        self._tokens = min(MOST, self._tokens + EARNED)

    def spend(self, now: float) -> bool:
        """Pay for a second try; false where there is nothing left to pay with."""
        if now - self._spent_at >= QUIET:
            self._tokens = max(self._tokens, FLOOR)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        self._spent_at = now
        return True

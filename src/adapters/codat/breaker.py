"""
The breaker: whether Codat may be asked at all.

    ┌──────────┐  half of 20 or more calls in 30 s failed: 15 s   ┌────────┐
    │          │  429: until `Retry-After`                        │        │
    │  closed  │  401 or 403: 60 s                                │  open  │
    │  (calls  │ ───────────────────────────────────────────────▶ │ (calls │
    │  pass)   │                                                  │  are   │
    │          │   ┌─────────────┐ ◀── its time is over ───────── │  re-   │
    │          │ ◀─│   probing   │                                │  fused)│
    └──────────┘   │ (one call   │ ── it fails, or is called off ▶│        │
     it succeeds   │  passes)    │                                └────────┘
                   └─────────────┘

Failures count by their share and never by their number in a row: of many calls that fail
independently, five in a row will do so now and then, and would cut healthy traffic off.
A call that began before the breaker opened decides nothing afterwards, except that a 429, a
401 or a 403 is news whenever it comes.
Nothing here reads a clock: *now* is the monotonic clock's reading, in seconds.
"""

from collections import deque
from typing import Final

import attrs

from domain.ports.codat_gateway import BreakerState


WINDOW: Final = 30.0
"""Seconds for which a call counts."""

LEAST_CALLS: Final = 20
FAILING_SHARE: Final = 0.5
PAUSE: Final = 15.0
MISCONFIGURED: Final = 60.0
"""Seconds; nobody mends a key in less, and asking with it is not well looked upon."""

PROBE_TAKES: Final = 5.0
"""Seconds after which those are told to come back who came while the one probe was out."""


@attrs.frozen
class Permit:
    """Leave for one call; *era* tells calls apart from before and after the breaker moved."""

    era: int
    probe: bool = False


@attrs.frozen
class Refusal:
    """No call for *wait* seconds; *state* says why."""

    state: BreakerState
    wait: float


@attrs.define(eq=False)
class Breaker:
    """See the diagram above; what is not *enabled* stays closed."""

    enabled: bool = True
    _why: BreakerState = attrs.field(default=BreakerState.CLOSED, init=False)
    _until: float = attrs.field(default=0.0, init=False)
    _era: int = attrs.field(default=0, init=False)
    _probe: Permit | None = attrs.field(default=None, init=False)
    _calls: deque[tuple[float, bool]] = attrs.field(factory=deque, init=False)
    _failures: int = attrs.field(default=0, init=False)

    @property
    def standing(self) -> BreakerState:
        """Closed, or why it opened and has not closed since."""
        return self._why

    def state(self, now: float) -> BreakerState:
        """What would become of a call."""
        opened = self._why is not BreakerState.CLOSED
        return BreakerState.PROBING if opened and now >= self._until else self._why

    def wait(self, now: float) -> float:
        """Seconds until a call may pass; 0 where one may."""
        if self._why is BreakerState.CLOSED:
            return 0.0
        if self._probe is not None:
            return PROBE_TAKES
        return max(0.0, self._until - now)

    def ask(self, now: float) -> Permit | Refusal:
        """Leave for one call, to be given back by one of the four below; or none."""
        wait = self.wait(now)
        if wait > 0.0:
            return Refusal(self._why, wait)
        if self._why is BreakerState.CLOSED:
            return Permit(self._era)
        self._probe = Permit(self._era, probe=True)
        return self._probe

    def succeeded(self, permit: Permit, now: float) -> None:
        """Codat answered, whatever it said."""
        if permit is self._probe:
            self._turn(BreakerState.CLOSED, now)
        elif permit.era == self._era:
            self._count(now, failed=False)

    def failed(self, permit: Permit, now: float) -> None:
        """Codat did not answer, or said that it cannot."""
        if permit is self._probe:
            self._turn(BreakerState.FAILING, now + PAUSE)
        elif permit.era == self._era:
            self._count(now, failed=True)
            calls = len(self._calls)
            if calls >= LEAST_CALLS and self._failures >= FAILING_SHARE * calls:
                self._open(BreakerState.FAILING, now + PAUSE)

    def refused(self, why: BreakerState, wait: float, now: float) -> None:
        """Codat wants no calls for *wait* seconds, or none with this key."""
        until = now + wait
        if self._why is why and self._probe is None:
            # Several were under way; the longest wait counts.
            until = max(until, self._until)
        self._open(why, until)

    def called_off(self, permit: Permit, now: float) -> None:
        """Nobody waited for the end of the call, so it says nothing; of a probe, nothing good."""
        if permit is self._probe:
            self._turn(self._why, now + PAUSE)

    def _open(self, why: BreakerState, until: float) -> None:
        if self.enabled:
            self._turn(why, until)

    def _turn(self, why: BreakerState, until: float) -> None:
        self._why, self._until = why, until
        self._era += 1
        self._probe = None
        self._calls.clear()
        self._failures = 0

    def _count(self, now: float, *, failed: bool) -> None:
        self._calls.append((now, failed))
        self._failures += failed
        while self._calls[0][0] <= now - WINDOW:
            _, had_failed = self._calls.popleft()
            self._failures -= had_failed

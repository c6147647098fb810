"""How long the event loop was kept from its work: nobody is served meanwhile."""

import asyncio
from collections import deque
from typing import Final

import attrs

from domain.ports.clock import Clock


EVERY: Final = 0.05
"""Seconds between looks: whatever keeps the loop for longer is noticed."""

WINDOW: Final = 60.0
"""Seconds that are looked back; more than the usual 15 or 30 between two looks at the metrics."""


@attrs.define(eq=False)
class LoopLag:
    """Measures by sleeping a little again and again, and seeing how much longer it took."""

    clock: Clock
    _seen: deque[tuple[float, float]] = attrs.field(factory=deque, init=False)

    @property
    def longest(self) -> float:
        """The longest delay of the last minute, in seconds."""
        self._forget(self.clock.monotonic())
        return self._seen[0][1] if self._seen else 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        before = self.clock.monotonic()
        while True:
            await asyncio.sleep(EVERY)
            now = self.clock.monotonic()
            self.note(now, now - before - EVERY)
            before = now

    def note(self, now: float, lag: float) -> None:
        """Note a delay; only those are kept that may become the longest once older ones go."""
        while self._seen and self._seen[-1][1] <= lag:
            self._seen.pop()
        self._seen.append((now, max(lag, 0.0)))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._seen and self._seen[0][0] <= now - WINDOW:
            self._seen.popleft()

"""Turns within one process."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import attrs

from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier


RETRY_AFTER: Final = dt.timedelta(seconds=1)


@attrs.define(eq=False)
class _Line:
    """Those of one merchant, the one whose turn it is among them."""

    lock: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    length: int = 0


class InProcessTurns:
    """
    Keeps the MerchantTurns port among the requests of one process; first come, first served.

    Several processes do not see each other here: there the sync session itself, which only
    one can start at a time, keeps two redirects of one choice apart.

    *longest_wait* is in seconds, and leaves Codat some of the 8 that a start may take;
    *longest_queue* is how many may wait behind the one whose turn it is.
    """

    def __init__(self, *, longest_wait: float = 5.5, longest_queue: int = 64) -> None:
        self._longest_wait = longest_wait
        self._longest_queue = longest_queue
        self._lines: dict[MerchantIdentifier, _Line] = {}

    @asynccontextmanager
    async def turn(self, merchant: MerchantIdentifier) -> AsyncGenerator[None, None]:
        """Wait in line; who comes to a full line, or waits too long, is turned away."""
        line = self._lines.setdefault(merchant, _Line())
        if line.length > self._longest_queue:
            raise TooManyRequests(RETRY_AFTER)
        line.length += 1
        try:
            if line.length > 1:
                # Also where the lock is free: then it is for one who does not know it yet.
                await self._wait(line)
            else:
                # Nobody is to be waited for, so that it takes no clock either.
                await line.lock.acquire()
            try:
                yield
            finally:
                line.lock.release()
        finally:
            line.length -= 1
            if line.length == 0:
                del self._lines[merchant]

    async def _wait(self, line: _Line) -> None:
        try:
            async with asyncio.timeout(self._longest_wait):
                await line.lock.acquire()
        except TimeoutError:
            raise TooManyRequests(RETRY_AFTER) from None

    def __len__(self) -> int:
        """How many merchants have a turn, or wait for one."""
        return len(self._lines)

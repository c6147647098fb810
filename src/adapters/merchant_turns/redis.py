"""Turns over all replicas, by leases in Redis."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from adapters.merchant_turns.in_process import RETRY_AFTER, InProcessTurns
from adapters.redis.leases import RedisLease, RedisLeases
from domain.errors import StorageUnavailable, TooManyRequests
from domain.ids import MerchantIdentifier


BETWEEN_LOOKS: Final = 0.02
"""Seconds between looks whether another replica is done with the merchant."""

LOOKS: Final = 275
"""So many; with what is between them, 5.5 s: the longest wait in the line of one process, too."""


class RedisTurns:
    """
    Keeps the MerchantTurns port among the requests of all replicas that share *leases*.

    Within a process: first come, first served; the first of each process then tries for the
    lease. While Redis is away, each process has turns of its own.
    *between_looks* is in seconds, *longest_queue* counts those in one process.
    """

    def __init__(
        self,
        leases: RedisLeases,
        *,
        between_looks: float = BETWEEN_LOOKS,
        longest_queue: int = 64,
    ) -> None:
        self._leases = leases
        self._between_looks = between_looks
        self._here = InProcessTurns(longest_queue=longest_queue)

    @asynccontextmanager
    async def turn(self, merchant: MerchantIdentifier) -> AsyncGenerator[None, None]:
        """Wait in line here, then for the replicas; who waits too long is turned away."""
        async with self._here.turn(merchant):
            lease = await self._claim(merchant)
            try:
                yield
            finally:
                if lease is not None:
                    await lease.give_back()

    async def _claim(self, merchant: MerchantIdentifier) -> RedisLease | None:
        for _ in range(LOOKS):
            try:
                lease = await self._leases.claim(merchant)
            except StorageUnavailable:
                return None
            if lease is not None:
                return lease
            await asyncio.sleep(self._between_looks)
        raise TooManyRequests(RETRY_AFTER)

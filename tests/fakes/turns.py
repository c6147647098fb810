"""Turns that are taken in memory."""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs

from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier


@attrs.define
class FakeTurns:
    """
    Keeps the MerchantTurns port.

    *crowded* merchants are turned away; *taken* lists whose turn it was, oldest first.
    """

    crowded: set[MerchantIdentifier] = attrs.field(factory=set)
    taken: list[MerchantIdentifier] = attrs.field(factory=list)
    _locks: dict[MerchantIdentifier, asyncio.Lock] = attrs.field(
        factory=lambda: defaultdict(asyncio.Lock), init=False
    )

    @asynccontextmanager
    async def turn(self, merchant: MerchantIdentifier) -> AsyncGenerator[None, None]:
        if merchant in self.crowded:
            raise TooManyRequests(dt.timedelta(seconds=1))
        async with self._locks[merchant]:
            self.taken.append(merchant)
            yield

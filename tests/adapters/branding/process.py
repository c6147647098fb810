"""What tests of the branding cache take for a process, and for its shelf."""

import asyncio
import datetime as dt

import attrs

from adapters.branding.read_through import LOADS_AT_ONCE, ReadThroughBrandingCache
from adapters.branding.shelf import Shelf, Shelved
from domain.errors import StorageUnavailable
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import FakeShelf


@attrs.define
class CountingShelf:
    """A shelf that counts, and fails when it is told to."""

    inner: FakeShelf = attrs.field(factory=FakeShelf)
    fails: bool = False
    gets: int = 0
    puts: int = 0

    async def put(self, name: str, body: bytes, fetched_at: dt.datetime) -> None:
        self.puts += 1
        await self.ping()
        await self.inner.put(name, body, fetched_at)

    async def get(self, name: str) -> Shelved | None:
        self.gets += 1
        await self.ping()
        return await self.inner.get(name)

    async def ping(self) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise StorageUnavailable("the shelf was told to fail")


def a_process(
    shelf: Shelf, clock: FakeClock, at_once: int = LOADS_AT_ONCE
) -> ReadThroughBrandingCache:
    """One that shares *shelf* with others."""
    return ReadThroughBrandingCache(shelf=shelf, clock=clock, at_once=at_once)

"""A branding cache that keeps everything in a dictionary, with no disk below it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

import attrs

from domain.errors import CodatError, StorageUnavailable
from domain.ids import PlatformKey
from domain.model.freshness import Dated, Freshness, FreshnessPolicy
from domain.model.integration import Branding, ReportedIntegration
from domain.ports.branding_cache import Load, LoadBranding
from domain.ports.clock import Clock


T = TypeVar("T")
PAUSE = 30.0
"""Seconds without another try after a load that failed."""

PAUSE_WITHOUT_LIST = 5.0
"""The same while there is no list at all."""


@attrs.define
class Shelf(Generic[T]):
    """One thing: the copy of it, the load that runs, and the last one that failed."""

    copy: Dated[T] | None = None
    loading: asyncio.Task[Dated[T]] | None = None
    failed_at: float | None = None
    failure: CodatError | None = None


@attrs.define
class FakeBrandingCache:
    """
    Keeps the BrandingCache port.

    With *storage_fails*, `ping` says so; reading goes on from memory.
    """

    clock: Clock
    storage_fails: bool = False
    policy: FreshnessPolicy = attrs.field(factory=FreshnessPolicy)
    listed: Shelf[tuple[ReportedIntegration, ...]] = attrs.field(factory=Shelf)
    dressed: dict[PlatformKey, Shelf[Branding]] = attrs.field(factory=dict)

    async def integrations(
        self, load: Load[tuple[ReportedIntegration, ...]]
    ) -> Dated[tuple[ReportedIntegration, ...]]:
        shelf = self.listed
        if shelf.copy is None:
            if shelf.failure is not None and self._pausing(shelf, PAUSE_WITHOUT_LIST):
                raise attrs.evolve(shelf.failure)
            return await self._join(shelf, load)
        if self._judge(shelf.copy) is not Freshness.FRESH and not self._pausing(shelf):
            _ = self._start(shelf, load)
        return shelf.copy

    async def brandings(
        self, keys: Collection[PlatformKey], load: LoadBranding
    ) -> Mapping[PlatformKey, Dated[Branding]]:
        asked = list(keys)
        answers = await asyncio.gather(*(self._one(key, load) for key in asked))
        return {key: found for key, found in zip(asked, answers, strict=True) if found}

    async def refresh(self, key: PlatformKey, load: LoadBranding) -> Dated[Branding]:
        return await self._join(self._shelf(key), lambda: load(key))

    async def peek(self, key: PlatformKey) -> Dated[Branding] | None:
        return self._shelf(key).copy

    async def ping(self) -> None:
        if self.storage_fails:
            raise StorageUnavailable("the storage was told to fail")

    async def settle(self) -> None:
        """Wait until nothing is being loaded in the background any more."""
        shelves = (self.listed.loading, *(shelf.loading for shelf in self.dressed.values()))
        await asyncio.gather(*filter(None, shelves), return_exceptions=True)

    async def _one(self, key: PlatformKey, load: LoadBranding) -> Dated[Branding] | None:
        shelf = self._shelf(key)
        freshness = Freshness.EXPIRED if shelf.copy is None else self._judge(shelf.copy)
        if freshness is Freshness.FRESH:
            return shelf.copy
        if not self._pausing(shelf):
            _ = self._start(shelf, lambda: load(key))
        if freshness is Freshness.STALE:
            return shelf.copy
        if shelf.loading is None:
            return None
        try:
            return await self._join(shelf, lambda: load(key))
        except CodatError:
            return None

    def _shelf(self, key: PlatformKey) -> Shelf[Branding]:
        return self.dressed.setdefault(key, Shelf())

    def _judge(self, copy: Dated[T]) -> Freshness:
        return self.policy.judge(self.clock.now() - copy.fetched_at)

    def _pausing(self, shelf: Shelf[T], pause: float = PAUSE) -> bool:
        return shelf.failed_at is not None and self.clock.monotonic() - shelf.failed_at < pause

    async def _join(self, shelf: Shelf[T], load: Callable[[], Awaitable[T]]) -> Dated[T]:
        # Whoever stops waiting must not stop the load for the others.
        return await asyncio.shield(self._start(shelf, load))

    def _start(
        self, shelf: Shelf[T], load: Callable[[], Awaitable[T]]
    ) -> "asyncio.Task[Dated[T]]":
        if shelf.loading is None:
            shelf.loading = asyncio.create_task(self._run(shelf, load))
            shelf.loading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return shelf.loading

    async def _run(self, shelf: Shelf[T], load: Callable[[], Awaitable[T]]) -> Dated[T]:
        try:
            shelf.copy = Dated(value=await load(), fetched_at=self.clock.now())
        except CodatError as error:
            shelf.failed_at, shelf.failure = self.clock.monotonic(), attrs.evolve(error)
            if shelf.copy is not None:
                shelf.copy = attrs.evolve(shelf.copy, last_known=True)
            raise
        finally:
            shelf.loading = None
        shelf.failed_at = None
        return shelf.copy

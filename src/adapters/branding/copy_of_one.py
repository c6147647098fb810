"""The copy of one thing that Codat said: read, judged, and renewed by one load at a time."""

import asyncio
import datetime as dt
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs

from adapters.branding.shelf import Lease, Leases, Shelf
from adapters.branding.wire import Format, Superseded
from domain.errors import (
    CodatError,
    CodatNotFound,
    CodatRateLimited,
    CodatUnavailable,
    StorageUnavailable,
)
from domain.model.freshness import Dated, Freshness, FreshnessPolicy
from domain.ports.clock import Clock


T = TypeVar("T")
Load: TypeAlias = Callable[[], Awaitable[T]]
log = logging.getLogger(__name__)

SHORTEST_PAUSE: Final = dt.timedelta(seconds=30)
"""After a load that failed, page views cause no other for so long."""

SHORTEST_PAUSE_WITHOUT: Final = dt.timedelta(seconds=5)
"""The same where there is not even an old copy of what nothing works without."""

LONGEST_PAUSE_WITHOUT: Final = dt.timedelta(seconds=30)
"""The most that Codat may ask for then, so that an end of the outage is noticed soon."""

LOOKS: Final = 200
"""How often it is looked at what another process loads, before it is loaded here as well."""

BETWEEN_LOOKS: Final = 0.05
"""Seconds; with all the looks, ten, which is longer than a load can take."""


@attrs.frozen(kw_only=True)
class Surroundings:
    """
    What all copies share; *gate* limits how many loads run at once.

    *leases* are there where several processes share the shelf, and load a thing once for all.
    After a load that failed there is no other for *longest_pause* where the error is one of
    *final*, an answer as good as any; otherwise for as long as Codat asks, within reason.
    """

    shelf: Shelf
    clock: Clock
    policy: FreshnessPolicy
    gate: asyncio.Semaphore
    leases: Leases | None = None
    between_looks: float = BETWEEN_LOOKS
    longest_pause: dt.timedelta = dt.timedelta(minutes=15)
    final: tuple[type[CodatError], ...] = (CodatNotFound,)


@attrs.define(eq=False)
class CopyOfOne(Generic[T]):
    """
    The copy by one *name*, in memory and on the shelf.

    *indispensable* is that without which nothing works at all: while there is no copy of it, a
    load that failed is tried again sooner.
    """

    name: str
    format: Format[T]
    around: Surroundings
    indispensable: bool = False
    dated: Dated[T] | None = attrs.field(default=None, init=False)
    _loading: "asyncio.Task[Dated[T]] | None" = attrs.field(default=None, init=False)
    _looked: bool = attrs.field(default=False, init=False)
    _looking: "asyncio.Task[None] | None" = attrs.field(default=None, init=False)
    _pause_until: float = attrs.field(default=-math.inf, init=False)
    _failure: CodatError | None = attrs.field(default=None, init=False)

    @property
    def freshness(self) -> Freshness:
        """What may be done with it; without a copy, nothing."""
        return self._judge(self.dated)

    @property
    def pausing(self) -> bool:
        """Whether the last load failed so lately that another is not worth a call."""
        return self.around.clock.monotonic() < self._pause_until

    @property
    def failure(self) -> CodatError | None:
        """
        Why the last load failed, while it pauses for that; each time another instance.

        One that was raised again and again would gather tracebacks, and keep alive all that
        they lead to.
        """
        return attrs.evolve(self._failure) if self._failure and self.pausing else None

    @property
    def running(self) -> "list[asyncio.Task[Any]]":
        """What goes on in the background."""
        return [task for task in (self._looking, self._loading) if task is not None]

    async def look(self) -> Dated[T] | None:
        """The copy, however old; looks on the shelf the first time."""
        if not self._looked:
            if self._looking is None:
                self._looking = asyncio.create_task(self._look())
            # All who wait go on at the same moment, so that they share one load as well.
            await asyncio.shield(self._looking)
        return self.dated

    async def usable(self, load: Load[T]) -> Dated[T] | None:
        """
        The copy if it may still be used, renewed in the background where it is not fresh.

        Without one, what a load brings; none where it fails, or failed lately.
        """
        found = await self.look()
        if self.freshness is Freshness.FRESH:
            return found
        if self.freshness is Freshness.STALE:
            if not self.pausing:
                _ = self.renew(load)
            return found
        if self.pausing:
            return None
        try:
            return await self.renewed(load)
        except CodatError:
            return None

    async def renewed(self, load: Load[T], *, whatever_the_age: bool = False) -> Dated[T]:
        """
        Wait for the load that runs, or for a new one.

        Whoever stops waiting does not stop the load for the others.

        Raises:
            CodatError: it failed; so did everyone's who waited for it.
        """
        return await asyncio.shield(self.renew(load, whatever_the_age=whatever_the_age))

    def renew(self, load: Load[T], *, whatever_the_age: bool = False) -> "asyncio.Task[Dated[T]]":
        """Start a load, unless one is running."""
        if self._loading is None:
            self._loading = asyncio.create_task(
                self._load(load, whatever_the_age=whatever_the_age)
            )
            self._loading.add_done_callback(self._loaded)
        return self._loading

    async def _look(self) -> None:
        try:
            shelved = await self._take_from_shelf()
            self.dated = self.dated or shelved
            self._looked = True
        finally:
            self._looking = None

    async def _load(self, load: Load[T], *, whatever_the_age: bool) -> Dated[T]:
        if not whatever_the_age:
            for _ in range(LOOKS):
                async with self.around.gate:
                    found = await self._load_for_all(load)
                if found is not None:
                    return found
                await asyncio.sleep(self.around.between_looks)
        async with self.around.gate:
            return await self._fetch(load)

    async def _load_for_all(self, load: Load[T]) -> Dated[T] | None:
        """What is fresh on the shelf, or is loaded now; nothing while another process loads it."""
        alone, lease = await self._claim()
        try:
            # Another process may have fetched it in the meantime, and that saves a call.
            shelved = await self._take_from_shelf()
            if shelved is not None and self._judge(shelved) is Freshness.FRESH:
                self.dated = shelved
                return shelved
            self.dated = self.dated or shelved
            return await self._fetch(load) if alone else None
        finally:
            if lease is not None:
                await lease.give_back()

    async def _claim(self) -> tuple[bool, Lease | None]:
        """Whether it is this process's to load, and what is to be given back then."""
        if self.around.leases is None:
            return True, None
        try:
            lease = await self.around.leases.claim(self.name)
        except StorageUnavailable:
            # The shelf cannot be seen either, and tells so.
            return True, None
        return lease is not None, lease

    async def _fetch(self, load: Load[T]) -> Dated[T]:
        value = await load()
        self.dated = Dated(value=value, fetched_at=self.around.clock.now())
        await self._put_on_shelf(self.dated)
        return self.dated

    def _loaded(self, task: "asyncio.Task[Dated[T]]") -> None:
        self._loading = None
        error = None if task.cancelled() else task.exception()
        # Without its traceback, which would keep everything alive that took part in the load.
        self._failure = attrs.evolve(error) if isinstance(error, CodatError) else None
        if error is None:
            return
        if self.dated is not None:
            self.dated = attrs.evolve(self.dated, last_known=True)
        pause = self._pause_after(error).total_seconds()
        self._pause_until = self.around.clock.monotonic() + pause
        unexpected = None if isinstance(error, CodatError) else error
        log.warning(
            "Codat's word on %s could not be had: %s",
            self.name,
            type(error).__name__,
            exc_info=unexpected,
        )

    def _pause_after(self, error: BaseException) -> dt.timedelta:
        longest = self.around.longest_pause
        if isinstance(error, self.around.final):
            # To ask again would cost quota, and tell nothing new.
            return longest
        if self.indispensable and self.dated is None:
            wished = SHORTEST_PAUSE_WITHOUT
            if isinstance(error, CodatRateLimited):
                wished = error.retry_after
            return max(SHORTEST_PAUSE_WITHOUT, min(wished, LONGEST_PAUSE_WITHOUT))
        wished = error.retry_after if isinstance(error, CodatUnavailable) else SHORTEST_PAUSE
        return max(SHORTEST_PAUSE, min(wished, longest))

    def _judge(self, dated: Dated[T] | None) -> Freshness:
        if dated is None:
            return Freshness.EXPIRED
        return self.around.policy.judge(self.around.clock.now() - dated.fetched_at)

    async def _take_from_shelf(self) -> Dated[T] | None:
        try:
            shelved = await self.around.shelf.get(self.name)
            if shelved is None:
                return None
            value = self.format.unseal(self.name, shelved)
        except Superseded:
            return None
        except StorageUnavailable as error:
            log.warning("The kept copy of %s cannot be read: %s", self.name, error.reason)
            return None
        except ValueError as error:
            log.warning("The kept copy of %s is damaged; it is made anew. %s", self.name, error)
            return None
        dated = Dated(value=value, fetched_at=shelved.fetched_at)
        # Nobody knows whether Codat was asked since, and it is too old to pass for current.
        return attrs.evolve(dated, last_known=self._judge(dated) is Freshness.EXPIRED)

    async def _put_on_shelf(self, dated: Dated[T]) -> None:
        body = self.format.seal(self.name, dated.value, dated.fetched_at)
        try:
            await self.around.shelf.put(self.name, body, dated.fetched_at)
        except StorageUnavailable as error:
            log.warning("The copy of %s cannot be kept: %s", self.name, error.reason)

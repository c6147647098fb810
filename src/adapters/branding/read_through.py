"""The branding cache: in memory, over a shelf that survives a restart."""

import asyncio
import functools
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final, Self

from adapters.branding.copy_of_one import CopyOfOne, Surroundings
from adapters.branding.shelf import Leases, Shelf
from adapters.branding.wire import BRANDING, INTEGRATIONS, Reported
from domain.errors import CodatError
from domain.ids import PlatformKey
from domain.model.freshness import Dated, Freshness, FreshnessPolicy
from domain.model.integration import Branding
from domain.ports.branding_cache import Load, LoadBranding
from domain.ports.clock import Clock


FRESH: Final = Freshness.FRESH

LOADS_AT_ONCE: Final = 9
"""
Codat takes ten calls at once for each active company; one of these is left for a redirect.

Nine are also all the integrations of a side that Codat supports, so that the first picker waits
for the slowest branding, and not for two.
"""


class ReadThroughBrandingCache:
    """
    Keeps the BrandingCache port; leaving it by `async with` ends what it loads.

    A copy that is fresh costs neither a call nor a look at the shelf.
    *at_once* is how many loads run at the same time; with *leases*, over all processes that share
    them, one load of one thing.
    """

    def __init__(
        self,
        *,
        shelf: Shelf,
        clock: Clock,
        policy: FreshnessPolicy | None = None,
        at_once: int = LOADS_AT_ONCE,
        leases: Leases | None = None,
    ) -> None:
        self._around = Surroundings(
            shelf=shelf,
            clock=clock,
            policy=policy or FreshnessPolicy(),
            gate=asyncio.Semaphore(at_once),
            leases=leases,
        )
        self._integrations = CopyOfOne[Reported](
            "integrations", INTEGRATIONS, self._around, indispensable=True
        )
        self._brandings: dict[PlatformKey, CopyOfOne[Branding]] = {}

    async def __aenter__(self) -> Self:
        """Nothing has to be opened."""
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Call off what is being loaded, and wait until it is."""
        copies = self._brandings.values()
        running = [*self._integrations.running, *(t for copy in copies for t in copy.running)]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def integrations(self, load: Load[Reported]) -> Dated[Reported]:
        """
        The copy, however old; it is renewed in the background where it is not fresh.

        Where there is none, a load that failed is not repeated at once, but told again.
        """
        copy = self._integrations
        found = await copy.look()
        if found is None:
            return await self._without_copy(copy, load)
        if copy.freshness is not FRESH and not copy.pausing:
            _ = copy.renew(load)
        return found

    async def brandings(
        self, keys: Collection[PlatformKey], load: LoadBranding
    ) -> Mapping[PlatformKey, Dated[Branding]]:
        """Those that are fresh at once; the others side by side."""
        found: dict[PlatformKey, Dated[Branding]] = {}
        wanting: list[PlatformKey] = []
        for key in keys:
            copy = self._copy(key)
            if copy.dated is not None and copy.freshness is FRESH:
                found[key] = copy.dated
            else:
                wanting.append(key)
        answers = await asyncio.gather(
            *(self._copy(key).usable(functools.partial(load, key)) for key in wanting)
        )
        late = zip(wanting, answers, strict=True)
        return found | {key: answer for key, answer in late if answer is not None}

    async def refresh(self, key: PlatformKey, load: LoadBranding) -> Dated[Branding]:
        """Load it, even if it is fresh."""
        return await self._copy(key).renewed(lambda: load(key), whatever_the_age=True)

    async def peek(self, key: PlatformKey) -> Dated[Branding] | None:
        """Look, in memory or on the shelf."""
        return await self._copy(key).look()

    async def ping(self) -> None:
        """Ask the shelf."""
        await self._around.shelf.ping()

    async def _without_copy(
        self, copy: CopyOfOne[Reported], load: Load[Reported]
    ) -> Dated[Reported]:
        failure = copy.failure
        if failure is not None:
            raise failure
        try:
            return await copy.renewed(load)
        except CodatError:
            # Another process may have left one on the shelf, too old to do without the load.
            if copy.dated is None:
                raise
            return copy.dated

    def _copy(self, key: PlatformKey) -> CopyOfOne[Branding]:
        if key not in self._brandings:
            self._brandings[key] = CopyOfOne(f"branding of {key}", BRANDING, self._around)
        return self._brandings[key]

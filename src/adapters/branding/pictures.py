"""The copies of pictures: in memory, over the same shelf as all other copies."""

import asyncio
import datetime as dt
from collections import OrderedDict
from types import TracebackType
from typing import Final, Self

from adapters.branding.copy_of_one import CopyOfOne, Surroundings
from adapters.branding.shelf import Leases, Shelf
from adapters.branding.wire import picture_from
from domain.errors import CodatAnswerInvalid, CodatNotFound
from domain.model.freshness import FreshnessPolicy
from domain.model.picture import Picture
from domain.ports.clock import Clock
from domain.ports.picture_cache import LoadPicture, PicturePlace


POLICY: Final = FreshnessPolicy(fresh_for=dt.timedelta(days=1), usable_for=dt.timedelta(days=30))
MOST_IN_MEMORY: Final = 64
"""Copies: the pictures of all that is ever on offer at once, and 16 MB were each the largest."""


class ReadThroughPictureCache:
    """
    Keeps the PictureCache port; leaving it by `async with` ends what it loads.

    In memory are the *most* that were asked for last. On the shelf each has its place by key and
    kind, so that there are never more than integrations have pictures.
    *at_once* is how many loads run at the same time; with *leases*, over all processes that share
    them, one load of one picture.
    """

    def __init__(
        self,
        *,
        shelf: Shelf,
        clock: Clock,
        at_once: int = 8,
        most: int = MOST_IN_MEMORY,
        leases: Leases | None = None,
    ) -> None:
        self._around = Surroundings(
            shelf=shelf,
            clock=clock,
            policy=POLICY,
            gate=asyncio.Semaphore(at_once),
            leases=leases,
            # What is no picture is none a moment later either.
            final=(CodatNotFound, CodatAnswerInvalid),
        )
        self._most = most
        self._copies: OrderedDict[PicturePlace, CopyOfOne[Picture]] = OrderedDict()

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
        running = [task for copy in self._copies.values() for task in copy.running]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def picture(self, place: PicturePlace, load: LoadPicture) -> Picture | None:
        """The copy, or what *load* brings where there is none that may be used."""
        dated = await self._copy(place).usable(lambda: load(place.src))
        return None if dated is None else dated.value

    async def refresh(self, place: PicturePlace, load: LoadPicture) -> Picture:
        """Load it, even if it is fresh."""
        copy = self._copy(place)
        return (await copy.renewed(lambda: load(place.src), whatever_the_age=True)).value

    def _copy(self, place: PicturePlace) -> CopyOfOne[Picture]:
        if place not in self._copies:
            self._make_room()
            name = f"picture {place.kind.value} of {place.key}"
            self._copies[place] = CopyOfOne(name, picture_from(place.src), self._around)
        self._copies.move_to_end(place)
        return self._copies[place]

    def _make_room(self) -> None:
        """Forget what was asked for longest ago, save where something is being loaded."""
        idle = [place for place, copy in self._copies.items() if not copy.running]
        for place in idle[: max(0, len(self._copies) + 1 - self._most)]:
            del self._copies[place]

"""The copies of integrations' pictures, so that merchants load them from here."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import attrs

from domain.ids import PlatformKey
from domain.model.picture import Picture, PictureKind


LoadPicture: TypeAlias = Callable[[str], Awaitable[Picture]]


@attrs.frozen(kw_only=True)
class PicturePlace:
    """Where a copy is kept, and of what: one of another address *src* takes its place."""

    key: PlatformKey
    kind: PictureKind
    src: str


class PictureCache(Protocol):
    """
    Reads through to where the pictures are by the *load* that it is given.

    A copy is fresh for a day. A stale one is served at once, while one load runs in the
    background, and for up to 30 days where the loads fail. However many ask, at most one load of
    the same picture runs at a time. That there is none is believed for some minutes.
    Copies survive a restart; there are never more of them than a fixed number.
    """

    async def picture(self, place: PicturePlace, load: LoadPicture) -> Picture | None:
        """The picture at *place*; none where neither the load nor a copy has an answer."""
        ...

    async def refresh(self, place: PicturePlace, load: LoadPicture) -> Picture:
        """
        Load one picture now, whatever the copy's age, and keep it.

        Raises:
            CodatError: the load failed; the copy is left as it was.
        """
        ...

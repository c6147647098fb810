"""Show a picture of an integration, from a copy of our own."""

from collections.abc import Iterable

import attrs

from domain.errors import CodatError
from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.integration import Branding
from domain.model.picture import Picture, PictureKind
from domain.ports.picture_cache import PictureCache, PicturePlace
from domain.ports.picture_source import PictureSource
from domain.use_cases.list_integrations import ListIntegrations


@attrs.frozen(kw_only=True)
class ShownPicture:
    """A picture, and the address *src* that it is a copy of."""

    picture: Picture
    src: str


@attrs.frozen(kw_only=True)
class ShowPicture:
    """Looks up what an integration's branding names, and shows the copy of it."""

    integrations: ListIntegrations
    source: PictureSource
    cache: PictureCache

    async def __call__(self, key: str, kind: PictureKind, caller: Caller) -> ShownPicture | None:
        """
        One picture of the integration *key*; none where Codat names none or none can be had.

        Raises:
            InputRefused: *key* is not a platform key.
            IntegrationUnknown: it is not on offer to *caller*; so is the connector (rule 1).
            CodatError: the list of integrations cannot be had.
        """
        branding = await self.integrations.branding_of(key, caller)
        place = place_of(PlatformKey(key), branding, kind)
        if place is None:
            return None
        picture = await self.cache.picture(place, self.source.fetch)
        return None if picture is None else ShownPicture(picture=picture, src=place.src)

    async def warm(self, key: PlatformKey, branding: Branding) -> None:
        """Have a usable copy of every picture of *branding*, where that is possible."""
        for place in places(key, branding):
            await self.cache.picture(place, self.source.fetch)

    async def refresh(self, key: PlatformKey, branding: Branding) -> dict[PictureKind, CodatError]:
        """Load every picture of *branding* now, whatever the copies' age; say what failed."""
        failed: dict[PictureKind, CodatError] = {}
        for place in places(key, branding):
            try:
                await self.cache.refresh(place, self.source.fetch)
            except CodatError as error:
                failed[place.kind] = error
        return failed


def places(key: PlatformKey, branding: Branding) -> Iterable[PicturePlace]:
    """Where the copies of all pictures of *branding* are kept."""
    each = dict.fromkeys(place_of(key, branding, kind) for kind in PictureKind)
    return [place for place in each if place is not None]


def place_of(key: PlatformKey, branding: Branding, kind: PictureKind) -> PicturePlace | None:
    """Where the copy of one picture is kept: one that serves as several kinds, under the first."""
    image = branding.image(kind)
    if image is None:
        return None
    kinds = {other: branding.image(other) for other in PictureKind}
    first = next(k for k, named in kinds.items() if named and named.src == image.src)
    return PicturePlace(key=key, kind=first, src=image.src)

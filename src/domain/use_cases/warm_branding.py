"""Fetch all branding before a merchant asks for it."""

from collections.abc import AsyncIterator, Mapping

import attrs

from domain.errors import CodatError
from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.freshness import Dated
from domain.model.integration import Branding, parse_platform_key
from domain.model.picture import PictureKind
from domain.ports.branding_cache import BrandingCache
from domain.ports.codat_gateway import CodatGateway
from domain.use_cases.list_integrations import ListIntegrations
from domain.use_cases.show_picture import ShowPicture


@attrs.frozen(kw_only=True)
class Warmed:
    """
    One integration's branding was fetched, or not: then *error* says why.

    *missing* has the pictures that it names and that could not be fetched, each with the reason.
    """

    key: PlatformKey
    name: str
    error: CodatError | None = None
    missing: Mapping[PictureKind, CodatError] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class WarmBranding:
    """Fills the caches of branding and pictures; shows what is in the former."""

    integrations: ListIntegrations
    codat: CodatGateway
    cache: BrandingCache
    pictures: ShowPicture

    async def __call__(
        self, caller: Caller, *, with_pictures: bool = True
    ) -> AsyncIterator[Warmed]:
        """
        Fetch the branding of everything on offer, telling of each as it is done.

        The pictures that it names are fetched, too, unless nobody loads them from here.

        Raises:
            CodatError: the list of integrations cannot be had.
        """
        offer = await self.integrations.without_branding(caller)
        for integration in offer.catalogue.offered:
            key, name = integration.key, integration.name
            try:
                dated = await self.cache.refresh(key, self.codat.branding)
            except CodatError as error:
                yield Warmed(key=key, name=name, error=error)
                continue
            missing: Mapping[PictureKind, CodatError] = {}
            if with_pictures:
                missing = await self.pictures.refresh(key, dated.value)
            yield Warmed(key=key, name=name, missing=missing)

    async def peek(self, key: str, caller: Caller) -> Dated[Branding] | None:
        """
        The cached branding of one integration on offer, with the time it was fetched.

        Raises:
            InputRefused: *key* is not a platform key.
            IntegrationUnknown: it is not on offer.
            CodatError: the list of integrations cannot be had.
        """
        offer = await self.integrations.without_branding(caller)
        return await self.cache.peek(offer.catalogue.find(parse_platform_key(key)).key)

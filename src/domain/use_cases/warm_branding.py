"""Fetch all branding before a merchant asks for it."""

from collections.abc import AsyncIterator

import attrs

from domain.errors import CodatError
from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.freshness import Dated
from domain.model.integration import Branding, parse_platform_key
from domain.ports.branding_cache import BrandingCache
from domain.ports.codat_gateway import CodatGateway
from domain.use_cases.list_integrations import ListIntegrations


@attrs.frozen(kw_only=True)
class Warmed:
    """One integration's branding was fetched, or not: then *error* says why."""

    key: PlatformKey
    name: str
    error: CodatError | None = None


@attrs.frozen(kw_only=True)
class WarmBranding:
    """Fills the branding cache; shows what is in it."""

    integrations: ListIntegrations
    codat: CodatGateway
    cache: BrandingCache

    async def __call__(self, caller: Caller) -> AsyncIterator[Warmed]:
        """
        Fetch the branding of everything on offer, telling of each as it is done.

        Raises:
            CodatError: the list of integrations cannot be had.
        """
        offer = await self.integrations.without_branding(caller)
        for integration in offer.catalogue.offered:
            error: CodatError | None = None
            try:
                await self.cache.refresh(integration.key, self.codat.branding)
            except CodatError as failure:
                error = failure
            yield Warmed(key=integration.key, name=integration.name, error=error)

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

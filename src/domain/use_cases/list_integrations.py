"""Show a caller what can be connected."""

import datetime as dt

import attrs

from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.catalogue import Catalogue, Curation, compose
from domain.model.connector import Connector
from domain.model.integration import Branding, Integration, parse_platform_key
from domain.ports.branding_cache import BrandingCache
from domain.ports.codat_gateway import CodatGateway


@attrs.frozen(kw_only=True)
class Offer:
    """
    The catalogue, and how current it is.

    *last_known* is true when Codat could not be asked and an older list is shown.
    """

    catalogue: Catalogue
    as_of: dt.datetime
    last_known: bool


@attrs.frozen(kw_only=True)
class ListIntegrations:
    """Composes the catalogue from what Codat reports and what the operator wants."""

    connector: Connector
    curation: Curation
    codat: CodatGateway
    cache: BrandingCache

    async def __call__(self, caller: Caller) -> Offer:
        """
        Everything on offer to *caller*, with branding.

        Raises:
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        offer = await self.without_branding(caller)
        keys = [integration.key for integration in offer.catalogue.offered]
        brandings = await self.cache.brandings(keys, self.codat.branding)
        dressed = {key: dated.value for key, dated in brandings.items()}
        return attrs.evolve(offer, catalogue=offer.catalogue.with_branding(dressed))

    async def without_branding(self, caller: Caller) -> Offer:
        """
        Everything on offer to *caller*, for a decision rather than for a page.

        Raises:
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        reported = await self.cache.integrations(self.codat.integrations)
        catalogue = compose(self.connector, reported.value, self.curation)
        return Offer(
            catalogue=catalogue.narrowed_to(caller.offered),
            as_of=reported.fetched_at,
            last_known=reported.last_known,
        )

    async def choose(self, key: PlatformKey, caller: Caller) -> Integration:
        """
        The integration that *caller* may start by *key* (rule 1).

        Raises:
            ChoiceRefused: it is not on offer, or only on show.
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        offer = await self.without_branding(caller)
        return offer.catalogue.choose(key)

    async def branding_of(self, key: str, caller: Caller) -> Branding:
        """
        The branding of one integration on offer to *caller*; empty where none is known.

        Raises:
            InputRefused: *key* is not a platform key.
            IntegrationUnknown: it is not on offer.
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        offer = await self.without_branding(caller)
        integration = offer.catalogue.find(parse_platform_key(key))
        brandings = await self.cache.brandings([integration.key], self.codat.branding)
        dated = brandings.get(integration.key)
        return dated.value if dated else Branding()

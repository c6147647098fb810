"""Show a caller what can be connected."""

import datetime as dt

import attrs

from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.catalogue import Catalogue, Curation, compose
from domain.model.connector import Connector
from domain.model.integration import (
    Branding,
    Integration,
    ReportedIntegration,
    parse_platform_key,
)
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


@attrs.define(eq=False)
class _LastComposed:
    """The last *catalogue* and the *report* it came of; neither ever changes."""

    report: tuple[ReportedIntegration, ...] | None = None
    catalogue: Catalogue | None = None


@attrs.frozen(kw_only=True)
class ListIntegrations:
    """Composes the catalogue from what Codat reports and what the operator wants."""

    connector: Connector
    curation: Curation
    codat: CodatGateway
    cache: BrandingCache
    _last: _LastComposed = attrs.field(factory=_LastComposed, init=False, eq=False, repr=False)

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
        catalogue = self._compose(reported.value)
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

    def _compose(self, report: tuple[ReportedIntegration, ...]) -> Catalogue:
        # Every request comes by here, and Codat's report is the same for minutes.
        last = self._last
        if last.catalogue is None or last.report is not report:
            last.catalogue = compose(self.connector, report, self.curation)
            last.report = report
        return last.catalogue

"""Show a caller what can be connected."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.catalogue import Catalogue, Curation, compose
from domain.model.connector import Connector
from domain.model.freshness import Dated, FreshnessPolicy
from domain.model.integration import (
    Branding,
    Integration,
    ReportedIntegration,
    parse_choice,
)
from domain.ports.branding_cache import BrandingCache
from domain.ports.codat_gateway import CodatGateway


@attrs.frozen(kw_only=True)
class Offer:
    """
    The catalogue, and how current it is.

    *last_known* is true when Codat could not be asked and an older list is shown.
    From *same_from* until before *same_until* whoever asks gets the same, for all that it is made
    of is fresh then; where anything is not known to be current, no moment lies between the two.
    *complete* is false where the branding of something on offer could not be had.
    """

    catalogue: Catalogue
    as_of: dt.datetime
    last_known: bool
    same_from: dt.datetime
    same_until: dt.datetime
    complete: bool = True


@attrs.define(eq=False)
class _LastComposed:
    """
    The last *catalogue* and the *report* it came of; none of it ever changes.

    *dressed* is what became of the catalogue *bare* with these *brandings*.
    *withdrawn* counts what was taken out of a catalogue before the next report.
    """

    report: tuple[ReportedIntegration, ...] | None = None
    catalogue: Catalogue | None = None
    bare: Catalogue | None = None
    brandings: Mapping[PlatformKey, Branding] | None = None
    dressed: Catalogue | None = None
    withdrawn: int = 0


@attrs.frozen(kw_only=True)
class ListIntegrations:
    """Composes the catalogue from what Codat reports and what the operator wants."""

    connector: Connector
    curation: Curation
    codat: CodatGateway
    cache: BrandingCache
    freshness: FreshnessPolicy = attrs.field(factory=FreshnessPolicy)
    _last: _LastComposed = attrs.field(factory=_LastComposed, init=False, eq=False, repr=False)

    async def __call__(self, caller: Caller) -> Offer:
        """
        Everything on offer to *caller*, with branding.

        Raises:
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        reported = await self.cache.integrations(self.codat.integrations)
        bare = self._compose(reported.value).narrowed_to(caller.offered)
        keys = [integration.key for integration in bare.offered]
        brandings = await self.cache.brandings(keys, self.codat.branding)
        return self._offer(
            self._dress(bare, {key: dated.value for key, dated in brandings.items()}),
            reported,
            brandings.values(),
            complete=len(brandings) == len(keys),
        )

    async def without_branding(self, caller: Caller) -> Offer:
        """
        Everything on offer to *caller*, for a decision rather than for a page.

        Raises:
            CodatError: Codat cannot be asked, and there is no earlier list.
        """
        reported = await self.cache.integrations(self.codat.integrations)
        catalogue = self._compose(reported.value)
        return self._offer(catalogue.narrowed_to(caller.offered), reported)

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
        integration = offer.catalogue.find(parse_choice(key))
        brandings = await self.cache.brandings([integration.key], self.codat.branding)
        dated = brandings.get(integration.key)
        return dated.value if dated else Branding()

    def withdraw(self, key: PlatformKey) -> None:
        """
        Offer *key* to nobody until Codat's next report: Codat listed it, and does not know it.

        Other processes find out by themselves.
        """
        last = self._last
        if last.catalogue is not None:
            last.catalogue = last.catalogue.without(key)
            last.withdrawn += 1

    @property
    def withdrawn(self) -> int:
        """Another number means that what is offered changed without a new report."""
        return self._last.withdrawn

    def _offer(
        self,
        catalogue: Catalogue,
        reported: Dated[tuple[ReportedIntegration, ...]],
        brandings: Collection[Dated[Branding]] = (),
        *,
        complete: bool = True,
    ) -> Offer:
        parts: list[Dated[Any]] = [reported, *brandings]
        times = [part.fetched_at for part in parts]
        current = not any(part.last_known for part in parts)
        return Offer(
            catalogue=catalogue,
            as_of=reported.fetched_at,
            last_known=reported.last_known,
            same_from=max(times),
            same_until=min(times) + self.freshness.fresh_for if current else max(times),
            complete=complete,
        )

    def _compose(self, report: tuple[ReportedIntegration, ...]) -> Catalogue:
        # Every request comes by here, and Codat's report is the same for minutes.
        last = self._last
        if last.catalogue is None or last.report is not report:
            last.catalogue = compose(self.connector, report, self.curation)
            last.report = report
        return last.catalogue

    def _dress(self, bare: Catalogue, brandings: Mapping[PlatformKey, Branding]) -> Catalogue:
        # The same holds for how everything looks, for all who are offered all of it.
        last = self._last
        if last.dressed is None or last.bare is not bare or last.brandings != brandings:
            last.dressed = bare.with_branding(brandings)
            last.bare, last.brandings = bare, brandings
        return last.dressed

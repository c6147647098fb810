"""Find out whether everything is in place before a merchant does."""

import datetime as dt
from typing import Final

import attrs

from domain.errors import CodatError, CodatKeyRefused, StorageUnavailable
from domain.model.caller import Caller
from domain.model.connector import Connector
from domain.model.integration import Availability, Branding, ReportedIntegration
from domain.ports.branding_cache import BrandingCache
from domain.ports.codat_gateway import CodatGateway
from domain.ports.session_store import SessionStore
from domain.use_cases.list_integrations import ListIntegrations


WIDEST_SKEW: Final = dt.timedelta(seconds=5)
"""A code lives for 30 seconds; a clock that is off by more than this misleads about it."""


@attrs.frozen(kw_only=True)
class Check:
    """One thing that was looked at: *detail* says what was found, *remedy* what to do."""

    name: str
    passed: bool
    detail: str
    remedy: str | None = None


@attrs.frozen(kw_only=True)
class CheckSetup:
    """
    Looks at Codat, the connector, the offer, the stores and the clock; mints nothing.

    *quota_share* is the percentage of Codat's daily quota that starts leave to others.
    """

    connector: Connector
    integrations: ListIntegrations
    codat: CodatGateway
    sessions: SessionStore
    cache: BrandingCache
    quota_share: int = 10

    async def __call__(self, caller: Caller) -> tuple[Check, ...]:
        """Do every check, whatever the others say."""
        checks = [await self._database(), await self._cache()]
        try:
            reported = await self.codat.integrations()
        except CodatError as error:
            remedy = "Check TILLBRIDGE_CODAT_URL and the network."
            if isinstance(error, CodatKeyRefused):
                remedy = "Check TILLBRIDGE_CODAT_API_KEY against the Codat Portal."
            return (
                *checks,
                Check(name="Codat", passed=False, detail=str(error), remedy=remedy),
            )
        detail = f"accepts the API key and reports {len(reported)} integrations"
        checks.append(Check(name="Codat", passed=True, detail=detail))
        checks.append(self._connector(reported))
        checks += self._quota()
        looks = {"Integrations": self._offer, "Branding": self._branding, "Clock": self._clock}
        for name, look in looks.items():
            try:
                checks.append(await look(caller))
            except CodatError as error:
                detail = f"cannot be checked: {error}"
                checks.append(Check(name=name, passed=False, detail=detail))
        return tuple(checks)

    async def _database(self) -> Check:
        try:
            await self.sessions.ping()
        except StorageUnavailable as error:
            return Check(
                name="Database",
                passed=False,
                detail=error.reason,
                remedy="Check TILLBRIDGE_DATABASE_URL, the disk, and run `tillbridge migrate`.",
            )
        return Check(name="Database", passed=True, detail="can be read and written")

    async def _cache(self) -> Check:
        try:
            await self.cache.ping()
        except StorageUnavailable as error:
            remedy = "Check TILLBRIDGE_CACHE_URL."
            return Check(name="Cache", passed=False, detail=error.reason, remedy=remedy)
        return Check(name="Cache", passed=True, detail="can be read and written")

    def _connector(self, reported: tuple[ReportedIntegration, ...]) -> Check:
        key, side = self.connector.key, self.connector.side
        found = next((r for r in reported if r.key == key), None)
        if found is None:
            # Codat need not list a connector that it deployed for one client only.
            detail = f"{key} is not among the integrations that Codat reports"
            remedy = "Check TILLBRIDGE_CONNECTOR_KEY with your Codat Solutions Engineer."
            return Check(name="Connector", passed=False, detail=detail, remedy=remedy)
        if found.source_type is not side.source_type:
            detail = f"{key} is of type {found.source_type.value}, not on the {side.value} side"
            remedy = "Check TILLBRIDGE_CONNECTOR_KEY with your Codat Solutions Engineer."
            if found.source_type is side.other.source_type:
                remedy = f"Set TILLBRIDGE_CONNECTOR_SIDE to {side.other.value}."
            return Check(name="Connector", passed=False, detail=detail, remedy=remedy)
        detail = f"{key} ({found.name}) on the {side.value} side"
        return Check(name="Connector", passed=True, detail=detail)

    def _quota(self) -> list[Check]:
        """How much is left of today's quota, where Codat tells."""
        quota = self.codat.traffic().quota
        if quota is None:
            return []
        passed = quota.remaining * 100 > quota.limit * self.quota_share
        detail = f"{quota.remaining} of {quota.limit} requests are left today"
        remedy = "Merchants can start again at 00:00 UTC; see TILLBRIDGE_QUOTA_SHARE."
        check = Check(
            name="Quota", passed=passed, detail=detail, remedy=None if passed else remedy
        )
        return [check]

    async def _offer(self, caller: Caller) -> Check:
        offer = await self.integrations.without_branding(caller)
        ready = [i for i in offer.catalogue.offered if i.availability is Availability.AVAILABLE]
        names = ", ".join(integration.name for integration in ready)
        return Check(
            name="Integrations",
            passed=bool(ready),
            detail=f"merchants can connect {names}" if ready else "merchants can connect nothing",
            remedy=None
            if ready
            else "Enable integrations in the Codat Portal (Settings, Integrations).",
        )

    async def _branding(self, caller: Caller) -> Check:
        offer = await self.integrations(caller)
        offered = offer.catalogue.offered
        bare = [i.name for i in offered if i.branding == Branding()]
        if not bare:
            return Check(name="Branding", passed=True, detail="is there for everything on offer")
        # Codat has none for some systems, and merchants see a lettered tile then: no fault.
        some = len(bare) < len(offered)
        return Check(
            name="Branding",
            passed=some,
            detail=f"there is none for {', '.join(bare)}",
            remedy=None if some else "Try `tillbridge branding warm`, which says what is wrong.",
        )

    async def _clock(self, _: Caller) -> Check:
        skew = await self.codat.clock_skew()
        if skew is None:
            return Check(name="Clock", passed=True, detail="Codat does not tell the time")
        seconds = abs(skew.total_seconds())
        if abs(skew) > WIDEST_SKEW:
            remedy = "Synchronise this machine's clock (NTP)."
            detail = f"is {seconds:.0f} s off from Codat's"
            return Check(name="Clock", passed=False, detail=detail, remedy=remedy)
        return Check(name="Clock", passed=True, detail=f"is within {seconds:.0f} s of Codat's")

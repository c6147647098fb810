"""A Codat that keeps its companies in memory and fails when it is told to."""

import datetime as dt
import hashlib
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

import attrs

from domain.errors import CodatError, CodatNotFound, CodatUnavailable
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import (
    Company,
    Connection,
    ConnectionStatus,
    SyncConfiguration,
    stands_for,
)
from domain.model.connector import SyncRoute
from domain.model.integration import Branding, BrandingImage, ReportedIntegration, SourceType
from domain.model.sync_flow_url import LIFETIME, SyncFlowUrl
from domain.ports.clock import Clock
from domain.ports.codat_gateway import LONGEST_START, LastAnswer, Traffic


Operation: TypeAlias = Literal[
    "integrations",
    "branding",
    "start_sync_flow",
    "find_companies",
    "connections",
    "configuration",
    "clock_skew",
]

SYNC_FLOW_HOST = "sync-flow.codat.io"


def reported(
    key: str, name: str, source_type: SourceType, *, enabled: bool = True, is_beta: bool = False
) -> ReportedIntegration:
    """One integration as Codat reports it."""
    return ReportedIntegration(
        key=PlatformKey(key), name=name, enabled=enabled, source_type=source_type, is_beta=is_beta
    )


def logos(name: str) -> Branding:
    """Branding with both logos and no buttons, as most integrations have it."""
    pictures = f"https://static.codat.io/public/officialLogos/Full/{name}"
    return Branding(
        logo_full=BrandingImage(src=f"{pictures}_Full.png", alt=f"{name} full icon"),
        logo_square=BrandingImage(src=f"{pictures}_Square.png", alt=f"{name} square icon"),
    )


def usual_integrations() -> list[ReportedIntegration]:
    """
    Both kinds of system, two of them not enabled, two not supported, and two connectors.

    `lqai` is the connector of a commerce platform, `dfxm` that of an accounting package.
    """
    accounting, commerce = SourceType.ACCOUNTING, SourceType.COMMERCE
    return [
        reported("gbol", "Xero", accounting),
        reported("qhyg", "QuickBooks Online", accounting),
        reported("fbrh", "FreeAgent", accounting),
        reported("tgff", "Sage Accounting", accounting),
        reported("pdvj", "MYOB", accounting, enabled=False),
        reported("akxx", "NetSuite", accounting),
        reported("dfxm", "Accounting Package", accounting),
        reported("fztf", "Shopify", commerce),
        reported("ugxp", "Zettle", commerce),
        reported("fqly", "Clover", commerce, enabled=False),
        reported("exgd", "Stripe", commerce),
        reported("lqai", "Partner Commerce", commerce),
    ]


@attrs.define
class FakeCodatGateway:
    """
    Keeps the CodatGateway port.

    Every attribute may be changed at any time, to have Codat say something else.
    *calls* counts what was asked; *minted* lists every URL, oldest first; *started* says what
    for, and *patience* how long each might take; *interruptions* are awaited before an operation
    answers; *passing* is what `traffic` and `closed` tell.
    """

    clock: Clock
    integrations_reported: list[ReportedIntegration] = attrs.field(factory=usual_integrations)
    brandings: dict[PlatformKey, Branding] = attrs.field(
        factory=lambda: {PlatformKey("gbol"): logos("Xero"), PlatformKey("qhyg"): logos("QBO")}
    )
    companies: list[Company] = attrs.field(factory=list)
    connections_of: dict[CompanyId, list[Connection]] = attrs.field(
        factory=lambda: defaultdict(list)
    )
    configurations: dict[CompanyId, SyncConfiguration] = attrs.field(factory=dict)
    skew: dt.timedelta | None = dt.timedelta(0)

    calls: Counter[Operation] = attrs.field(factory=Counter)
    minted: list[str] = attrs.field(factory=list)
    started: list[tuple[SyncRoute, MerchantIdentifier, str]] = attrs.field(factory=list)
    interruptions: dict[Operation, Callable[[], Awaitable[None]]] = attrs.field(factory=dict)
    passing: Traffic = attrs.field(factory=Traffic)
    patience: list[float] = attrs.field(factory=list)

    _next_failures: dict[Operation, deque[CodatError]] = attrs.field(
        factory=lambda: defaultdict(deque), init=False
    )
    _lasting_failures: dict[Operation, CodatError] = attrs.field(factory=dict, init=False)
    _last: LastAnswer | None = attrs.field(default=None, init=False)
    _repeats: int = attrs.field(default=0, init=False)

    # What a test can have happen.

    def fail_next(self, operation: Operation, error: CodatError, times: int = 1) -> None:
        """Let the next call, or calls, of *operation* raise *error*."""
        self._next_failures[operation].extend([error] * times)

    def fail_always(self, operation: Operation, error: CodatError) -> None:
        """Let every call of *operation* raise *error* until it is told to recover."""
        self._lasting_failures[operation] = error

    def recover(self) -> None:
        """Fail no more."""
        self._next_failures.clear()
        self._lasting_failures.clear()

    def repeat_last_url(self) -> None:
        """Answer the next start with the URL of the last one, as a broken proxy would."""
        self._repeats += 1

    def finish_sync_flow(self, merchant: str, key: str, organisation: str = "Demo Ltd") -> None:
        """Let the merchant go through the sync flow to the end, for its choice *key*."""
        company = self._company_of(merchant)
        self.connections_of[company.id] = [
            attrs.evolve(connection, status=ConnectionStatus.LINKED)
            for connection in self._connections_with(company.id, PlatformKey(key))
        ]
        self.configurations[company.id] = SyncConfiguration(
            enabled=True, configured=True, accounting_company=organisation
        )

    # What Tillbridge asks.

    async def integrations(self) -> tuple[ReportedIntegration, ...]:
        await self._asked("integrations")
        return tuple(self.integrations_reported)

    async def branding(self, key: PlatformKey) -> Branding:
        await self._asked("branding")
        if key in self.brandings:
            return self.brandings[key]
        if any(integration.key == key for integration in self.integrations_reported):
            return Branding()
        raise CodatNotFound

    async def start_sync_flow(
        self,
        route: SyncRoute,
        merchant: MerchantIdentifier,
        return_to: str,
        *,
        within: float = LONGEST_START,
    ) -> SyncFlowUrl:
        self.patience.append(within)
        expires_at = self.clock.now() + LIFETIME
        await self._asked("start_sync_flow")
        known = {integration.key for integration in self.integrations_reported}
        if not {route.commerce_key, route.accounting_key} <= known:
            raise CodatNotFound
        company = self._company_of(merchant)
        for key in (route.commerce_key, route.accounting_key):
            self.connections_of[company.id] = self._connections_with(company.id, key)
        self.started.append((route, merchant, return_to))
        return SyncFlowUrl(
            self._mint(route, merchant),
            fetched_at=self.clock.monotonic(),
            expires_at=expires_at,
            fingerprint=hashlib.sha256(self.minted[-1].encode()).hexdigest(),
        )

    async def find_companies(self, merchant: MerchantIdentifier) -> tuple[Company, ...]:
        await self._asked("find_companies")
        return tuple(c for c in reversed(self.companies) if stands_for(c, merchant))

    async def connections(self, company: CompanyId) -> tuple[Connection, ...]:
        await self._asked("connections")
        self._expect_company(company)
        return tuple(self.connections_of[company])

    async def configuration(self, company: CompanyId) -> SyncConfiguration | None:
        await self._asked("configuration")
        return self.configurations.get(company)

    def last_answer(self) -> LastAnswer | None:
        return self._last

    def closed(self) -> CodatUnavailable | None:
        return self.passing.closed

    def traffic(self) -> Traffic:
        return self.passing

    async def clock_skew(self) -> dt.timedelta | None:
        await self._asked("clock_skew")
        return self.skew

    # How it works.

    async def _asked(self, operation: Operation) -> None:
        self.calls[operation] += 1
        if operation in self.interruptions:
            await self.interruptions[operation]()
        error = self._lasting_failures.get(operation)
        if self._next_failures[operation]:
            error = self._next_failures[operation].popleft()
        told = None if isinstance(error, CodatNotFound) else error
        self._last = LastAnswer(at=self.clock.now(), error=told)
        if error is not None:
            raise error

    def _mint(self, route: SyncRoute, merchant: str) -> str:
        if self._repeats and self.minted:
            self._repeats -= 1
        else:
            way = f"{uuid.UUID(int=7)}/{route.commerce_key}/{route.accounting_key}/start"
            query = f"merchantIdentifier={merchant}&otp=CANARY{len(self.minted):020}"
            self.minted.append(f"https://{SYNC_FLOW_HOST}/{way}?{query}")
        return self.minted[-1]

    def _company_of(self, merchant: str) -> Company:
        for company in self.companies:
            if stands_for(company, MerchantIdentifier(merchant)) or company.id == merchant:
                return company
        # Codat strips what it does not allow in a name.
        name = merchant.replace("_", "").replace(":", "")
        company_id = CompanyId(str(uuid.UUID(int=len(self.companies) + 1)))
        self.companies.append(Company(id=company_id, name=name))
        return self.companies[-1]

    def _connections_with(self, company: CompanyId, key: PlatformKey) -> list[Connection]:
        there = self.connections_of[company]
        if any(connection.key == key for connection in there):
            return there
        types = {i.key: i.source_type for i in self.integrations_reported}
        source_type = types.get(key, SourceType.UNKNOWN)
        pending = ConnectionStatus.PENDING_AUTH
        return [*there, Connection(key=key, source_type=source_type, status=pending)]

    def _expect_company(self, company: CompanyId) -> None:
        if all(known.id != company for known in self.companies):
            raise CodatNotFound

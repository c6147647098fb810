"""What Tillbridge asks of Codat."""

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Final, Protocol

import attrs

from domain.errors import CodatError, CodatUnavailable
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import Company, Connection, SyncConfiguration
from domain.model.connector import SyncRoute
from domain.model.integration import Branding, ReportedIntegration
from domain.model.sync_flow_url import SyncFlowUrl


LONGEST_START: Final = 8.0
"""Seconds that a start may take, a second try included."""


class SecondTry(enum.Enum):
    """After what a start is tried once more: whatever may pass, or only if nothing was sent."""

    ANY = "any"
    UNOPENED = "unopened"


class BreakerState(enum.Enum):
    """
    Whether Codat is asked: when `closed`, it is; when `probing`, once, to see how it is.

    The others refuse every call, each for a reason: too many failed, Codat wants to be left
    alone, or it does not accept the API key.
    """

    CLOSED = "closed"
    PROBING = "probing"
    FAILING = "failing"
    RATE_LIMITED = "rate limited"
    MISCONFIGURED = "misconfigured"


@attrs.frozen(kw_only=True)
class Quota:
    """How many requests Codat allows a day, and how many were left *as_of* some answer."""

    limit: int
    remaining: int
    as_of: dt.datetime


@attrs.frozen(kw_only=True)
class Traffic:
    """
    What passes between Tillbridge and Codat; the counts are since the process began.

    *calls* are by how they ended, *second_tries* by what made them necessary, and *spared* are
    those that were not made, by what held them back. *closed* is what a start would be told now
    without a call being made; it is missing where one would be made.
    """

    breaker: BreakerState = BreakerState.CLOSED
    closed: CodatUnavailable | None = None
    quota: Quota | None = None
    calls: Mapping[str, int] = attrs.field(factory=dict)
    second_tries: Mapping[str, int] = attrs.field(factory=dict)
    spared: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class LastAnswer:
    """How the latest question to Codat ended, and when; *error* is missing where it went well."""

    at: dt.datetime
    error: CodatError | None = None


class CodatGateway(Protocol):
    """
    Codat's Sync for Commerce API.

    Every method may raise a subclass of `CodatError`:
    `CodatUnavailable` when nothing was done, `CodatTimedOut` when that is not known,
    `CodatAnswerInvalid` when the answer cannot be used, `CodatNotFound` for an HTTP 404.
    """

    async def integrations(self) -> tuple[ReportedIntegration, ...]:
        """All integrations that Codat has, enabled or not, from all pages."""
        ...

    async def branding(self, key: PlatformKey) -> Branding:
        """How the integration *key* wants to be shown."""
        ...

    async def start_sync_flow(
        self,
        route: SyncRoute,
        merchant: MerchantIdentifier,
        return_to: str,
        *,
        within: float = LONGEST_START,
    ) -> SyncFlowUrl:
        """
        Have one sync flow URL minted, for the one redirect that asks, *within* so many seconds.

        Has effects in Codat (company and connections are created), so it is tried twice at
        most. A URL whose answer was lost is never used. Where nobody knows what came of either
        try, the error is `CodatTimedOut`, whatever became of the other.
        *return_to* is the absolute URL to which Codat sends the merchant at the end.
        """
        ...

    async def find_companies(self, merchant: MerchantIdentifier) -> tuple[Company, ...]:
        """The companies whose name is that of *merchant*, newest first; often none."""
        ...

    async def connections(self, company: CompanyId) -> tuple[Connection, ...]:
        """All connections of a company."""
        ...

    async def configuration(self, company: CompanyId) -> SyncConfiguration | None:
        """How the company's sync is configured; `None` where it is not yet."""
        ...

    def last_answer(self) -> LastAnswer | None:
        """How the latest question ended; `None` before the first. Asks nothing."""
        ...

    def closed(self) -> CodatUnavailable | None:
        """What `traffic` says of that, for a fraction of the price. Asks nothing."""
        ...

    def traffic(self) -> Traffic:
        """How it goes between here and Codat. Asks nothing."""
        ...

    async def clock_skew(self) -> dt.timedelta | None:
        """How far ahead Codat's clock is, to the second; `None` where Codat does not say."""
        ...

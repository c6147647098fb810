"""What Tillbridge asks of Codat."""

import datetime as dt
from typing import Protocol

import attrs

from domain.errors import CodatError
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import Company, Connection, SyncConfiguration
from domain.model.connector import SyncRoute
from domain.model.integration import Branding, ReportedIntegration
from domain.model.sync_flow_url import SyncFlowUrl


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
        self, route: SyncRoute, merchant: MerchantIdentifier, return_to: str
    ) -> SyncFlowUrl:
        """
        Have one sync flow URL minted, for the one redirect that asks.

        Has effects in Codat (company and connections are created), so it is asked at most
        once, save where no connection to Codat was made at all.
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

    async def clock_skew(self) -> dt.timedelta | None:
        """How far ahead Codat's clock is, to the second; `None` where Codat does not say."""
        ...

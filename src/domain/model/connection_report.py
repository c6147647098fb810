"""What Codat reports of a merchant's company, its connections and its configuration."""

import enum
from collections.abc import Iterable
from typing import Final

import attrs

from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connector import Connector
from domain.model.integration import SourceType


class ConnectionStatus(enum.Enum):
    """The life of a connection, in Codat's words."""

    PENDING_AUTH = "PendingAuth"
    LINKED = "Linked"
    UNLINKED = "Unlinked"
    DEAUTHORIZED = "Deauthorized"
    MISSING = "Missing"
    """Not Codat's: there is no such connection, or its status is not one we know."""


BEST_FIRST: Final = (
    ConnectionStatus.LINKED,
    ConnectionStatus.PENDING_AUTH,
    ConnectionStatus.DEAUTHORIZED,
    ConnectionStatus.UNLINKED,
    ConnectionStatus.MISSING,
)
"""Which of several connections to the same integration tells most."""


@attrs.frozen(kw_only=True)
class Company:
    """Codat's company for a merchant; *name* need not be unique."""

    id: CompanyId
    name: str


@attrs.frozen(kw_only=True)
class Connection:
    """One connection of a company."""

    key: PlatformKey
    source_type: SourceType
    status: ConnectionStatus


@attrs.frozen(kw_only=True)
class SyncConfiguration:
    """Whether the merchant went through the sync flow, and has the sync switched on."""

    enabled: bool
    configured: bool
    accounting_company: str | None = None


@attrs.frozen(kw_only=True)
class ConnectionReport:
    """
    How far a merchant's connection is, as Codat tells it.

    *choice* and *connector* are the two ends; *organisation* is the name of the company
    in the accounting package, where Codat knows it.
    """

    company: CompanyId | None = None
    choice: ConnectionStatus = ConnectionStatus.MISSING
    connector: ConnectionStatus = ConnectionStatus.MISSING
    enabled: bool = False
    configured: bool = False
    organisation: str | None = None

    @property
    def complete(self) -> bool:
        """
        Ready to sync: both ends linked, configured and enabled.

        Source: Codat's documentation, "Merchant onboarding", check that a merchant is ready.
        """
        linked = self.choice is self.connector is ConnectionStatus.LINKED
        return linked and self.enabled and self.configured


def report_on(
    company: Company,
    connections: Iterable[Connection],
    configuration: SyncConfiguration | None,
    *,
    connector: Connector,
    choice: PlatformKey,
) -> ConnectionReport:
    """Put together what Codat says of the two ends; the best of several connections counts."""
    ends = {connector.key: ConnectionStatus.MISSING, choice: ConnectionStatus.MISSING}
    for connection in connections:
        if connection.key in ends:
            known = ends[connection.key]
            ends[connection.key] = min(known, connection.status, key=BEST_FIRST.index)
    return ConnectionReport(
        company=company.id,
        choice=ends[choice],
        connector=ends[connector.key],
        enabled=configuration is not None and configuration.enabled,
        configured=configuration is not None and configuration.configured,
        organisation=configuration.accounting_company if configuration else None,
    )


def stands_for(company: Company, merchant: MerchantIdentifier) -> bool:
    """
    Whether *company* is the one that Codat made for *merchant*.

    Codat strips from names what it does not allow, among it `_` and `:`
    (Codat's OpenAPI file, `CompanyRequestBody.name`), so both spellings count.
    """
    return company.name in {merchant, merchant.replace("_", "").replace(":", "")}

"""Who calls: the platform's backend, a merchant, or someone at the command line."""

import datetime as dt
from typing import Final, TypeAlias

import attrs

from domain.errors import SyncSessionUnknown
from domain.ids import MerchantIdentifier, PlatformKey, ReturnName
from domain.model.brand import Brand
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession


@attrs.frozen(kw_only=True)
class Grant:
    """
    What the platform's backend lets a merchant do, and how the page should be.

    *integrations* narrows the offer (`None`: all);
    *return_to* names a registered address; *locale* is a BCP 47 tag; *brand* is what of the look
    differs from the operator's settings.
    """

    merchant: Merchant
    integrations: frozenset[PlatformKey] | None = None
    return_to: ReturnName | None = None
    locale: str | None = None
    brand: Brand = attrs.field(factory=Brand)

    @property
    def look(self) -> "Grant | None":
        """How pages are by it, for nobody in particular; `None` where it says nothing of that."""
        look = attrs.evolve(self, merchant=NOBODY, integrations=None)
        return None if look == Grant(merchant=NOBODY) else look


NOBODY: Final = Merchant(identifier=MerchantIdentifier("-"))
"""Stands where there is no merchant, as in the look of a token that is spent."""


@attrs.frozen(kw_only=True)
class ConnectGrant:
    """
    What a connect token, a ticket or a hosted page's login stands for until *expires_at*.

    *visit_ends* is when the visit that a token opens is over, where it has begun before: by
    another token, which this one is for. Else it is counted from when the token is claimed.
    """

    grant: Grant
    expires_at: dt.datetime
    visit_ends: dt.datetime | None = None


@attrs.frozen(kw_only=True)
class Backend:
    """The platform's backend, or an operator: sees every merchant."""

    name: str

    @property
    def actor(self) -> str:
        """How the timeline names it."""
        return self.name

    @property
    def offered(self) -> None:
        """Nothing narrows what it sees."""
        return

    def expect_mine(self, session: SyncSession) -> None:
        """Every sync session is the backend's to see."""


@attrs.frozen(kw_only=True)
class MerchantCaller:
    """
    One merchant: sees only what is its own.

    *until* is when the login that it came with ends, where that is known; it says nothing of who
    it is.
    """

    grant: Grant
    until: dt.datetime | None = attrs.field(default=None, eq=False)

    @property
    def actor(self) -> str:
        """How the timeline names it."""
        return "merchant"

    @property
    def identifier(self) -> MerchantIdentifier:
        """Whose sync sessions it may see."""
        return self.grant.merchant.identifier

    @property
    def offered(self) -> frozenset[PlatformKey] | None:
        """The integrations that its platform lets it see; `None` means all."""
        return self.grant.integrations

    def expect_mine(self, session: SyncSession) -> None:
        """
        Make sure that *session* is this merchant's own.

        Raises:
            SyncSessionUnknown: it is someone else's, which looks the same as none.
        """
        if session.merchant != self.identifier:
            raise SyncSessionUnknown(session.id)


Caller: TypeAlias = Backend | MerchantCaller

"""Let a merchant's browser in by a connect token."""

import datetime as dt
from typing import Final

import attrs

from domain.errors import ConnectTokenRefused
from domain.ids import Secret
from domain.model.caller import ConnectGrant, Grant, MerchantCaller
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.clock import Clock
from domain.ports.connect_tokens import ConnectTokens
from domain.ports.ids import Ids


LIFETIME: Final = dt.timedelta(minutes=15)
"""How long the hosted page lets a merchant in; the platform can always mint a new token."""


@attrs.frozen(kw_only=True)
class BrowserLogin:
    """A fresh login of the hosted page: the *secret* is the cookie's value."""

    secret: Secret = attrs.field(repr=False)
    grant: Grant
    expires_at: dt.datetime


@attrs.frozen(kw_only=True)
class Ticket:
    """A connect token for a page of ours that cannot count on its cookie: once, like any other."""

    secret: Secret = attrs.field(repr=False)
    expires_at: dt.datetime


@attrs.frozen(kw_only=True)
class RedeemConnectToken:
    """Spends connect tokens, and knows the browsers that came in by them."""

    tokens: ConnectTokens
    browsers: BrowserSessions
    clock: Clock
    ids: Ids

    async def claim(self, secret: Secret) -> Grant:
        """
        Spend a connect token.

        Raises:
            ConnectTokenRefused: it is unknown, spent or expired.
            StorageUnavailable: it could not be spent.
        """
        claimed = await self.tokens.claim(secret, self.clock.now())
        if claimed is None:
            raise ConnectTokenRefused
        return claimed.grant

    async def log_in(self, grant: Grant, instead_of: Secret | None = None) -> BrowserLogin:
        """
        Open a login under a name that nobody has seen before, and end *instead_of*.

        Raises:
            StorageUnavailable: it could not be written.
        """
        secret = self.ids.secret()
        expires_at = self.clock.now() + LIFETIME
        await self.browsers.open(secret, ConnectGrant(grant=grant, expires_at=expires_at))
        if instead_of is not None:
            await self.browsers.close(instead_of)
        return BrowserLogin(secret=secret, grant=grant, expires_at=expires_at)

    async def recognise(self, secret: Secret) -> MerchantCaller | None:
        """Who the cookie's value stands for; `None` where it is unknown or too old."""
        found = await self.browsers.find(secret, self.clock.now())
        return None if found is None else MerchantCaller(grant=found.grant)

    async def ticket_for(self, grant: Grant) -> Ticket:
        """
        A ticket for somebody who was let in just now, but without a login.

        Raises:
            StorageUnavailable: it could not be written.
        """
        return await self._mint(ConnectGrant(grant=grant, expires_at=self.clock.now() + LIFETIME))

    async def ticket_like(self, login: Secret) -> Ticket | None:
        """
        A ticket that is good for as long as *login* is; `None` where that is over.

        Raises:
            StorageUnavailable: it could not be written.
        """
        found = await self.browsers.find(login, self.clock.now())
        return None if found is None else await self._mint(found)

    async def _mint(self, stands_for: ConnectGrant) -> Ticket:
        secret = self.ids.secret()
        await self.tokens.issue(secret, stands_for)
        return Ticket(secret=secret, expires_at=stands_for.expires_at)

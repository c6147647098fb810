"""Let a merchant's browser in: by a connect token, or by the ticket of who is in already."""

import base64
import datetime as dt
import hmac
from typing import Final

import attrs

from domain.errors import ConnectTokenRefused, StorageUnavailable
from domain.ids import Secret
from domain.model.caller import ConnectGrant, Grant, MerchantCaller
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.clock import Clock
from domain.ports.connect_tokens import ConnectTokens
from domain.ports.ids import Ids


LIFETIME: Final = dt.timedelta(minutes=15)
"""How long a visit lasts, once; the platform can always mint a new token."""

SECOND: Final = dt.timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Admission:
    """
    Somebody who may come in, and stay until *ends_at*, however often pages hand on to pages.

    *agreed* tells that nobody need be asked whether the browser's merchant may change: whoever
    asks says so, or it was a ticket, which only pages of this very merchant have.
    """

    grant: Grant
    ends_at: dt.datetime
    agreed: bool = False


@attrs.frozen(kw_only=True)
class BrowserLogin:
    """A fresh login of the hosted page: the *secret* is the cookie's value."""

    secret: Secret = attrs.field(repr=False)
    grant: Grant
    expires_at: dt.datetime


@attrs.frozen(kw_only=True)
class Ticket:
    """What a page of ours holds that cannot count on its cookie: good until its visit ends."""

    secret: Secret = attrs.field(repr=False)
    grant: Grant
    expires_at: dt.datetime


def ticket_of(login: Secret) -> Secret:
    """
    The secret of a login's ticket, as 43 characters.

    It is derived, so that a page in a frame can be drawn without anything being written; from
    the ticket nobody gets back to the login (HMAC, RFC 2104).
    """
    digest = hmac.digest(login.encode(errors="surrogatepass"), b"ticket", "sha256")
    return Secret(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def seconds_left(until: dt.datetime, now: dt.datetime) -> int:
    """Whole seconds until something ends, the one that has begun included; never less than 0."""
    return max(0, -((now - until) // SECOND))


@attrs.frozen(kw_only=True)
class RedeemConnectToken:
    """
    Spends connect tokens, and knows the browsers that came in by them.

    *tickets* are kept like logins, and never taken for one; nor are *looks*, each under the
    secret of its connect token.
    """

    tokens: ConnectTokens
    browsers: BrowserSessions
    tickets: BrowserSessions
    looks: BrowserSessions
    clock: Clock
    ids: Ids

    async def claim(self, secret: Secret, *, agreed: bool = False) -> Admission:
        """
        Spend a connect token; *agreed* tells that the merchant may change without a question.

        Raises:
            ConnectTokenRefused: it is unknown, spent or expired, or a ticket.
            StorageUnavailable: it could not be spent.
        """
        now = self.clock.now()
        claimed = await self.tokens.claim(secret, now)
        if claimed is None:
            raise ConnectTokenRefused
        ends_at = claimed.visit_ends or now + LIFETIME
        return Admission(grant=claimed.grant, ends_at=ends_at, agreed=agreed)

    async def look_of(self, secret: Secret) -> Grant | None:
        """
        How pages look by a connect token, spent or not, minted within the last day.

        It is of `NOBODY`; `None` where nothing was said of it, or nothing can be read.
        """
        try:
            found = await self.looks.find(secret, self.clock.now())
        except StorageUnavailable:
            return None
        return None if found is None else found.grant

    def must_ask(self, present: MerchantCaller, admission: Admission) -> bool:
        """
        Whether who is *present* in the browser has to be asked before the merchant changes.

        A token in a link could have been planted by someone else (login CSRF).
        """
        another = present.identifier != admission.grant.merchant.identifier
        return another and not admission.agreed

    async def admit(self, secret: Secret, *, agreed: bool = False) -> Admission:
        """
        Accept a ticket as often as it comes, or else spend a connect token.

        It is for forms on which somebody pressed a button: a link that was planted posts nothing
        but a token, and goes to `claim`.

        Raises:
            ConnectTokenRefused: it is neither, or no longer.
            StorageUnavailable: it could not be read, or not be spent.
        """
        held = await self.tickets.find(secret, self.clock.now())
        if held is None:
            return await self.claim(secret, agreed=agreed)
        return Admission(grant=held.grant, ends_at=held.expires_at, agreed=True)

    async def claim_for_component(self, secret: Secret) -> Ticket:
        """
        Spend a connect token for a ticket without a login.

        Raises:
            ConnectTokenRefused: it is unknown, spent or expired, or a ticket.
            StorageUnavailable: it could not be spent, or the ticket not be kept.
        """
        admission = await self.claim(secret)
        ticket = self.ids.secret()
        held = ConnectGrant(grant=admission.grant, expires_at=admission.ends_at)
        await self.tickets.open(ticket, held)
        return Ticket(secret=ticket, grant=held.grant, expires_at=held.expires_at)

    async def log_in(
        self, admission: Admission, *, instead_of: Secret | None = None, ticketed: bool = False
    ) -> BrowserLogin:
        """
        Open a login under a name that nobody has seen before, and end *instead_of*.

        With *ticketed*, `ticket_of` the login is good for as long as the login is.

        Raises:
            StorageUnavailable: it could not be written.
        """
        secret = self.ids.secret()
        held = ConnectGrant(grant=admission.grant, expires_at=admission.ends_at)
        if ticketed:
            await self.tickets.open(ticket_of(secret), held)
        await self.browsers.open(secret, held)
        if instead_of is not None:
            await self.browsers.close(instead_of)
            await self.tickets.close(ticket_of(instead_of))
        return BrowserLogin(secret=secret, grant=held.grant, expires_at=held.expires_at)

    async def recognise(self, secret: Secret) -> MerchantCaller | None:
        """Who the cookie's value stands for; `None` where it is unknown or too old."""
        found = await self.browsers.find(secret, self.clock.now())
        if found is None:
            return None
        return MerchantCaller(grant=found.grant, until=found.expires_at)

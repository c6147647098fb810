"""Give the platform's backend a connect token for its logged-in merchant."""

import datetime as dt
from collections.abc import Collection
from typing import Final

import attrs

from domain.errors import BackendOnly, InputRefused
from domain.ids import LogoName, PlatformKey, Secret
from domain.model.brand import parse_brand
from domain.model.caller import Backend, Caller, ConnectGrant, Grant
from domain.model.connector import Connector
from domain.model.integration import parse_platform_key
from domain.model.locale import parse_locale
from domain.model.merchant import Merchant, parse_merchant_identifier, parse_merchant_name
from domain.model.return_address import ReturnAddresses
from domain.model.supported import SUPPORTED
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.clock import Clock
from domain.ports.connect_tokens import ConnectTokens
from domain.ports.ids import Ids


LIFETIME: Final = dt.timedelta(seconds=60)
"""RFC 6749 §4.1.2 asks for short-lived codes; OWASP ASVS 5 for at most a minute."""

LOOK_LIFETIME: Final = dt.timedelta(days=1)
"""How long the page of a token that is spent or expired knows how to look."""


@attrs.frozen(kw_only=True)
class ConnectToken:
    """A fresh connect token: the *secret* is for one browser only."""

    secret: Secret = attrs.field(repr=False)
    expires_at: dt.datetime


@attrs.frozen(kw_only=True)
class IssueConnectToken:
    """
    Mints connect tokens; only for the backend.

    *logos* are the names that brands may name; *looks* keeps how the pages of each token look,
    apart from the token, whose one claim leaves nothing behind.
    """

    tokens: ConnectTokens
    looks: BrowserSessions
    addresses: ReturnAddresses
    logos: Collection[LogoName]
    connector: Connector
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        caller: Caller,
        *,
        merchant_identifier: object,
        merchant_name: object = None,
        return_to: object = None,
        locale: object = None,
        integrations: object = None,
        brand: object = None,
    ) -> ConnectToken:
        """
        Mint a connect token for one merchant.

        Raises:
            BackendOnly: a merchant asks.
            InputRefused: a value has the wrong shape.
            StorageUnavailable: it could not be written.
        """
        if not isinstance(caller, Backend):
            raise BackendOnly
        merchant = Merchant(
            identifier=parse_merchant_identifier(merchant_identifier),
            name=parse_merchant_name(merchant_name),
        )
        grant = Grant(
            merchant=merchant,
            integrations=self._parse_keys(integrations),
            return_to=self.addresses.parse(return_to),
            locale=parse_locale(locale),
            brand=parse_brand(brand, logos=self.logos),
        )
        now, secret = self.clock.now(), self.ids.secret()
        if look := grant.look:
            await self.looks.open(secret, ConnectGrant(grant=look, expires_at=now + LOOK_LIFETIME))
        return await self._mint(secret, ConnectGrant(grant=grant, expires_at=now + LIFETIME))

    async def renew(self, grant: Grant, *, visit_ends: dt.datetime) -> ConnectToken:
        """
        Mint a connect token for what another one stood for; the visit ends as it would have.

        Raises:
            StorageUnavailable: it could not be written.
        """
        expires_at = min(self.clock.now() + LIFETIME, visit_ends)
        token = ConnectGrant(grant=grant, expires_at=expires_at, visit_ends=visit_ends)
        return await self._mint(self.ids.secret(), token)

    async def _mint(self, secret: Secret, token: ConnectGrant) -> ConnectToken:
        await self.tokens.issue(secret, token)
        return ConnectToken(secret=secret, expires_at=token.expires_at)

    def _parse_keys(self, given: object) -> frozenset[PlatformKey] | None:
        if given is None:
            return None
        if isinstance(given, list) and given:
            keys = (self._parse_key(key, f"integrations[{at}]") for at, key in enumerate(given))
            return frozenset(keys)
        remedy = 'It is a list of platform keys, for example ["gbol", "qhyg"].'
        raise InputRefused("integrations", "is not a list of integrations", remedy)

    def _parse_key(self, given: object, field: str) -> PlatformKey:
        key = parse_platform_key(given, field)
        if any(row.key == key and self.connector.admits(key, row.side) for row in SUPPORTED):
            return key
        # A page with nothing on it would be a riddle to the merchant, and to whoever helps.
        remedy = "GET /v1/integrations lists those on offer."
        raise InputRefused(field, "can never be on offer", remedy)

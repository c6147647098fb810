"""
Tokens by which a platform says who its merchant is (JSON Web Tokens, RFC 7519).

Stricter than the RFC lets one be, after RFC 8725 (JSON Web Token Best Current Practices): fixed
algorithms, all of them asymmetric; no key and no address of a key from the token itself; issuer,
audience and end required; a short life.
"""

import re
from pathlib import Path
from typing import Any, Final

import attrs
import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from adapters.identity.key_sets import KeyFile, KeySource, KeyUrl, PublicKey
from domain.errors import CredentialsRefused, InputRefused
from domain.model.caller import Grant, MerchantCaller
from domain.model.locale import parse_locale
from domain.model.merchant import Merchant, parse_merchant_identifier, parse_merchant_name
from domain.model.web_places import is_web_address, split_web_address
from domain.ports.clock import Clock


LONGEST_TOKEN: Final = 8192
"""Characters; more does not fit into a header line of most servers."""

ASYMMETRIC: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"}
)

# Keys of the sender's own choosing, extensions that we do not know, and other formats.
_FORBIDDEN_HEADERS: Final = frozenset(
    {"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip", "epk", "p2c"}
)
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


def _check_algorithms(_: object, __: object, algorithms: tuple[str, ...]) -> None:
    if not algorithms or not ASYMMETRIC.issuperset(algorithms):
        raise ValueError("The algorithms of tokens must be asymmetric ones.")


def _check_place(_: object, __: object, place: str) -> None:
    if not place:
        raise ValueError("The key set needs a URL or the path of a file.")
    if is_web_address(place):
        try:
            split_web_address(place)
        except ValueError:
            reason = "The key set's URL must be https; http is for loopback hosts only."
            raise ValueError(reason) from None


@attrs.frozen(kw_only=True)
class JwtTrust:
    """
    Whose tokens are believed.

    *jwks* is an https URL (http on loopback only) or the path of a file; *merchant_claim* names
    the claim that holds the merchant identifier; *leeway* and *longest_life* are in seconds.

    Raises:
        ValueError: an algorithm is not asymmetric, or *jwks* is not acceptable.
    """

    issuer: str = attrs.field(validator=attrs.validators.min_len(1))
    audience: str = attrs.field(validator=attrs.validators.min_len(1))
    jwks: str = attrs.field(validator=_check_place)
    algorithms: tuple[str, ...] = attrs.field(
        default=("RS256", "ES256", "EdDSA"), validator=_check_algorithms
    )
    merchant_claim: str = "sub"
    leeway: int = 30
    longest_life: int = 600

    def key_source(self, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> KeySource:
        """Where the issuer's keys come from."""
        if is_web_address(self.jwks):
            return KeyUrl(self.jwks, clock, transport)
        return KeyFile(Path(self.jwks), clock)


@attrs.frozen(kw_only=True)
class MerchantTokens:
    """Checks tokens and reads the merchant out of them."""

    trust: JwtTrust
    keys: KeySource
    clock: Clock

    async def read(self, token: str) -> MerchantCaller:
        """
        The merchant that *token* speaks for.

        A name or a language that cannot be shown is left out; it keeps nobody out.

        Raises:
            CredentialsRefused: anything about the token is not as it must be.
        """
        if len(token) > LONGEST_TOKEN or not _COMPACT.fullmatch(token):
            raise CredentialsRefused
        kid = self._checked_kid(token)
        # Several are tried only if the issuer gave one name to several, and that is its affair;
        # a token without a name is checked against a key only if there is but one.
        keys = await self.keys.find(kid)
        if kid is None and len(keys) != 1:
            raise CredentialsRefused
        for key in keys:
            claims = self._verified(token, key)
            if claims is not None:
                return self._caller(claims)
        raise CredentialsRefused

    def _checked_kid(self, token: str) -> str | None:
        try:
            header = jws.extract_compact(token.encode(), registry=self._registry).headers()
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise CredentialsRefused from None
        kid, kind = header.get("kid"), header.get("typ", "JWT")
        if (
            header.get("alg") not in self.trust.algorithms
            or not isinstance(kid, str | None)
            or not (isinstance(kind, str) and kind.lower() in _TYPES)
            or not _FORBIDDEN_HEADERS.isdisjoint(header)
        ):
            raise CredentialsRefused
        return kid

    def _verified(self, token: str, key: PublicKey) -> dict[str, Any] | None:
        now = int(self.clock.now().timestamp())
        required = jwt.JWTClaimsRegistry(
            now=now,
            leeway=self.trust.leeway,
            iss={"essential": True, "value": self.trust.issuer},
            aud={"essential": True, "value": self.trust.audience},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, key, registry=self._registry).claims
            required.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None
        # Comparisons, not differences: those take numbers of any size.
        end, longest = claims["exp"], self.trust.longest_life
        issued = claims.get("iat", now)
        if end > now + longest + self.trust.leeway or issued < end - longest:
            return None
        return claims

    def _caller(self, claims: dict[str, Any]) -> MerchantCaller:
        try:
            identifier = parse_merchant_identifier(claims.get(self.trust.merchant_claim))
        except InputRefused:
            raise CredentialsRefused from None
        name = _showable(claims.get("name"))
        locale = _language(claims.get("locale"))
        merchant = Merchant(identifier=identifier, name=name)
        return MerchantCaller(grant=Grant(merchant=merchant, locale=locale))

    @property
    def _registry(self) -> JWSRegistry:
        return _FixedAlgorithms(algorithms=self.trust.algorithms, strict_check_header=False)


class _FixedAlgorithms(JWSRegistry):
    """Only the allowed ones, without a warning that EdDSA has got a second name (RFC 9864)."""

    def get_alg(self, name: str) -> Any:
        return {allowed: self.algorithms[allowed] for allowed in self.allowed or ()}[name]


def _showable(name: object) -> str | None:
    try:
        return parse_merchant_name(name)
    except InputRefused:
        return None


def _language(tag: object) -> str | None:
    try:
        return parse_locale(tag)
    except InputRefused:
        return None

"""
What makes an upstream text a sync flow URL that a merchant's browser may be sent to.

The text is taken apart by one strict grammar and put together anew, host and scheme from our own
list, so that nothing of it can be read in two ways. Sources: RFC 3986 for the grammar; Codat's
documentation ("Set up Sync for Commerce: Merchant onboarding") for the `otp` parameter, and for
samples that hold raw spaces.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote_plus

import attrs

from domain.errors import CodatAnswerInvalid
from domain.model.web_places import AUTHORITY, parse_web_place


LONGEST: Final = 2048
"""Bytes; what every browser and proxy takes in a `Location` header."""

MERCHANT: Final = "merchantidentifier"
"""The parameter that names the merchant, in lower case."""

DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_URL: Final = re.compile(
    rf"(?P<scheme>https?)://{AUTHORITY}(?P<path>/[^?#]*)\?(?P<query>[^#]*)",
    re.IGNORECASE | re.ASCII,
)
# C0 and C1 controls, backslash (a slash to browsers), and halves of surrogate pairs.
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_ENCODED: Final = re.compile(r"(%[0-9A-Fa-f]{2})")
_LEGAL_IN_PATH: Final = "/!$&'()*+,;=:@"
_LEGAL_IN_QUERY: Final = _LEGAL_IN_PATH + "?"
_ENCODED_ALREADY: Final = {
    legal: re.compile(rf"(?:[A-Za-z0-9_.~{re.escape(legal)}-]|%[0-9A-Fa-f]{{2}})*")
    for legal in (_LEGAL_IN_PATH, _LEGAL_IN_QUERY)
}
"""Texts in which nothing is left to encode: nearly all, and to look takes a tenth of the time."""


@attrs.frozen
class AllowedOrigin:
    """One place that a sync flow URL may lead to; *port* `None` admits any."""

    schemes: frozenset[str]
    host: str
    port: int | None

    def admits(self, scheme: str, host: str, port: int) -> bool:
        """Whether a URL of this scheme, host (lower case) and port may be handed out."""
        return scheme in self.schemes and host == self.host and self.port in {port, None}


def parse_allowed_origins(entries: Iterable[str]) -> tuple[AllowedOrigin, ...]:
    """
    Read the operator's list: each a `host`, a `host:port` or an origin `https://host[:port]`.

    Plain `http` is for loopback hosts only, to serve simulators; a loopback host without a
    scheme admits both, and without a port any port.

    Raises:
        ValueError: an entry is none of these, or the list is empty.
    """
    allowed = tuple(_parse_allowed_origin(entry) for entry in entries)
    if not allowed:
        raise ValueError("At least one sync flow host must be allowed.")
    return allowed


def check_and_rewrite(text: str, allowed: Iterable[AllowedOrigin]) -> str:
    """
    The URL in pure ASCII, safe in a `Location` header; what is encoded already stays as it is.

    Raises:
        CodatAnswerInvalid: it leads elsewhere, carries no code, or is not a plain URL.
    """
    if _FORBIDDEN.search(text) or text != text.strip():
        raise _refusal("contains characters that have no place in a URL")
    match = _URL.fullmatch(text)
    if match is None:
        raise _refusal("is not an absolute web address of the expected shape")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"] or DEFAULT_PORTS[scheme])
    if not any(origin.admits(scheme, host, port) for origin in allowed):
        raise _refusal("leads to a host that is not among the allowed sync flow hosts")
    _expect_one_code(match["query"])

    authority = host if port == DEFAULT_PORTS[scheme] else f"{host}:{port}"
    path = _encode(match["path"], _LEGAL_IN_PATH)
    query = _encode(match["query"], _LEGAL_IN_QUERY)
    url = f"{scheme}://{authority}{path}?{query}"
    if len(url) > LONGEST:
        raise _refusal("is too long")
    return url


def expect_merchant(url: str, merchant: str) -> None:
    """
    Make sure that *url* names no other merchant than the one who starts; it need not name any.

    Codat's samples have the identifier as it was sent, in `merchantIdentifier`.

    Raises:
        CodatAnswerInvalid: it names another one: whoever follows it would connect their books.
    """
    # It has no fragment, and its path no question mark, for it was put together above.
    pairs = [field.partition("=") for field in url.partition("?")[2].split("&")]
    named = (value for name, _, value in pairs if unquote_plus(name).lower() == MERCHANT)
    if any(unquote_plus(value) != merchant for value in named):
        raise _refusal("names another merchant")


@attrs.frozen
class Fingerprints:
    """
    Names URLs by a keyed digest: without the key, trying out codes finds nothing.

    The key follows from the API key, so every process of one installation has the same, and
    none has to be configured or kept.
    """

    # A copy of what has taken the key in is fed each URL: unlike `hmac.digest`, that keeps the
    # interpreter's lock, for which the event loop would else wait behind the database's thread.
    _keyed: hmac.HMAC = attrs.field(repr=False)

    @classmethod
    def keyed_by(cls, api_key: str) -> "Fingerprints":
        """Derive the key; the API key cannot be had back from it."""
        purpose = b"tillbridge: fingerprints of sync flow URLs"
        key = hmac.digest(api_key.encode(), purpose, hashlib.sha256)
        return cls(hmac.new(key, digestmod=hashlib.sha256))

    def of(self, url: str) -> str:
        """64 hexadecimal digits: HMAC-SHA256 of the URL as it is handed out."""
        digest = self._keyed.copy()
        digest.update(url.encode())
        return digest.hexdigest()


def _parse_allowed_origin(entry: str) -> AllowedOrigin:
    place = parse_web_place(entry)
    if place.is_loopback and place.scheme is None:
        return AllowedOrigin(frozenset(DEFAULT_PORTS), place.host, place.port)
    scheme = place.scheme or "https"
    return AllowedOrigin(frozenset({scheme}), place.host, place.port or DEFAULT_PORTS[scheme])


def _expect_one_code(query: str) -> None:
    pairs = [field.partition("=") for field in query.split("&")]
    codes = [unquote_plus(value) for name, _, value in pairs if unquote_plus(name) == "otp"]
    if len(codes) != 1 or not codes[0].strip():
        raise _refusal("does not carry exactly one single-use code")


def _encode(text: str, legal: str) -> str:
    if _ENCODED_ALREADY[legal].fullmatch(text):
        return text
    # Splitting by a group keeps what is encoded already, at the odd places.
    pieces = enumerate(_ENCODED.split(text))
    return "".join(piece if i % 2 else quote(piece, safe=legal) for i, piece in pieces)


def _refusal(reason: str) -> CodatAnswerInvalid:
    return CodatAnswerInvalid(reason=f"the sync flow URL {reason}")

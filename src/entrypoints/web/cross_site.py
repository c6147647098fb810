"""
Whether a request that changes something comes from where it should.

Browsers say where a request comes from in `Sec-Fetch-Site` (W3C Fetch Metadata) and, older
ones too, in `Origin` (RFC 6454); pages cannot forge either.
`Sec-Fetch-Site` decides first: a page with `Referrer-Policy: no-referrer` sends
`Origin: null` even to itself, and so does an attacker's sandboxed frame.
A request with neither header does not come from a browser, so nobody's cookie is abused.
"""

from collections.abc import Collection, Mapping
from typing import Final

from domain.errors import TillbridgeError


WITHIN: Final = frozenset({"iframe", "frame", "object", "embed", "fencedframe"})
FRAMED: Final = "tillbridge-framed"


class CrossSiteRefused(TillbridgeError):
    """A page of another origin made the browser send this."""

    def __str__(self) -> str:
        return "This request came from another web site, which is not allowed to make it."


class NotANavigation(TillbridgeError):
    """A script, a prefetch or a preview asked for something only a navigation may have."""

    def __str__(self) -> str:
        return "Only a person who opens this page in a browser may ask for it."


def expect_trusted_origin(
    headers: Mapping[str, str], *, own: str, others: Collection[str] = ()
) -> None:
    """
    Make sure that a request comes from our *own* origin or one of the *others*.

    Raises:
        CrossSiteRefused: it comes from elsewhere, or from a page that hides its origin.
    """
    origin = headers.get("origin", "").lower()
    site = headers.get("sec-fetch-site")
    if site in {"same-origin", "none"} or (site is None and not origin):
        return
    if origin in others or (site is None and origin == own):
        return
    raise CrossSiteRefused


def is_from_platform(headers: Mapping[str, str], *, own: str, others: Collection[str]) -> bool:
    """Whether a page of one of the *others* sent this, and not a page of our *own*."""
    origin = headers.get("origin", "").lower()
    return origin in others and origin != own


def is_framed(headers: Mapping[str, str]) -> bool:
    """
    Whether the answer goes into a page within a page, and not into the whole window.

    A script's request does not say where its page is. Ours do (`picker.js`), by a header that
    browsers let no other origin send without asking us first.
    """
    place = headers.get("sec-fetch-dest")
    return place in WITHIN or (place == "empty" and headers.get(FRAMED) == "yes")


def expect_navigation(headers: Mapping[str, str]) -> None:
    """
    Make sure that the answer goes to the address bar, not to a script or a prefetch.

    A script would follow the redirect, be stopped by CORS, and the single-use URL would be
    spent for nothing.

    Raises:
        NotANavigation: the browser says that it is something else.
    """
    if not is_visit(headers):
        raise NotANavigation


def expect_departure(headers: Mapping[str, str]) -> None:
    """
    Make sure that the answer takes the whole window along, which then goes to Codat.

    Codat's pages let nobody frame them, so that within a page the URL would be spent for nothing.

    Raises:
        NotANavigation: the browser says that it is something else.
    """
    expect_navigation(headers)
    if headers.get("sec-fetch-dest", "document") != "document":
        raise NotANavigation


def is_visit(headers: Mapping[str, str]) -> bool:
    """Whether somebody looks at the answer: not a script, a prefetch or a preview."""
    purposes = f"{headers.get('sec-purpose')} {headers.get('purpose')}".lower()
    return headers.get("sec-fetch-mode", "navigate") == "navigate" and "prefetch" not in purposes

"""
The security headers, exactly, for each kind of answer.

Sources: OWASP ASVS 5.0 chapters 3.3 to 3.5; CSP level 3; Fetch; Referrer Policy.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from entrypoints.setting_types import LogoDelivery, is_loopback
from entrypoints.settings import Settings


Headers: TypeAlias = dict[str, str]
LONGEST_COOKIE: Final = 3500

STRICT_TRANSPORT: Final = "max-age=63072000; includeSubDomains"
NO_STYLE: Final = "'none'"
NOTHING_ALLOWED: Final = "default-src 'none'; frame-ancestors 'none'"

HANDOFF: Final[Headers] = {
    "Cache-Control": "no-store",
    # Towards Codat no address of ours; the 303's own policy decides that.
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": NOTHING_ALLOWED,
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": STRICT_TRANSPORT,
}
"""For the redirect to Codat, beside `Location` and `Content-Length: 0`."""

EVERYWHERE: Final[Headers] = {
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": NOTHING_ALLOWED,
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": STRICT_TRANSPORT,
}
"""For whatever says nothing else."""

DENIED: Final = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


def _destinations(hosts: Iterable[str]) -> list[str]:
    """Where forms may lead: each host by https, and those of this machine by http, too."""
    destinations = []
    rehearsal = True
    for host in hosts:
        address = urlsplit(host if "://" in host else f"//{host}")
        local = is_loopback(address.hostname)
        rehearsal &= local
        schemes = [address.scheme] if address.scheme else ["http", "https"] if local else ["https"]
        # What the gateway admits, the browser must admit: there, such a host has any port.
        anywhere = ":*" if local and not address.scheme and address.port is None else ""
        destinations += [f"{scheme}://{address.netloc}{anywhere}" for scheme in schemes]
    return destinations if rehearsal else [*destinations, "https:"]


def _elsewhere(settings: Settings) -> tuple[str, ...]:
    """The origins, other than our own, from which pictures are loaded: none unless asked for."""
    return settings.logo_origins if settings.logo_delivery is LogoDelivery.DIRECT else ()


def for_pages(settings: Settings, style: str = NO_STYLE) -> Headers:
    """
    The headers of every hosted page; *style* is the source of the one style sheet within it.

    No other sheet is applied: none of another address, none that was put into the page, and no
    `style` attribute, for a hash without `'unsafe-hashes'` says nothing of those (CSP level 3).

    `form-action` names the hosts of the sync flow, since Chromium and WebKit apply it to
    every hop of the redirect that answers a form, and stop in silence, with the URL spent.
    From Codat's host the browser may be sent on at once to the accounting package, so that
    in production any https host is allowed there.
    """
    policy = [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src {style}",
        " ".join(["img-src 'self'", *_elsewhere(settings)]),
        "connect-src 'self'",
        "font-src 'self'",
        " ".join(["form-action 'self'", *_destinations(settings.sync_flow_hosts)]),
        " ".join(["frame-ancestors", *(settings.shop_origins or ["'none'"])]),
        "base-uri 'none'",
        "object-src 'none'",
        "worker-src 'none'",
        "manifest-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    if settings.secure:
        policy.append("upgrade-insecure-requests")
    framing = {} if settings.shop_origins else {"X-Frame-Options": "DENY"}
    return framing | {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(policy),
        # Not no-referrer: our own form would then arrive with `Origin: null`.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": DENIED,
        "Strict-Transport-Security": STRICT_TRANSPORT,
        "X-Robots-Tag": "noindex, nofollow",
    }


@attrs.frozen
class Cookie:
    """
    A cookie of the hosted page; *plain* is its name.

    `__Host-` (RFC 6265bis §4.1.3.2) ties it to this host and to TLS; on somebody's own
    machine, without TLS, browsers would refuse it, so there it has a plain name.

    In a frame of another site only a `Partitioned` cookie comes back (CHIPS): one that holds
    for this frame below that site. It has a name of its own, since within one site it is sent
    along with the other. It needs `Secure`, which browsers take on their own machine, too.
    """

    secure: bool
    plain: str = "tb"

    @property
    def name(self) -> str:
        """What the cookie is called where the page has the whole window."""
        return f"__Host-{self.plain}" if self.secure else self.plain

    @property
    def framed_name(self) -> str:
        """What it is called in a frame."""
        return f"__Host-{self.plain}-framed"

    def set(self, value: str, max_age: int, *, framed: bool = False) -> str:
        """The value of `Set-Cookie`; *max_age* in seconds."""
        if framed:
            where = "Secure; HttpOnly; SameSite=None; Partitioned"
            return f"{self.framed_name}={value}; Path=/; {where}; Max-Age={max_age}"
        secure = " Secure;" if self.secure else ""
        return f"{self.name}={value}; Path=/;{secure} HttpOnly; SameSite=Lax; Max-Age={max_age}"

    def find(self, headers: Iterable[str], *, framed: bool = False) -> str | None:
        """The cookie's value in `Cookie` headers; `None` where it is absent or there twice."""
        wanted = self.framed_name if framed else self.name
        text = ";".join(headers)
        if f"{wanted}=" not in text:
            return None
        found = [
            value
            for name, _, value in (part.strip().partition("=") for part in text.split(";"))
            if name == wanted
        ]
        return found[0] if len(found) == 1 and 0 < len(found[0]) <= LONGEST_COOKIE else None

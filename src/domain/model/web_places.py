"""
Places on the web: hosts, origins, and the addresses that begin with one.

There is one grammar for everybody who reads them, so that nobody accepts what another refuses.
Sources: RFC 3986 for the shape; RFC 952 and RFC 1123 §2.1 for names, which are all that a
Content Security Policy can name as well; URL Standard §3.5 for hosts that end in a number.
"""

import ipaddress
import re
from collections.abc import Collection
from typing import Final

import attrs


HIGHEST_PORT: Final = 65535
LONGEST_NAME: Final = 253
"""Characters (RFC 1035 §2.3.4, without the dot at the end)."""

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
AUTHORITY: Final = (
    rf"(?P<host>\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
)
"""A pattern: host, perhaps a port, and never a user name."""

_PLACE: Final = re.compile(rf"(?:(?P<scheme>https?)://)?{AUTHORITY}", re.IGNORECASE | re.ASCII)
_ADDRESS: Final = re.compile(r"(https?://[^/?#]*)((?:[/?#].*)?)", re.IGNORECASE | re.DOTALL)
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")
"""No white space, and no backslash, which browsers take for a slash."""

_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@attrs.frozen
class WebPlace:
    """
    A host by its *scheme* and *port*, where these are given.

    *host* is in lower case, an IPv6 address in brackets.
    """

    scheme: str | None
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        """Whether it can only be this machine."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        scheme = "" if self.scheme is None else f"{self.scheme}://"
        port = "" if self.port is None else f":{self.port}"
        return f"{scheme}{self.host}{port}"


def parse_web_place(text: str) -> WebPlace:
    """
    Read a `host`, a `host:port` or an origin `https://host[:port]`.

    Plain `http` is for loopback hosts only, to serve simulators.

    Raises:
        ValueError: it is none of these.
    """
    match = _PLACE.fullmatch(text)
    host = None if match is None else _parse_host(match["host"].lower())
    if match is None or host is None:
        raise ValueError(f"{text!r} is neither a host, host:port nor an origin.")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= HIGHEST_PORT:
        raise ValueError(f"{text!r} has an impossible port.")
    scheme = match["scheme"].lower() if match["scheme"] else None
    if scheme == "http" and not is_loopback(host):
        raise ValueError(f"{text!r}: plain http is for loopback hosts only.")
    return WebPlace(scheme, host, port)


def is_web_address(text: str) -> bool:
    """Whether *text* is meant as an address, well formed or not, and not as the path of a file."""
    return "://" in text


def split_web_address(text: str) -> tuple[str, str]:
    """
    The origin, scheme and host in lower case, and whatever follows it, as it is.

    Raises:
        ValueError: *text* does not begin with an origin that `parse_web_place` reads.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError("It is not an absolute web address.")
    return str(parse_web_place(match[1])), match[2]


def lies_at(address: str, origins: Collection[str]) -> bool:
    """
    Whether *address* is an absolute one at one of *origins*, and plain ASCII to its end.

    Origins are as browsers write them: in lower case, without the usual port.
    """
    if not _PLAIN.fullmatch(address):
        return False
    try:
        origin, _ = split_web_address(address)
    except ValueError:
        return False
    usual = ":443" if origin.startswith("https:") else ":80"
    return origin.removesuffix(usual) in origins


def is_loopback(host: str | None) -> bool:
    """Whether *host* can only be this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3)."""
    name = (host or "").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _parse_host(host: str) -> str | None:
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        # To browsers 127.1, 0x7f.1 and 2130706433 are all 127.0.0.1; here they are nothing.
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    return host if len(host) <= LONGEST_NAME else None

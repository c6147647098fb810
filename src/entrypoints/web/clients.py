"""
Whose request it is by address, where proxies stand between: for the log, and for nothing else.

`X-Forwarded-For` is written by whoever wants to, from left to right; only what a proxy of the
operator's own has added at the right end means anything. See MDN, "X-Forwarded-For", section
"Security and privacy concerns".
"""

import functools
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

import attrs

from entrypoints.setting_types import Network
from entrypoints.web.asgi import Scope


Address: TypeAlias = IPv4Address | IPv6Address
FORWARDED_FOR: Final = b"x-forwarded-for"
MOST_REMEMBERED: Final = 4096


@attrs.frozen
class Clients:
    """
    Tells whose request it is, by what the proxies in *trusted* networks say.

    Without any it tells nothing: addresses of merchants are personal data.
    """

    trusted: tuple[Network, ...]

    def of(self, scope: Scope) -> str | None:
        """
        The address of the client.

        That is whoever connected, unless it is a trusted proxy; then the last address of
        `X-Forwarded-For` that is none. `None` where there is nothing to tell, or nothing legible.
        """
        if not self.trusted:
            return None
        client = scope.get("client")
        said = b",".join(value for name, value in scope["headers"] if name == FORWARDED_FOR)
        return _found(self.trusted, client[0] if client else "", said)


@functools.lru_cache(MOST_REMEMBERED)
def _found(trusted: tuple[Network, ...], peer: str, said: bytes) -> str | None:
    address = _address(peer)
    hops = said.decode("latin-1").split(",")
    while address is not None and hops and any(address in network for network in trusted):
        nearer = hops.pop().strip()
        if not nearer:
            break
        address = _address(nearer)
    return None if address is None else str(address)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address

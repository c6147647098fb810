"""
How the text of a setting becomes a value.

Each reader takes the text and returns the value, or raises `ValueError` with what it should be.
"""

import enum
import os
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from domain.errors import InputRefused
from domain.ids import PlatformKey, ReturnName
from domain.model.actor import RESERVED
from domain.model.catalogue import Curation
from domain.model.connector import Side
from domain.model.integration import Availability, parse_platform_key
from domain.model.return_address import ReturnAddresses
from domain.model.supported import SUPPORTED
from domain.model.web_places import is_loopback as is_loopback  # noqa: PLC0414 - handed on
from domain.model.web_places import is_web_address, parse_web_place, split_web_address
from entrypoints.locales import LOCALES, match
from entrypoints.postgres_setting_types import EXAMPLE as POSTGRES_EXAMPLE
from entrypoints.postgres_setting_types import is_postgres_url, postgres_url


T = TypeVar("T")
Network: TypeAlias = IPv4Network | IPv6Network
SHORTEST_KEY: Final = 8
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class LogoDelivery(enum.Enum):
    """Whether browsers load integrations' logos from Tillbridge, or from where Codat has them."""

    PROXIED = "proxied"
    DIRECT = "direct"


def text(given: str) -> str:
    """Any text that can be shown."""
    if not given.isprintable():
        raise ValueError("a line of printable characters")
    return given


def optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """The same, or nothing."""

    def read_some(given: str) -> T | None:
        return read(given) if given else None

    return read_some


def secret(given: str) -> str:
    """A secret: no spaces, nothing outside ASCII, so that it fits in a header."""
    if not re.fullmatch(r"[!-~]+", given):
        raise ValueError("a key of printable ASCII characters without spaces")
    return given


def logo_delivery(given: str) -> LogoDelivery:
    """How logos reach browsers."""
    try:
        return LogoDelivery(given.lower())
    except ValueError:
        raise ValueError("proxied or direct") from None


def platform_key(given: str) -> PlatformKey:
    """The key of an integration."""
    try:
        return parse_platform_key(given)
    except InputRefused as refused:
        raise ValueError("four lower-case letters, for example lqai") from refused


def side(given: str) -> Side:
    """The side on which the connector stands."""
    try:
        return Side(given.lower())
    except ValueError:
        raise ValueError("commerce or accounting") from None


def locale(given: str) -> str:
    """The tag of one of the languages that the pages are in, as it is usually written."""
    tag = match(given)
    if tag is None:
        raise ValueError(f"one of {', '.join(LOCALES)}")
    return tag


def log_level(given: str) -> str:
    """How much is logged."""
    if given.lower() not in LOG_LEVELS:
        raise ValueError(", ".join(LOG_LEVELS))
    return given.lower()


def web_address(given: str) -> str:
    """
    An absolute address, perhaps with a path; https, or http on this machine only.

    Scheme and host come back in lower case, the path as it is.
    """
    problem = "an https:// address such as https://connect.example.com (http:// only on localhost)"
    try:
        place, path = split_web_address(given)
    except ValueError:
        raise ValueError(problem) from None
    # A path that began with two slashes would lead to another host once it stands alone.
    if not re.fullmatch(r"[!-~]*", path) or set("?#\\") & set(path) or "//" in path:
        raise ValueError(problem)
    return f"{place}{path}".rstrip("/")


def origin_of(address: str) -> str:
    """The origin of *address* as browsers send it: lower case, and no port that is the usual."""
    parts = urlsplit(address.lower())
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def address_with_query(given: str) -> str:
    """An absolute address of one page or document; it may have a query."""
    without_query = given.partition("?")[0]
    web_address(without_query)
    if not re.fullmatch(r"[!-~]+", given) or "#" in given:
        raise ValueError("an https:// address without a fragment")
    return given


def origin(given: str) -> str:
    """A web origin: scheme, host and perhaps port, and nothing else (RFC 6454)."""
    address = web_address(given)
    if urlsplit(address).path:
        raise ValueError("an origin such as https://shop.example.com, without a path")
    return origin_of(address)


def listed(read: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """Several of the same, separated by commas or white space."""

    def read_all(given: str) -> tuple[T, ...]:
        return tuple(read(part) for part in re.split(r"[,\s]+", given) if part)

    return read_all


def operator_keys(given: str) -> Mapping[str, str]:
    """Keys of the platform's backend, each on its own or as name=key."""
    keys: dict[str, str] = {}
    for number, part in enumerate(listed(secret)(given), start=1):
        name, found, key = part.partition("=")
        if not (found and NAME.fullmatch(name) and len(key) >= SHORTEST_KEY):
            name, key = f"backend-{number}", part
        if name in RESERVED:
            names = " and ".join(sorted(RESERVED))
            raise ValueError(f"keys under other names: {names} stand for others in the timeline")
        if len(key) < SHORTEST_KEY or name in keys:
            raise ValueError(
                "keys separated by commas, each of at least 8 characters (better 32), "
                "or name=key pairs with different names"
            )
        keys[name] = key
    if not keys:
        raise ValueError("at least one key")
    return keys


def return_addresses(given: str) -> ReturnAddresses:
    """Registered addresses as name=url pairs; the first is the default."""
    addresses: dict[ReturnName, str] = {}
    for pair in re.split(r"[,\s]+", given):
        if not pair:
            continue
        name, found, url = pair.partition("=")
        if not (found and NAME.fullmatch(name)) or name in addresses:
            raise ValueError("pairs such as home=https://shop.example.com/done, each named once")
        addresses[ReturnName(name)] = address_with_query(url)
    return ReturnAddresses(addresses)


def curation(given: str) -> Curation:
    """Which integrations are offered, in this order, some with an availability."""
    known = {row.key for row in SUPPORTED}
    keys: list[PlatformKey] = []
    marked: dict[PlatformKey, Availability] = {}
    for part in re.split(r"[,\s]+", given):
        if not part:
            continue
        name, _, mark = part.partition("=")
        key = platform_key(name)
        if key not in known:
            raise ValueError(f"keys that Sync for Commerce supports; {key} is not one")
        keys.append(key)
        if mark:
            try:
                marked[key] = Availability(mark)
            except ValueError:
                marks = ", ".join(availability.value for availability in Availability)
                raise ValueError(f"a mark after = that is one of {marks}") from None
    return Curation(tuple(keys) or None, marked)


def switch(given: str) -> bool:
    """Whether something is on."""
    if given.lower() not in {"on", "off"}:
        raise ValueError("on or off")
    return given.lower() == "on"


def network(given: str) -> Network:
    """An address, or a network such as 10.0.0.0/8, of either version of IP."""
    try:
        return ip_network(given)
    except ValueError:
        raise ValueError("addresses or networks such as 127.0.0.1 or 10.0.0.0/8") from None


def sync_flow_host(given: str) -> str:
    """A host of Codat's sync flow, perhaps with a port, or an origin."""
    try:
        return str(parse_web_place(given))
    except ValueError:
        raise ValueError("host names such as sync-flow.codat.io") from None


def sync_flow_hosts(given: str) -> tuple[str, ...]:
    """The hosts of Codat's sync flow; without one, no merchant could be sent anywhere."""
    hosts = listed(sync_flow_host)(given)
    if not hosts:
        raise ValueError("at least one host name, such as sync-flow.codat.io")
    return hosts


def key_set(given: str) -> str:
    """Where a JSON Web Key Set is: an address, or the path of a file that can be read now."""
    if is_web_address(given):
        return address_with_query(given)
    file = Path(text(given))
    try:
        # Opening a pipe would wait for somebody to write to it.
        readable = file.is_file() and os.access(file, os.R_OK)
    except OSError:
        readable = False
    if not readable:
        raise ValueError("an https:// address, or the path of a file that can be read")
    return given


def database_url(given: str) -> str:
    """Where sync sessions are kept; a database in memory would not keep them."""
    if is_postgres_url(given):
        return postgres_url(given)
    path = given.removeprefix("sqlite:///")
    if path in {given, "", ":memory:"} or "\0" in path:
        raise ValueError(
            "sqlite:/// and the path of a file, for example sqlite:////var/lib/t.db, "
            f"or {POSTGRES_EXAMPLE}"
        )
    return given

"""How the text of a setting becomes the place where replicas share what they may lose."""

import os
import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from entrypoints import setting_types as types


EXAMPLE: Final = "redis://:password@cache.example.com:6379/0"
SCHEMES: Final = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
"""As in the URLs of Redis' own clients: `s` is for TLS, and `unix` for a socket."""

WITH_TLS: Final = frozenset({"rediss", "valkeys"})
FILES: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
"""All that may follow the question mark: nothing that would weaken TLS, or the time limits."""

_DATABASE: Final = re.compile(r"/?|/[0-9]{1,4}", re.ASCII)


def in_redis(url: str) -> bool:
    """Whether the *url* of a cache names Redis, rather than a database."""
    return url.partition("://")[0] in SCHEMES


def cache_url(given: str) -> str:
    """Where copies are kept: in Redis, or else in a database."""
    if in_redis(given):
        return _redis_url(given)
    try:
        return types.database_url(given)
    except ValueError as error:
        raise ValueError(f"{error}; or {EXAMPLE}") from None


def _redis_url(given: str) -> str:
    problem = f"like {EXAMPLE}, with %23 for a # and %2F for a / in the password"
    try:
        parts = urlsplit(given)
        reachable = parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(problem) from None
    if not re.fullmatch(r"[!-~]+", given) or parts.fragment:
        raise ValueError(problem)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "unix":
        if parts.hostname or not parts.path.strip("/") or not _numbers_a_database(asked):
            raise ValueError("like unix:///run/redis/redis.sock?db=0")
        return given
    if not reachable or not _DATABASE.fullmatch(parts.path):
        raise ValueError(problem)
    if not asked.keys() <= (FILES if parts.scheme in WITH_TLS else frozenset()):
        raise ValueError(f"without a ?, or {', '.join(sorted(FILES))} after it, with rediss://")
    if not all("\0" not in path and os.access(path, os.R_OK) for path in asked.values()):
        raise ValueError("an address whose ssl_… files can be read")
    return given


def _numbers_a_database(asked: dict[str, str]) -> bool:
    return not asked or (
        asked.keys() == {"db"} and asked["db"].isascii() and asked["db"].isdigit()
    )

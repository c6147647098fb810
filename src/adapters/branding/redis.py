"""A shelf in Redis, which all replicas look at."""

import datetime as dt
from typing import Final

import attrs

from adapters.branding.shelf import Shelved
from adapters.database.moments import from_micros, to_micros
from adapters.redis.server import PREFIX, RedisServer


KEPT: Final = dt.timedelta(days=30)
"""As long as the copy of a picture is good for; of all copies, the longest."""

LARGEST: Final = 1024 * 1024
"""Bytes; nothing that is put here has half of that."""

TIME_SIZE: Final = 8


@attrs.frozen
class RedisShelf:
    """Keeps the Shelf protocol: under each name eight bytes of time, then the copy."""

    server: RedisServer

    async def put(self, name: str, body: bytes, fetched_at: dt.datetime) -> None:
        """Set the key, and when it is forgotten."""
        moment = to_micros(fetched_at).to_bytes(TIME_SIZE, signed=True)
        milliseconds = KEPT // dt.timedelta(milliseconds=1)
        await self.server.ask("SET", _key(name), moment + body, "PX", milliseconds)

    async def get(self, name: str) -> Shelved | None:
        """Read the key, no more of it than could be ours."""
        value = await self.server.ask("GETRANGE", _key(name), 0, LARGEST)
        if not value:
            return None
        try:
            fetched_at = from_micros(int.from_bytes(value[:TIME_SIZE], signed=True))
        except OverflowError:
            raise ValueError("The key holds what nobody stored.") from None
        return Shelved(value[TIME_SIZE:], fetched_at)

    async def ping(self) -> None:
        """Write something, for only that tells whether it can be done."""
        await self.server.ping()


def _key(name: str) -> str:
    return f"{PREFIX}copy:{name}"

"""
Leases: what one replica at a time may do, for as long as it does it.

A lease is a key that is set only where there is none (`SET … NX PX`), with a token that nobody
else knows, so that nobody gives back, or prolongs, what is another's by now. It runs out by
itself soon after its holder has died.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import attrs

from adapters.redis.server import PREFIX, RedisServer


RUNS_OUT: Final = 3.0
"""Seconds; as long at most others wait for whoever is gone."""

MILLISECONDS: Final = int(RUNS_OUT * 1000)

PROLONGED: Final = 1.0
"""Seconds after which a holder who is still at it prolongs its lease, again and again."""

GIVE_BACK: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
PROLONG: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
"""


def _token() -> str:
    return secrets.token_hex(16)


@attrs.define(eq=False)
class RedisLease:
    """What is held until it is given back; from time to time it is prolonged."""

    server: RedisServer
    key: str
    token: str
    _prolonging: asyncio.TimerHandle = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._keep()

    async def give_back(self) -> None:
        """Let others have it; nothing is waited for."""
        self._prolonging.cancel()
        self.server.tell("EVAL", GIVE_BACK, 1, self.key, self.token)

    def prolong(self) -> None:
        """Have it run out later, and see to it again."""
        self.server.tell("EVAL", PROLONG, 1, self.key, self.token, MILLISECONDS)
        self._keep()

    def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        self._prolonging = loop.call_later(PROLONGED, self.prolong)


@attrs.frozen
class RedisLeases:
    """Leases of one *kind*, which is a word."""

    server: RedisServer
    kind: str
    token: Callable[[], str] = _token

    async def claim(self, name: str) -> RedisLease | None:
        """
        The lease of *name*; nothing while another has it.

        Raises:
            StorageUnavailable: nobody knows who has it.
        """
        key, token = f"{PREFIX}{self.kind}:{name}", self.token()
        if await self.server.ask("SET", key, token, "NX", "PX", MILLISECONDS) is None:
            return None
        return RedisLease(self.server, key, token)

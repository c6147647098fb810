"""A Redis that a test breaks by hand."""

import asyncio
from collections.abc import Sequence

import attrs

from adapters.redis.wire import Command, Lost, Refused, Reply


@attrs.define(eq=False)
class FakeRedis:
    """
    Opens connections that answer `b"OK"` to everything, and notes what came.

    *down* says why no connection is to be had; *silent* ones take commands and answer nothing;
    *breaks* says why connections that are open break with the next command; *refuses* is what
    one command gets, by its first word; *turns* of the event loop pass before an answer.
    """

    down: str | None = None
    silent: bool = False
    breaks: str | None = None
    refuses: dict[str, Refused] = attrs.field(factory=dict)
    sent: list[list[Command]] = attrs.field(factory=list)
    turns: int = 1
    opened: int = 0
    closed: int = 0

    async def open(self) -> "FakeWire":
        await asyncio.sleep(0)
        if self.down is not None:
            raise Lost(self.down)
        self.opened += 1
        return FakeWire(self)

    @property
    def words(self) -> list[str]:
        """The first word of every command, in order."""
        return [str(command[0]) for batch in self.sent for command in batch]


@attrs.define(eq=False)
class FakeWire:
    """Keeps the Wire protocol."""

    redis: FakeRedis

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        self.redis.sent.append(list(commands))
        if self.redis.silent:
            await asyncio.Event().wait()
        for _ in range(self.redis.turns):
            await asyncio.sleep(0)
        if self.redis.breaks is not None:
            raise Lost(self.redis.breaks)
        return [self.redis.refuses.get(str(command[0]), b"OK") for command in commands]

    async def close(self) -> None:
        self.redis.closed += 1

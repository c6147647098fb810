"""
The Redis of a deployment: asked within 50 ms, and done without while it is away.

                    no answer in time, the connection broke, it cannot be written
    ┌────────────┐ ───────────────────────────────────────────────────────────▶ ┌────────┐
    │  in use    │                                                               │  away  │
    │ (asked)    │ ◀─────────────────────────────────────────────────────────── │ (not   │
    └────────────┘   a try in the background, one a second: it connects, and     │ asked) │
                     can do with one key all that is done, within 50 ms          └────────┘

So an outage costs those who ask at its very beginning 50 ms, and nobody after them anything.
"""

import asyncio
import logging
from types import TracebackType
from typing import Any, Final, Self

from adapters.redis.wire import (
    CONNECTING,
    Address,
    Command,
    Connect,
    Lost,
    Refused,
    Reply,
    Wire,
)
from domain.errors import StorageUnavailable


log = logging.getLogger(__name__)

PREFIX: Final = "tillbridge:"
"""Every key begins so; deployments that share a Redis take different numbers of databases."""

BUDGET: Final = 0.05
"""Seconds for one answer, all waiting included."""

LOOKS: Final = 10
"""
In so many parts the budget is waited for.

Time for which the event loop itself was busy is none that Redis took: it costs one part at most.
"""

AT_ONCE: Final = 256
"""Commands that go out together; those who ask meanwhile go next."""

PAUSE: Final = 1.0
"""Seconds between tries while it is away."""

PROBE: Final = f"{PREFIX}probe"
DONE_IN_SCRIPTS: Final = """
redis.call('TIME')
redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], '')
redis.call('LINDEX', KEYS[1], -1)
redis.call('LTRIM', KEYS[1], -1, -1)
redis.call('PEXPIRE', KEYS[1], 60000)
"""
PROBES: Final[tuple[Command, ...]] = (
    ("SET", PROBE, b"", "PX", 60_000),
    ("GETRANGE", PROBE, 0, 0),
    ("EVAL", DONE_IN_SCRIPTS, 1, PROBE),
)
"""
Everything that is done there at all, on one key.

A replica that can only be read, one that is full, or one that permits a part of it, would be no
use; and where limits alone could not be counted, nobody would notice.
"""


class RedisServer:
    """
    Asks one Redis, over one connection; leaving it by `async with` closes that.

    *pause* and *budget* are in seconds.
    """

    def __init__(
        self, open_wire: Connect, *, pause: float = PAUSE, budget: float = BUDGET
    ) -> None:
        self._open_wire = open_wire
        self._pause = pause
        self._budget = budget
        self._wire: Wire | None = None
        self._away: str | None = "the connection is not open"
        self._outages = 0
        self._waiting: list[tuple[Command, asyncio.Future[Reply]]] = []
        self._under_way: list[tuple[Command, asyncio.Future[Reply]]] = []
        self._exchanging: asyncio.Task[None] | None = None
        self._recovering: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, url: str, *, pause: float = PAUSE, budget: float = BUDGET) -> Self:
        """The one at *url*, which may hold a password: `repr` and errors tell nothing of it."""
        return cls(Address(url).connect, pause=pause, budget=budget)

    @property
    def away(self) -> str | None:
        """Why it is done without at the moment; nothing where it is in use."""
        return self._away

    @property
    def outages(self) -> int:
        """How often it went away since the start."""
        return self._outages

    async def __aenter__(self) -> Self:
        """Connect; where that fails, go on without."""
        try:
            await self._arrive()
        except Lost as lost:
            self._gone(lost.reason)
            self._recovering = asyncio.create_task(self._recover(None))
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Send what was told, if that can be done in time, and close the connection."""
        if self._exchanging is not None:
            await asyncio.wait({self._exchanging}, timeout=self._budget)
        self._away = "the connection is closed"
        self._answer_all(self._away)
        running = [task for task in (self._exchanging, self._recovering) if task is not None]
        self._exchanging = self._recovering = None
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def ask(self, *command: str | bytes | int) -> Reply:
        """
        The reply to one command.

        Raises:
            StorageUnavailable: there is none within the budget, or none can be had now; it may
                have been carried out all the same.
        """
        answer = self._send(command)
        if not await self._in_time(answer):
            self._lose(self._too_slow)
        reply = answer.result()
        if isinstance(reply, Refused):
            raise StorageUnavailable(f"Redis cannot be used: {reply.reason}")
        return reply

    def tell(self, *command: str | bytes | int) -> None:
        """Send one command after all others, and do not wait for what becomes of it."""
        if self._away is None:
            _ = self._send(command)

    async def ping(self) -> None:
        """
        Do with one key all that is done there.

        Raises:
            StorageUnavailable: some of it cannot be done at the moment.
        """
        await asyncio.gather(*(self.ask(*probe) for probe in PROBES))

    def _send(self, command: Command) -> "asyncio.Future[Reply]":
        if self._away is not None:
            raise StorageUnavailable(f"Redis cannot be used: {self._away}")
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._exchanging is None:
            self._exchanging = asyncio.create_task(self._exchange())
        return answer

    async def _exchange(self) -> None:
        """Send all that waits, and all that comes to wait meanwhile."""
        while self._waiting and self._wire is not None:
            self._under_way = self._waiting[:AT_ONCE]
            del self._waiting[:AT_ONCE]
            try:
                replies = await self._wire.exchange([command for command, _ in self._under_way])
            except Lost as lost:
                self._lose(lost.reason)
                return
            for (_, answer), reply in zip(self._under_way, replies, strict=True):
                answer.set_result(reply)
            self._under_way = []
            for reply in replies:
                if isinstance(reply, Refused) and reply.about_all:
                    self._lose(reply.reason)
                    return
        self._exchanging = None

    def _lose(self, reason: str) -> None:
        """Do without from now on; all who wait are told."""
        exchanging, self._exchanging = self._exchanging, None
        if exchanging is not None and exchanging is not asyncio.current_task():
            exchanging.cancel()
        wire, self._wire = self._wire, None
        self._gone(reason)
        self._answer_all(reason)
        self._recovering = asyncio.create_task(self._recover(wire))

    def _gone(self, reason: str) -> None:
        self._away = reason
        self._outages += 1
        log.warning("Redis is done without: %s", reason)

    def _answer_all(self, reason: str) -> None:
        refused = Refused(reason, about_all=True)
        for _, answer in self._under_way + self._waiting:
            answer.set_result(refused)
        self._under_way, self._waiting = [], []

    async def _recover(self, wire: Wire | None) -> None:
        if wire is not None:
            await wire.close()
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self._arrive()
            except Lost as lost:
                if lost.reason != self._away:
                    log.warning("Redis is still done without: %s", lost.reason)
                self._away = lost.reason
            else:
                self._recovering = None
                log.info("Redis is in use again.")
                return

    async def _arrive(self) -> None:
        """
        Connect, and see whether something can be written in time.

        Raises:
            Lost: it cannot.
        """
        try:
            async with asyncio.timeout(CONNECTING):
                wire = await self._open_wire()
        except TimeoutError:
            raise Lost("it cannot be reached in time") from None
        try:
            await self._probe(wire)
        except BaseException:
            await wire.close()
            raise
        self._wire, self._away = wire, None

    async def _probe(self, wire: Wire) -> None:
        """
        See whether it can be written in time.

        Raises:
            Lost: it cannot.
        """
        probing = asyncio.ensure_future(wire.exchange(PROBES))
        try:
            if not await self._in_time(probing):
                raise Lost(self._too_slow)
            for reply in await probing:
                if isinstance(reply, Refused):
                    raise Lost(reply.reason)
        finally:
            probing.cancel()

    async def _in_time(self, future: "asyncio.Future[Any]") -> bool:
        """Whether *future* is done within the budget; it is left alone either way."""
        for _ in range(LOOKS):
            await asyncio.wait({future}, timeout=self._budget / LOOKS)
            if future.done():
                return True
        return False

    @property
    def _too_slow(self) -> str:
        return f"it does not answer within {self._budget * 1000:.0f} ms"

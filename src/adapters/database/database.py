"""The database: durable writes by the thousand, by one thread."""

import asyncio
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, TypeVar, TypeVarTuple

import sqlalchemy as sa

from adapters.database.at_once import NOT_NOW, AtOnce, NotNow
from adapters.database.calls import Call, Op, Settled
from adapters.database.group_commit import GroupCommit
from adapters.database.kinds import kind_of
from adapters.database.schema import heartbeat
from domain.errors import StorageUnavailable


T = TypeVar("T")
Ts = TypeVarTuple("Ts")
log = logging.getLogger(__name__)

BEAT: Final = (
    sa.update(heartbeat)
    .values(beats=heartbeat.c.beats + 1)
    # Where another process is writing it just now, it can be written; nobody need wait for that.
    .where(heartbeat.c.id.in_(sa.select(heartbeat.c.id).with_for_update(skip_locked=True)))
)

LONGEST_CLOSING: Final = 5.0
"""Seconds that closing waits for what is still to be written."""

LINGER: Final = 0.0005
"""
Seconds that a commit waits for more to write, where several wrote just before.

So fewer commits serve as many, each with fewer pages of its own, and nobody waits for longer.
"""

SEVERAL: Final = 3
"""Writes in one commit, from which on the next one waits for more."""


class Database:
    """
    Durable storage for the adapters that need it; opened by `async with`.

    One thread has the only connection that writes. It takes everything that was asked since it
    last looked, commits it at once, and only then are those who wait told: so one wait for the
    disk serves many. In a SQLite file, reads go the same way, ahead of the writes: on one
    connection they never meet a lock of their own process. A PostgreSQL server is read by a
    second thread, so that no page waits for a commit. Both see all that was acknowledged. So does
    what is read at once, in the event loop, where that waits for nobody.

    *busy_timeout* is how long others may be waited for, *deadline* how long any call may take
    in all, both in seconds; *longest_queue* is how many calls may wait for a thread; *linger* is
    how long, in seconds, a commit waits for more to write, where several wrote just before.

    Raises:
        InputRefused: *url* is not that of a database that Tillbridge can use.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_timeout: float = 2.0,
        deadline: float = 2.5,
        longest_queue: int = 1024,
        linger: float = LINGER,
    ) -> None:
        self._kind = kind_of(url)
        self._busy_timeout = busy_timeout
        self._deadline = deadline
        self._longest_queue = longest_queue
        self._linger = linger
        self._reader: _Worker | None = None
        self._writer: _Worker | None = None

    async def __aenter__(self) -> Self:
        """
        Open the database.

        Raises:
            SchemaOutdated: it is not there yet, or older than the code.
            SchemaUnknown: it is newer than the code, or another program's.
            DatabaseDamaged: it cannot be read.
            StorageUnavailable: it cannot be opened for another reason.
        """
        kind, loop = self._kind, asyncio.get_running_loop()
        engine = kind.engine(busy_timeout=self._busy_timeout)
        self._reader = self._writer = _Worker(GroupCommit(kind, engine), loop, self._linger)
        if kind.reads_apart:
            self._reader = _Worker(GroupCommit(kind, engine), loop, self._linger)
        try:
            await self.read(kind.look)
            if kind.reads_apart:
                # Nobody who comes first shall wait for the other connection to be made.
                await self.write(_nothing)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write what was asked so far, and let go of the database."""
        workers = {self._writer, self._reader} - {None}
        self._writer = self._reader = None
        closing = [worker.finish(LONGEST_CLOSING) for worker in workers if worker is not None]
        if not all(await asyncio.gather(*closing)):
            log.error("The database does not answer; it was left without closing it.")

    def read_at_once(self, op: Op[T]) -> T | NotNow:
        """
        Read a few rows by their keys, as they are just now; see `AtOnce.read`.

        `NOT_NOW` where that might have to wait: `read` does.
        """
        return self._reader.at_once.read(op) if self._reader else NOT_NOW

    async def read(self, op: Op[T], patience: float = math.inf, *, at_once: bool = False) -> T:
        """
        Read, as things were at one moment; wait no longer than *patience*, in seconds.

        *at_once*, it is tried first whether `read_at_once` can: each statement by itself then.

        Raises:
            StorageUnavailable: it cannot be read, or not in time.
        """
        if at_once:
            found = self.read_at_once(op)
            if found is not NOT_NOW:
                return found
        return await self._ask(self._reader, op, writes=False, patience=patience)

    async def write(self, op: Op[T]) -> T:
        """
        Read and write, all or nothing; durable on return.

        Whoever stops waiting before it has begun calls it off.

        Raises:
            StorageUnavailable: it cannot be written, or not in time; nothing is acknowledged.
        """
        return await self._ask(self._writer, op, writes=True)

    async def ping(self) -> None:
        """
        Write something.

        Only that tells of a full or read-only disk.

        Raises:
            StorageUnavailable: it cannot be written, or not in time.
        """
        await self.write(_beat)

    async def _ask(
        self, worker: "_Worker | None", op: Op[T], *, writes: bool, patience: float = math.inf
    ) -> T:
        if worker is None:
            raise StorageUnavailable("the database is not open")
        if worker.waiting >= self._longest_queue:
            raise StorageUnavailable("too many wait for the database")
        loop = asyncio.get_running_loop()
        call = Call(op, loop.create_future(), writes)
        worker.ask(call)
        # A timer on the answer costs a third of what a timeout around it does.
        deadline = loop.call_later(min(self._deadline, patience), _expire, call)
        try:
            result: T = await call.answer
        finally:
            deadline.cancel()
        return result


class _Worker:
    """The thread that has the connection, and the queue in front of it."""

    def __init__(
        self, commits: GroupCommit, loop: asyncio.AbstractEventLoop, linger: float
    ) -> None:
        self._commits = commits
        self._loop = loop
        self._linger = linger
        self._several = False
        self._queue: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._finished = loop.create_future()
        # A daemon, so that a disk that never answers does not keep the process from ending.
        threading.Thread(target=self._work, name="tillbridge-database", daemon=True).start()

    @property
    def at_once(self) -> AtOnce:
        """What reads without this thread."""
        return self._commits.at_once

    @property
    def waiting(self) -> int:
        """How many calls the thread has not looked at yet."""
        return self._queue.qsize()

    def ask(self, call: Call) -> None:
        """Have the thread answer *call*."""
        self._queue.put(call)

    async def finish(self, patience: float) -> bool:
        """Answer what was asked, and end; false where that takes longer than *patience*."""
        self._queue.put(None)
        done, _ = await asyncio.wait([self._finished], timeout=patience)
        return bool(done)

    def _work(self) -> None:
        going_on = True
        while going_on:
            calls, going_on = self._gather()
            self._tell(_deliver, self._commits.settle(calls))
            if going_on and self._queue.empty():
                self._commits.rest()
        self._commits.close()
        self._tell(self._end)

    def _gather(self) -> tuple[list[Call], bool]:
        """Everything that waits, at least one thing; false with the last."""
        calls: list[Call] = []
        call = self._queue.get()
        if self._several:
            time.sleep(self._linger)
        with suppress(queue.Empty):
            while call is not None:
                calls.append(call)
                call = self._queue.get_nowait()
        self._several = sum(each.writes for each in calls) >= SEVERAL
        return calls, call is not None

    def _tell(self, tell: Callable[[*Ts], object], *what: *Ts) -> None:
        try:
            self._loop.call_soon_threadsafe(tell, *what)
        except RuntimeError:
            # The event loop is gone, and with it everyone who waited.
            log.warning("The service ended before its last writes could be acknowledged.")

    def _end(self) -> None:
        self._finished.set_result(None)


def _expire(call: Call) -> None:
    Settled(call, error=StorageUnavailable("the database takes too long")).deliver()


def _deliver(settled: list[Settled]) -> None:
    for each in settled:
        each.deliver()


def _beat(connection: sa.Connection) -> None:
    connection.execute(BEAT)


def _nothing(_: sa.Connection) -> None:
    return

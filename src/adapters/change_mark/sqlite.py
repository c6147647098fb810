"""
SQLite's own count of changes, by a connection that does nothing else.

`PRAGMA data_version` gives another number whenever another connection changed the file, of this
process or of any other (sqlite.org/pragma.html#pragma_data_version). It reads a few bytes of the
file, without waiting for a lock. Files may still take their time, so a thread does it, once for
all who ask at the same time.
"""

import asyncio
import queue
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self, TypeAlias

import attrs

from adapters.database.sqlite import SqliteFile


Mark: TypeAlias = tuple[int, int]
Waiting: TypeAlias = list["asyncio.Future[Mark | None]"]

PATIENCE: Final = 0.05
"""Seconds that anybody waits; what is asked then takes its usual way, which may take longer."""


class SqliteChangeMark:
    """Keeps the ChangeMark port for the database at *url*; opened by `async with`."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._counter = _Counter(SqliteFile.at(url).path)
        self._patience = patience
        self._asker: _Asker | None = None

    async def __aenter__(self) -> Self:
        """Have a thread ready; the file is opened when somebody asks."""
        self._asker = _Asker(self._counter, asyncio.get_running_loop(), self._patience)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let the thread end by itself."""
        asker, self._asker = self._asker, None
        if asker is not None:
            asker.end()

    async def read(self) -> Mark | None:
        """Ask, together with all who ask before the thread looks."""
        return None if self._asker is None else await self._asker.ask()


@attrs.define(eq=False)
class _Counter:
    """Reads the count; belongs to one thread."""

    path: Path
    _connection: sqlite3.Connection | None = attrs.field(default=None, init=False)
    _connections: int = attrs.field(default=0, init=False)

    def read(self) -> Mark | None:
        """The number of the connection, for each counts anew, and what it counts."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            ((count,),) = self._connection.execute("PRAGMA data_version")
        except sqlite3.Error:
            # Mostly somebody writes at this moment; whatever it is, the next one begins anew.
            self.close()
            return None
        return self._connections, count

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        self._connections += 1
        address = f"{self.path.as_uri()}?mode=ro"
        return sqlite3.connect(address, uri=True, timeout=0.0, isolation_level=None)


@attrs.define(eq=False)
class _Asker:
    """Hands those who ask to the thread, one group after the other."""

    counter: _Counter
    loop: asyncio.AbstractEventLoop
    patience: float
    _groups: "queue.SimpleQueue[Waiting | None]" = attrs.field(
        factory=queue.SimpleQueue, init=False
    )
    _asked: Waiting | None = attrs.field(default=None, init=False)
    _next: Waiting = attrs.field(factory=list, init=False)
    _deadline: asyncio.TimerHandle | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        # A daemon, so that a disk that never answers does not keep the process from ending.
        threading.Thread(target=self._work, name="tillbridge-changes", daemon=True).start()

    async def ask(self) -> Mark | None:
        answer: asyncio.Future[Mark | None] = self.loop.create_future()
        # Who comes while the thread looks must have it look once more.
        self._next.append(answer)
        if self._asked is None:
            if len(self._next) == 1:
                # Once all have asked who ask within this turn of the event loop.
                self.loop.call_soon(self._hand_over)
        elif self._deadline is None:
            # It has taken too long already.
            self._give_up()
        return await answer

    def end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._give_up()
        self._groups.put(None)

    def _hand_over(self) -> None:
        self._asked, self._next = self._next, []
        self._deadline = self.loop.call_later(self.patience, self._give_up)
        self._groups.put(self._asked)

    def _give_up(self) -> None:
        self._deadline = None
        _tell([*(self._asked or ()), *self._next], None)
        self._next.clear()

    def _told(self, asked: Waiting, mark: Mark | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        _tell(asked, mark)
        self._asked = self._deadline = None
        if self._next:
            self._hand_over()

    def _work(self) -> None:
        while (asked := self._groups.get()) is not None:
            mark = self.counter.read()
            with suppress(RuntimeError):  # the event loop is gone, and with it whoever asked
                self.loop.call_soon_threadsafe(self._told, asked, mark)
        self.counter.close()


def _tell(waiting: Waiting, mark: Mark | None) -> None:
    for answer in waiting:
        if not answer.done():
            answer.set_result(mark)

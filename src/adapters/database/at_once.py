"""Reading in the thread of whoever asks, where that waits for nobody."""

import enum
import logging
import math
import resource
import threading
import time
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

import attrs
import sqlalchemy as sa

from adapters.database.calls import Op
from domain.errors import StorageUnavailable


T = TypeVar("T")
log = logging.getLogger(__name__)

SLOW: Final = 0.02
"""
Seconds. A read whose pages are in memory takes a thousandth of that; one that takes longer met a
slow disk, or somebody else had the processor meanwhile.
"""

TOO_SLOW: Final = 1.0
"""Seconds; whatever the reason was, for not every file system tells that it fetched something."""

TIMES_AS_LONG: Final = 50
"""
How much longer than a slow read the pause after it is. So the event loop spends at most a
fiftieth of its time on slow reads, however the disk is.
"""

PAUSE: Final = 5.0
"""Seconds that nobody reads this way after a read that went wrong."""

LONGEST_COMMIT: Final = 0.05
"""Seconds after which a commit that goes on tells that the disk is not well just now."""


class NotNow(enum.Enum):
    """That something is not read at once; it can be read in the database's thread."""

    NOT_NOW = enum.auto()


WHOSE: Final = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
"""Only Linux tells threads apart."""

NOT_NOW: Final = NotNow.NOT_NOW
Make: TypeAlias = Callable[[], sa.Connection | None]


def blocks_fetched() -> int:
    """How many blocks this thread had to wait for; the whole process, where only that is told."""
    return resource.getrusage(WHOSE).ru_inblock


@attrs.define(eq=False)
class AtOnce:
    """
    A second connection, which only reads: what was committed, and never waits for who writes.

    The database's thread opens and closes it, and tells of its commits; the event loop reads.
    Neither waits for the other, but for the end of one read. A read blocks the event loop for as
    long as the disk takes to bring what is not in memory, and nothing can end that. So nobody
    reads this way while there are signs that the disk may take long.

    *clock* tells seconds from any moment on, and *fetched* how much this thread had to fetch from
    disks so far: only that tells a slow disk from a busy processor, which the other way would make
    busier.
    """

    clock: Callable[[], float] = time.monotonic
    fetched: Callable[[], int] = blocks_fetched
    _connection: sa.Connection | None = attrs.field(default=None, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _not_before: float = attrs.field(default=-math.inf, init=False)
    _fetched_before: int | None = attrs.field(default=None, init=False)
    _commit_began: float | None = attrs.field(default=None, init=False)

    def read(self, op: Op[T]) -> T | NotNow:
        """
        Read as things are just now; `NOT_NOW` where that might wait, or does not work.

        *op* runs statements that are `Prepared`, and no others. Each sees what was committed
        before it began; a transaction around several would cost as much again as most of them.
        So what has to agree is read by one. Whatever it raises itself is raised.
        """
        if not self._lock.acquire(blocking=False):
            return NOT_NOW
        try:
            began, connection = self.clock(), self._connection
            if connection is None or began < self._not_before or self._disk_is_slow(began):
                return NOT_NOW
            if self._fetched_before is None:
                self._fetched_before = self.fetched()
            try:
                return op(connection)
            except sa.exc.DBAPIError:
                # The thread finds out what is wrong, and says so.
                self._not_before = began + PAUSE
                return NOT_NOW
            finally:
                ended = self.clock()
                if ended - began > SLOW:
                    self._pause_after(ended - began, ended)
        finally:
            self._lock.release()

    def open(self, make: Make) -> None:
        """Have a connection that *make* makes, if there is none; never raises."""
        if self._connection is not None:
            return
        try:
            self._connection = make()
        except (sa.exc.DBAPIError, StorageUnavailable) as error:
            log.warning("The database is read by one connection only: %s", type(error).__name__)

    def close(self) -> None:
        """Let go of the connection, after the read that it may be at."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.invalidate()
                connection.close()

    def begin_commit(self) -> None:
        """Tell that the database's thread waits for the disk from now on."""
        self._commit_began = self.clock()

    def end_commit(self) -> None:
        """Tell that it waits no more, if it did."""
        self._commit_began = None

    def _pause_after(self, took: float, now: float) -> None:
        before, self._fetched_before = self._fetched_before, self.fetched()
        if took > TOO_SLOW or self._fetched_before != before:
            self._not_before = now + TIMES_AS_LONG * took

    def _disk_is_slow(self, now: float) -> bool:
        began = self._commit_began
        return began is not None and now - began > LONGEST_COMMIT

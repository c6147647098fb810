"""
What SQLite keeps beside a database file, so that a transaction is done or not done.

That is a log ahead of writes, which a commit syncs once ("WAL"), where the SQLite in use is safe
for it and the directory allows it; else a rollback journal, which takes about five syncs. Which
one it is, is written in the file: a file is turned over while nobody waits, once something was
written, so that neither a damaged file nor another program's is ever touched.
"""

import mmap
import os
import tempfile
from pathlib import Path
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database import driver as chosen
from adapters.database.driver import driver
from adapters.database.prepared import drive, tell
from domain.errors import StorageUnavailable


LARGEST_EMPTY: Final = {"-journal": 4096, "-wal": 32, "-shm": 1 << 40}
"""
The files beside a database, and up to how many bytes each has no page of it.

A journal may have been left by a transaction that began with an empty file: one sector, for there
was no page to save. A log has a header; the index of a log never has a page
(sqlite.org/fileformat2.html, sections 3 and 4.1; sqlite.org/walformat.html, section 2).
"""

LOG: Final = "wal"
SAFE_LOG: Final = chosen.SAFE_LOG
GROUPS_BETWEEN_CHECKPOINTS: Final = 100
"""Commits, mostly of several calls, after which the log is copied into the file, at rest."""

SIZE_OF_AN_INDEX: Final = 32_768
"""Bytes of the smallest index of a log, which processes share as memory."""

PRAGMAS: Final = (
    # In either mode nothing is acknowledged that is not synced, nor undone by a power cut. EXTRA
    # is FULL, and syncs the directory as well where a journal is deleted: a file that turns from
    # one mode to the other does that.
    "PRAGMA synchronous = EXTRA",
    # What was deleted leaves room for what comes, without a move of pages at each commit.
    "PRAGMA auto_vacuum = NONE",
    # Where nobody ever rests, a commit copies the log once it has 16 MB.
    "PRAGMA wal_autocheckpoint = 4000",
    # It is overwritten from its beginning then; what was larger gives that back to the disk.
    "PRAGMA journal_size_limit = 16777216",
)

ROLLBACK: Final = "PRAGMA journal_mode = PERSIST"
"""
The other journal: its end is synced, too, as it is not with DELETE.

So a commit cannot be undone by a power cut, even without syncing the directory. TRUNCATE does as
well, and takes a third longer, for the file system frees and allocates each time.
"""


def beside(path: Path) -> list[Path]:
    """The files that SQLite may keep beside the one at *path*, which belong to it."""
    return [path.with_name(path.name + suffix) for suffix in LARGEST_EMPTY]


def left_behind(path: Path) -> Path | None:
    """What has pages of the database at *path*, beside it."""
    for file, largest in zip(beside(path), LARGEST_EMPTY.values(), strict=True):
        if size(file) > largest:
            return file
    return None


def size(path: Path) -> int:
    """Bytes of the file at *path*, none where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def begin(connection: "driver.Connection") -> str:
    """
    Have a new *connection* keep what it acknowledges; the mode of the file, in small letters.

    Raises:
        StorageUnavailable: others use it with a log that the SQLite in use must not write.
        sqlite3.Error: it cannot be read.
    """
    for pragma in PRAGMAS:
        connection.execute(pragma).close()
    ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
    if mode == LOG and SAFE_LOG:
        return LOG
    if mode == LOG:
        _turn_back(connection)
    ((mode,),) = connection.execute(ROLLBACK).fetchall()
    return str(mode)


def _turn_back(connection: "driver.Connection") -> None:
    try:
        connection.execute(ROLLBACK).close()
    except driver.OperationalError as error:
        reason = "others use the database in a way that only a newer SQLite is safe for"
        raise StorageUnavailable(reason) from error


@attrs.define
class Journal:
    """The journal of one connection to the file at *path*, and which *mode* it has."""

    path: Path
    mode: str
    _groups: int = attrs.field(default=0, init=False)
    _refused: bool = attrs.field(default=False, init=False)
    _file: tuple[int, int] | None = attrs.field(default=None, init=False)
    _log: tuple[int, int] | None = attrs.field(default=None, init=False)

    @property
    def readers_wait(self) -> bool:
        """Whether whoever writes may be in the way of those who read."""
        return self.mode != LOG

    def expect_in_place(self) -> None:
        """
        Make sure that what is written goes to where it will be looked for.

        SQLite itself looks only where it has a rollback journal.

        Raises:
            StorageUnavailable: the file, or its log, was moved, removed or replaced.
        """
        if self.mode != LOG:
            return
        file, log = _identity(self.path), _identity(f"{self.path}-wal")
        self._file, self._log = self._file or file, self._log or log
        if (file, log) != (self._file, self._log):
            raise StorageUnavailable("the database file was moved or replaced")

    def rest(self, connection: sa.Connection) -> None:
        """
        Something was written, and nobody waits: turn to the log, or copy it into the file.

        Raises:
            sqlalchemy.exc.DBAPIError: that went wrong; what was acknowledged is safe.
        """
        if self.mode != LOG:
            self._turn_to_the_log(connection)
            return
        self._groups += 1
        if self._groups >= GROUPS_BETWEEN_CHECKPOINTS:
            self._groups = 0
            # Waits for nobody, and copies what no reader still needs.
            tell(connection, "PRAGMA wal_checkpoint(PASSIVE)")

    def _turn_to_the_log(self, connection: sa.Connection) -> None:
        if self._refused or not SAFE_LOG:
            return
        if not shares_memory(self.path.parent):
            self._refused = True
            return
        waited = drive(connection, "PRAGMA busy_timeout", (), _value)
        tell(connection, "PRAGMA busy_timeout = 0")
        try:
            self.mode = drive(connection, "PRAGMA journal_mode = WAL", (), _value)
            self._refused = self.mode != LOG
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != driver.SQLITE_BUSY:
                raise
            # Others are at it just now; there will be another rest.
        finally:
            tell(connection, f"PRAGMA busy_timeout = {waited}")


def shares_memory(directory: Path) -> bool:
    """Whether a file in *directory* can be memory that processes share, as a log's index is."""
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.truncate(SIZE_OF_AN_INDEX)
            with mmap.mmap(file.fileno(), SIZE_OF_AN_INDEX) as memory:
                memory[0] = 1
    except OSError:
        return False
    return True


def _identity(path: Path | str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time that a path's own takes
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _value(cursor: "sa.engine.interfaces.DBAPICursor") -> str:
    ((value,),) = cursor.fetchall()
    return str(value)

"""Everything that is particular to SQLite: files, pragmas, how a transaction begins, errors."""

import logging
import os
import stat
import time
import urllib.parse
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import attrs
import sqlalchemy as sa

from adapters.database.driver import driver
from adapters.database.errors import DatabaseDamaged, DatabaseLost, SchemaOutdated
from adapters.database.journal import Journal, begin, beside, left_behind, size
from adapters.database.prepared import tell
from domain.errors import InputRefused, StorageUnavailable


log = logging.getLogger(__name__)

PREFIX: Final = "sqlite:///"
LONGEST_CHECK: Final = 0.25
"""Seconds that looking for damage may take when a database is opened."""

STEPS_BETWEEN_LOOKS_AT_THE_CLOCK: Final = 10_000
"""Of SQLite's virtual machine: about a millisecond."""

REASONS: Final = {
    driver.SQLITE_BUSY: "another process keeps the database locked",
    driver.SQLITE_LOCKED: "another process keeps the database locked",
    driver.SQLITE_PROTOCOL: "another process keeps the database locked",
    driver.SQLITE_FULL: "the disk is full",
    driver.SQLITE_READONLY: "the database cannot be written",
    driver.SQLITE_IOERR: "the disk reports errors",
    driver.SQLITE_CANTOPEN: "the database file cannot be opened",
    driver.SQLITE_PERM: "the database file cannot be opened",
}
IN_VAIN_BEFORE: Final = 0.05
"""
Seconds that a lock is waited for if that was in vain the last time.

A request that looks several things up would else wait for the same lock again and again.
"""

PATIENCE: Final = "tillbridge_patience"
"""Where a connection's record has the `Patience` that it shares with those before and after it."""

JOURNAL: Final = "tillbridge_journal"
"""Where a connection's record has its `Journal`."""

PASSING: Final = {driver.SQLITE_BUSY, driver.SQLITE_LOCKED, driver.SQLITE_FULL}
DAMAGED: Final = {driver.SQLITE_CORRUPT, driver.SQLITE_NOTADB}


@attrs.define
class Patience:
    """How long locks are waited for: *usual* seconds, but hardly at all while that is *lost*."""

    usual: float
    lost: bool = False

    @property
    def seconds(self) -> float:
        """How long the next one is."""
        return min(IN_VAIN_BEFORE, self.usual) if self.lost else self.usual


@attrs.frozen
class SqliteFile:
    """A database file; only its owner may read it, for it says who connects what."""

    path: Path

    @classmethod
    def at(cls, url: str) -> "SqliteFile":
        """
        The file that *url* names: `sqlite:///relative.db` or `sqlite:////absolute.db`.

        Raises:
            InputRefused: it names none.
        """
        path = url.removeprefix(PREFIX)
        if path in {url, "", ":memory:"} or "\0" in path:
            remedy = "It is sqlite:/// and the path of a file, as in sqlite:////var/lib/t.db"
            raise InputRefused("TILLBRIDGE_DATABASE_URL", "names no SQLite file", remedy)
        return cls(Path(path).absolute())

    def create(self) -> None:
        """
        Make an empty file, and its directory, unless they are there; for the owner only.

        Raises:
            DatabaseLost: there is none, but there was one with something in it.
            StorageUnavailable: that is not possible.
        """
        self.expect_not_lost()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One that is there is not even opened: closing it would end this process's locks.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            # What is written to the file is synced; that there is one has to be as well.
            sync_directory(self.path.parent)
        except OSError as error:
            reason = f"the database file cannot be made: {error.strerror}"
            raise StorageUnavailable(reason) from error

    def engine(self, *, busy_timeout: float) -> sa.Engine:
        """
        Connections to the file as it is; it is never made by connecting to it.

        *busy_timeout* is in seconds. Where it has passed in vain, the next calls wait hardly at
        all, until one of them gets through.
        """
        patience = Patience(busy_timeout)

        def connect() -> driver.Connection:
            self._expect_file()
            return driver.connect(
                self._place("rw"), uri=True, timeout=patience.seconds, isolation_level=None
            )

        engine = sa.create_engine(
            "sqlite://",
            module=driver,
            creator=connect,
            poolclass=sa.NullPool,
            hide_parameters=True,
        )
        sa.event.listen(engine, "begin", _begin)

        def prepare(connection: driver.Connection, record: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON").close()
            record.info[PATIENCE] = patience
            record.info[JOURNAL] = Journal(self.path, begin(connection))

        sa.event.listen(engine, "connect", prepare)
        return engine

    @property
    def reads_apart(self) -> bool:
        """Two connections of one process would only wait for each other's locks."""
        return False

    @property
    def stops_at_errors(self) -> bool:
        """What was refused is left out, and the transaction goes on."""
        return False

    def writing(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """See `writing` below; not where the file is not in its place any more."""
        journal: Journal = connection.info[JOURNAL]
        journal.expect_in_place()
        return writing(connection)

    def reading(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """See `reading` below."""
        return reading(connection)

    def migrating(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """The same as writing: nobody else can do either meanwhile."""
        return writing(connection)

    def rest(self, connection: sa.Connection) -> None:
        """See `Journal.rest`."""
        journal: Journal = connection.info[JOURNAL]
        journal.rest(connection)

    def beside(self, connection: sa.Connection) -> sa.Connection | None:
        """
        Another connection to the same file, where that has a log; it cannot write.

        So it is not the one that copies the log, nor is it waited for by whoever does.
        With a rollback journal, whoever reads and whoever writes are in each other's way.
        """
        journal: Journal = connection.info[JOURNAL]
        if journal.readers_wait:
            return None

        def connect() -> Any:
            # Whoever opens it is not who reads, but they do so one at a time.
            return driver.connect(
                self._place("ro"),
                uri=True,
                timeout=0,
                isolation_level=None,
                check_same_thread=False,
            )

        # What is prepared is compiled for a dialect, so that there must be one for both.
        dialect, url = connection.dialect, connection.engine.url
        journal.expect_in_place()
        other = sa.Engine(sa.NullPool(connect), dialect, url, hide_parameters=True).connect()
        with ExitStack() as stack:
            stack.callback(other.close)
            # Reads the schema, so that nobody has to wait for that.
            tell(other, "SELECT 1 FROM sqlite_master LIMIT 1")
            journal.expect_in_place()
            stack.pop_all()
        return other

    def look(self, connection: sa.Connection) -> None:
        """See `look_for_damage` below."""
        look_for_damage(connection)

    def explain(self, error: sa.exc.DBAPIError) -> StorageUnavailable:
        """Say what is wrong without quoting anything that was stored, or was to be."""
        code = _code(error)
        if code in DAMAGED:
            return DatabaseDamaged("the database file is damaged, or is no database")
        return StorageUnavailable(REASONS.get(code, f"the database failed (SQLite code {code})"))

    def survives(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is as good as before."""
        return _code(error) in PASSING or isinstance(error, sa.exc.IntegrityError)

    def lost(self, error: sa.exc.DBAPIError) -> bool:
        """Never: a file that went wrong goes wrong for a new connection as well."""
        return False

    def collided(self, error: sa.exc.DBAPIError) -> bool:
        """Never: one writes at a time."""
        return False

    def delayed(self, error: sa.exc.DBAPIError) -> bool:
        """Never within a transaction: who has begun one waits for nobody."""
        return False

    def expect_not_lost(self) -> None:
        """
        Make sure that nobody took the file away and left its journal, or its log.

        SQLite would throw that away, and with it the only sign that there was something.

        Raises:
            DatabaseLost: that is how it looks.
        """
        left = left_behind(self.path) if size(self.path) == 0 else None
        if left is not None:
            raise DatabaseLost(f"there is nothing at {self.path}, but {left.name} beside it")

    def _place(self, mode: str) -> str:
        return f"file:{urllib.parse.quote(str(self.path))}?mode={mode}"

    def _expect_file(self) -> None:
        self.expect_not_lost()
        try:
            mode = self.path.stat().st_mode
        except OSError as error:
            reason = f"there is no database at {self.path}; run `tillbridge migrate`"
            raise SchemaOutdated(reason) from error
        if stat.S_IMODE(mode) & 0o077:
            log.warning("The database file is open to other users; taking that away.")
            for file in (self.path, *beside(self.path)):
                with suppress(PermissionError, FileNotFoundError):
                    file.chmod(0o600)


def sync_directory(directory: Path) -> None:
    """Have the disk keep which files *directory* has; raises `OSError`."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def writing(connection: sa.Connection) -> Generator[None, None, None]:
    """
    Do what follows in one transaction that has the right to write from its beginning.

    So nothing is read that somebody else changes before it is written, and nothing that was
    done has to be given up because somebody else wrote first.
    """
    connection.execution_options(begin="BEGIN IMMEDIATE")
    with _learning_patience(connection), connection.begin():
        yield


@contextmanager
def reading(connection: sa.Connection) -> Generator[None, None, None]:
    """Read what follows as it was at one moment."""
    connection.execution_options(begin="BEGIN")
    journal: Journal = connection.info[JOURNAL]
    with _learning_patience(connection, goes=journal.readers_wait), connection.begin():
        # Takes the lock at once: where it cannot be had, that is found out once, not by each.
        tell(connection, "SELECT 1 FROM sqlite_master LIMIT 1")
        yield


@contextmanager
def _learning_patience(
    connection: sa.Connection, *, goes: bool = True
) -> Generator[None, None, None]:
    """
    Lose patience where a lock was waited for in vain; find it again with the first success.

    *goes* is whether a success tells that the lock is gone.
    """
    patience: Patience = connection.info[PATIENCE]
    try:
        yield
    except sa.exc.DBAPIError as error:
        patience.lost = patience.lost or _code(error) == driver.SQLITE_BUSY
        raise
    if patience.lost and goes:
        patience.lost = False
        # By the driver itself, for SQLAlchemy would begin a transaction.
        file: Any = connection.connection.dbapi_connection
        file.execute(f"PRAGMA busy_timeout = {round(patience.seconds * 1000)}").close()


def look_for_damage(connection: sa.Connection) -> None:
    """
    Read the whole file, or as much as can be read in a quarter of a second.

    Raises:
        DatabaseDamaged: pages of it are not what they should be.
    """
    file: Any = connection.connection.dbapi_connection
    until = time.monotonic() + LONGEST_CHECK
    file.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS_AT_THE_CLOCK)
    try:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except sa.exc.DBAPIError as error:
        if _code(error) != driver.SQLITE_INTERRUPT:
            raise
        found = "ok"
    finally:
        file.set_progress_handler(None, 0)
    if found != "ok":
        raise DatabaseDamaged("the database file has damaged pages")


def _begin(connection: sa.Connection) -> None:
    tell(connection, connection.get_execution_options().get("begin", "BEGIN"))


def _code(error: sa.exc.DBAPIError) -> int:
    # The lowest byte is the kind; the rest tells kinds of disk errors apart, for instance.
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF

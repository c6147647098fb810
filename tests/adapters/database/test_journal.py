"""A log ahead of writes: when a file turns to it, and when it is copied."""

import asyncio
import mmap
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database import journal
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.errors import DatabaseDamaged
from adapters.database.migrate import migrate
from adapters.database.schema import EARLIER
from adapters.database.sqlite import SqliteFile
from domain.errors import StorageUnavailable
from tests.adapters.database.doings import Write, names
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import keep


pytestmark = pytest.mark.anyio


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that was made with a rollback journal, met by a SQLite with a safe log."""
    keep("persist", monkeypatch)
    url = fresh_database(tmp_path)
    keep("wal", monkeypatch)
    return url


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a log."""
    keep("wal", monkeypatch)
    return fresh_database(tmp_path)


@contextmanager
def somebody_else(url: str) -> Iterator["driver.Connection"]:
    path = url.removeprefix("sqlite:///")
    with closing(driver.connect(path, isolation_level=None, timeout=0)) as other:
        yield other


def mode(connection: sa.Connection) -> object:
    return connection.exec_driver_sql("PRAGMA journal_mode").scalar()


def patience(connection: sa.Connection) -> object:
    return connection.exec_driver_sql("PRAGMA busy_timeout").scalar()


def in_the_file(path: Path) -> int:
    """What the file says of itself: 2 is a log (sqlite.org/fileformat2.html, section 1.3.3)."""
    return path.read_bytes()[18]


async def rested(database: Database) -> object:
    """Have the database rest after a write, and tell in which mode it is then."""
    await database.write(Write(f"before {len(await database.read(names))}"))
    # It rests before it looks what comes next, unless that is there already.
    await asyncio.sleep(0.01)
    return await database.read(mode)


async def test_a_file_turns_to_a_log_once_it_was_written(old: str, tmp_path: Path) -> None:
    async with Database(old) as database:
        untouched = await database.read(mode)
        turned = await rested(database)
        waits = await database.read(patience)

    assert ("persist", "wal", 2000) == (untouched, turned, waits)
    assert 2 == in_the_file(tmp_path / "tillbridge.db")


def test_migrating_makes_a_file_with_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("wal", monkeypatch)
    migrate(f"sqlite:///{tmp_path / 'new.db'}")

    assert 2 == in_the_file(tmp_path / "new.db")
    assert ["new.db"] == [file.name for file in tmp_path.iterdir()]


async def test_a_damaged_file_is_left_as_it_is(old: str, tmp_path: Path) -> None:
    path = tmp_path / "tillbridge.db"
    damaged = bytearray(path.read_bytes())
    damaged[20_000:60_000] = b"\xa5" * 40_000
    path.write_bytes(damaged)

    with pytest.raises(DatabaseDamaged):
        async with Database(old):
            pass

    assert bytes(damaged) == path.read_bytes()


def test_while_others_are_at_it_the_old_way_goes_on(old: str) -> None:
    file = SqliteFile.at(old)
    with somebody_else(old) as other, file.engine(busy_timeout=2).connect() as connection:
        other.execute("BEGIN").close()
        other.execute("SELECT 1 FROM heartbeat").fetchall()
        began = time.monotonic()
        file.rest(connection)
        took, busy, waits = time.monotonic() - began, mode(connection), patience(connection)
        connection.rollback()
        other.execute("ROLLBACK")
        file.rest(connection)
        later = mode(connection)

    assert ("persist", 2000, "wal") == (busy, waits, later)
    assert took < 1


@pytest.mark.parametrize("remedy", ["no memory", "no log"])
async def test_where_there_can_be_no_log_the_old_way_goes_on(
    old: str, monkeypatch: pytest.MonkeyPatch, remedy: str
) -> None:
    asked = []
    if remedy == "no memory":

        def refuse(*_: object) -> None:
            asked.append("memory")
            raise OSError

        monkeypatch.setattr(mmap, "mmap", refuse)
    else:
        value = journal._value  # noqa: SLF001 - answers in place of a file system without a log

        def answer(cursor: Any) -> str:
            found = value(cursor)
            asked.append(found)
            return "persist" if found == "wal" else found

        monkeypatch.setattr(journal, "_value", answer)
    async with Database(old) as database:
        await rested(database)
        first = len(asked)
        await rested(database)

    assert first == len(asked) > 0


async def test_a_log_is_copied_at_rest_and_does_not_grow_for_ever(
    new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "GROUPS_BETWEEN_CHECKPOINTS", 3)
    log = tmp_path / "tillbridge.db-wal"
    sizes = []
    async with Database(new) as database:
        for _ in range(12):
            await rested(database)
            sizes.append(log.stat().st_size)

    assert max(sizes[:4]) == max(sizes)
    assert not log.exists()


async def test_what_goes_wrong_at_rest_is_told_in_the_log_and_fails_nobody(
    new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(code: int) -> None:
        def resting(*_: object) -> None:
            error = driver.OperationalError("no")
            error.sqlite_errorcode = code
            raise sa.exc.OperationalError("PRAGMA", None, error)

        monkeypatch.setattr(journal.Journal, "rest", resting)

    async with Database(new) as database:
        fail(driver.SQLITE_IOERR)
        await rested(database)
        fail(driver.SQLITE_FULL)
        await rested(database)
        assert ["before 0", "before 1"] == await database.read(names)

    told = [r.message for r in caplog.records if r.name.startswith("adapters")]
    assert [
        "The database could not be tidied: the disk reports errors",
        "The database could not be tidied: the disk is full",
    ] == told


def test_an_error_that_is_no_lock_is_not_taken_for_one(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = journal._value  # noqa: SLF001 - fails in place of a disk

    def fail(cursor: Any) -> str:
        found = value(cursor)
        if found == "wal":
            error = driver.OperationalError("disk I/O error")
            error.sqlite_errorcode = driver.SQLITE_IOERR
            raise sa.exc.OperationalError("PRAGMA", None, error)
        return found

    monkeypatch.setattr(journal, "_value", fail)
    file = SqliteFile.at(old)
    with file.engine(busy_timeout=2).connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="disk I/O error"):
            file.rest(connection)

        assert 2000 == patience(connection)


async def test_an_older_sqlite_turns_the_file_back(
    new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("persist", monkeypatch)
    async with Database(new) as database:
        assert "persist" == await rested(database)

    assert 1 == in_the_file(tmp_path / "tillbridge.db")


async def test_an_older_sqlite_does_not_join_others_that_use_a_log(
    new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with somebody_else(new) as other:
        other.execute("SELECT 1 FROM heartbeat").fetchall()
        keep("persist", monkeypatch)
        with pytest.raises(StorageUnavailable) as refused:
            async with Database(new, busy_timeout=0.05):
                pass

    assert "others use the database in a way that only a newer SQLite is safe for" == (
        refused.value.reason
    )
    assert 2 == in_the_file(tmp_path / "tillbridge.db")


@pytest.mark.parametrize("which", ["tillbridge.db", "tillbridge.db-wal"])
async def test_what_is_not_where_it_was_is_not_written_any_more(
    new: str, tmp_path: Path, which: str
) -> None:
    async with Database(new) as database:
        await database.write(Write("before"))
        (tmp_path / which).rename(tmp_path / "moved")
        with pytest.raises(StorageUnavailable) as refused:
            await database.write(Write("lost"))

    assert "the database file was moved or replaced" == refused.value.reason


def test_migrating_leaves_the_mode_of_a_file_that_is_there(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with somebody_else(old) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", EARLIER[-1:])
    monkeypatch.setattr("adapters.database.migrate._upgrade", lambda _: None)

    assert "before, it was at schema" in migrate(old)
    assert 1 == in_the_file(tmp_path / "tillbridge.db")

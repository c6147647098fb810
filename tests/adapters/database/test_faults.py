"""How the database behaves when files, disks and other processes do not."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database.calls import Op
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.errors import DatabaseLost
from domain.errors import StorageUnavailable
from tests.adapters.database.doings import Write, names
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import MODES, keep


pytestmark = pytest.mark.anyio


ROLLBACK = pytest.mark.parametrize("mode", ["persist"], indirect=True)
"""Where readers and the writer are in each other's way."""


@pytest.fixture(params=MODES, autouse=True)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    kept: str = request.param
    keep(kept, monkeypatch)
    return kept


@pytest.fixture
def url(tmp_path: Path, mode: str) -> str:
    assert mode in MODES
    return fresh_database(tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url, busy_timeout=0.05, deadline=2) as opened:
        yield opened


@contextmanager
def somebody_else(url: str, begin: str) -> Iterator[driver.Connection]:
    connection = driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute(begin)
    try:
        yield connection
    finally:
        connection.rollback()
        connection.close()


@ROLLBACK
async def test_a_lock_that_lasts_is_reported_and_passes(url: str, database: Database) -> None:
    with somebody_else(url, "BEGIN EXCLUSIVE"):
        answers = await asyncio.gather(
            database.write(Write("a")), database.read(names), return_exceptions=True
        )

    reasons = [a.reason for a in answers if isinstance(a, StorageUnavailable)]
    assert ["another process keeps the database locked"] * 2 == reasons
    assert "a" == await database.write(Write("a"))


@pytest.mark.parametrize("mode", ["wal"], indirect=True)
async def test_with_a_log_a_lock_that_lasts_is_in_the_way_of_writing_alone(
    url: str, database: Database
) -> None:
    await database.write(Write("before"))
    with somebody_else(url, "BEGIN EXCLUSIVE"):
        with pytest.raises(StorageUnavailable) as refused:
            await database.write(Write("a"))
        assert ["before"] == await database.read(names)

    assert "another process keeps the database locked" == refused.value.reason
    assert "a" == await database.write(Write("a"))


async def test_a_lock_that_is_short_is_waited_for(url: str) -> None:
    async with Database(url, busy_timeout=2) as database:
        with somebody_else(url, "BEGIN EXCLUSIVE"):
            writing = asyncio.ensure_future(database.write(Write("a")))
            await asyncio.sleep(0.02)

        assert "a" == await writing


def patience(connection: sa.Connection) -> object:
    return connection.exec_driver_sql("PRAGMA busy_timeout").scalar()


async def seconds_in_vain(call: Awaitable[object]) -> float:
    began = time.monotonic()
    with pytest.raises(StorageUnavailable):
        await call
    return time.monotonic() - began


@ROLLBACK
async def test_a_lock_that_was_waited_for_in_vain_is_hardly_waited_for_until_it_is_gone(
    url: str,
) -> None:
    async with Database(url, busy_timeout=0.8) as database:
        with somebody_else(url, "BEGIN EXCLUSIVE"):
            first = await seconds_in_vain(database.read(names))
            others = [
                await seconds_in_vain(call)
                for call in (database.read(names), database.write(Write("a")))
            ]

        assert first >= 0.8 > max(others)
        assert "a" == await database.write(Write("a"))
        assert 800 == await database.read(patience)


@pytest.mark.parametrize("mode", ["wal"], indirect=True)
async def test_what_can_be_read_all_the_same_does_not_tell_that_the_lock_is_gone(url: str) -> None:
    async with Database(url, busy_timeout=0.8) as database:
        with somebody_else(url, "BEGIN EXCLUSIVE"):
            first = await seconds_in_vain(database.write(Write("a")))
            assert [] == await database.read(names)
            # What the next one waits for; how long that takes besides, the machine decides.
            assert 50 == await database.read(patience)

        assert first >= 0.8
        assert "a" == await database.write(Write("a"))
        assert 800 == await database.read(patience)


async def test_reading_goes_on_while_somebody_else_is_about_to_write(
    url: str, database: Database
) -> None:
    with somebody_else(url, "BEGIN IMMEDIATE"):
        assert [] == await database.read(names)


@ROLLBACK
async def test_a_commit_that_fails_acknowledges_nothing(url: str, database: Database) -> None:
    with somebody_else(url, "BEGIN") as reader:
        reader.execute("SELECT count(*) FROM shelf").fetchall()
        with pytest.raises(StorageUnavailable):
            await database.write(Write("a"))

    assert [] == await database.read(names)


async def test_a_full_disk_is_reported_and_recovers_by_itself(database: Database) -> None:
    def limit(pages: int) -> Op[None]:
        def op(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        return op

    await database.write(Write("before"))
    await database.write(limit(1))
    answers = await asyncio.gather(
        *(database.write(Write(name, size=100_000)) for name in "abc"), return_exceptions=True
    )
    reasons = [a.reason for a in answers if isinstance(a, StorageUnavailable)]
    still_read = await database.read(names)
    await database.write(limit(1_000_000))

    assert ["the disk is full"] * 3 == reasons
    assert ["before"] == still_read
    assert "after" == await database.write(Write("after", size=100_000))


async def test_a_read_only_disk_is_reported_and_recovers_by_itself(database: Database) -> None:
    def forbid_writing(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    await database.read(forbid_writing)

    with pytest.raises(StorageUnavailable) as refused:
        await database.ping()

    assert "the database cannot be written" == refused.value.reason
    await database.ping()


async def test_a_file_that_was_moved_away_is_not_written_any_more(
    database: Database, tmp_path: Path
) -> None:
    await database.write(Write("before"))
    path = tmp_path / "tillbridge.db"
    moved = path.rename(tmp_path / "moved.db")

    with pytest.raises(StorageUnavailable):
        await database.write(Write("lost"))
    with pytest.raises(DatabaseLost):
        await database.write(Write("lost, too"))

    moved.rename(path)
    assert ["before"] == await database.read(names)


async def test_a_schema_that_changes_under_a_running_service_is_noticed_after_a_fault(
    database: Database, url: str
) -> None:
    with somebody_else(url, "BEGIN IMMEDIATE") as somebody:
        somebody.execute("UPDATE alembic_version SET version_num = '9999'")
        somebody.execute("COMMIT")

    def break_the_connection(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        Write("x")(connection)

    with pytest.raises(StorageUnavailable):
        await database.write(break_the_connection)
    with pytest.raises(StorageUnavailable) as refused:
        await database.read(names)

    assert "the database has a schema that this Tillbridge does not know" == refused.value.reason

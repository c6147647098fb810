"""Reading in the event loop: the same as in the thread, or not now."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa

from adapters.database import at_once
from adapters.database.at_once import NOT_NOW, AtOnce, NotNow
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.prepared import Prepared, tell
from adapters.database.schema import heartbeat, shelf
from adapters.database.sqlite import SqliteFile
from domain.errors import StorageUnavailable
from tests.adapters.database.doings import Write, held_up
from tests.adapters.database.fresh import fresh_database, fresh_url
from tests.adapters.database.modes import keep
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

NAMES = Prepared(sa.select(shelf.c.name).order_by(shelf.c.name))


def there(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def names(connection: sa.Connection) -> list[str]:
    return [name for (name,) in NAMES.rows(connection, {})]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    keep("wal", monkeypatch)
    return fresh_database(tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url, busy_timeout=0.05, deadline=2) as opened:
        yield opened


async def test_what_was_acknowledged_is_read_at_once(database: Database) -> None:
    seen = []
    for number in range(3):
        await database.write(Write(f"{number}"))
        seen.append(database.read_at_once(names))

    assert [["0"], ["0", "1"], ["0", "1", "2"]] == seen
    assert ["0", "1", "2"] == await database.read(names, at_once=True)


async def test_neither_who_writes_nor_a_lock_of_others_is_waited_for(
    database: Database, url: str
) -> None:
    await database.write(Write("a"))
    async with held_up(database):
        while_writing = database.read_at_once(names)
    other = driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    while_locked = database.read_at_once(names)
    other.close()

    assert [["a"], ["a"]] == [while_writing, while_locked]


@pytest.mark.parametrize("kind", ["persist", "postgres"])
async def test_where_it_would_be_waited_for_nothing_is_read_at_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("persist", monkeypatch)
    with fresh_url(kind, tmp_path) as there:
        async with Database(there) as database:
            await database.write(Write("a"))

            assert NOT_NOW is database.read_at_once(names)
            assert ["a"] == await database.read(names, at_once=True)


async def test_a_database_that_is_closed_is_not_read(url: str) -> None:
    database = Database(url)
    before = database.read_at_once(names)
    async with database:
        pass

    assert [NOT_NOW, NOT_NOW] == [before, database.read_at_once(names)]


async def test_a_file_that_turns_to_a_log_is_read_at_once_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("persist", monkeypatch)
    old = fresh_database(tmp_path)
    keep("wal", monkeypatch)
    async with Database(old) as database:
        before = database.read_at_once(names)
        await database.write(Write("a"))
        async with asyncio.timeout(5):
            # It turns when its thread rests.
            while (found := database.read_at_once(names)) is NOT_NOW:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.001)

    assert [NOT_NOW, ["a"]] == [before, found]


async def test_nobody_can_write_that_way(database: Database) -> None:
    change = Prepared(sa.update(heartbeat), columns=("beats",))

    assert NOT_NOW is database.read_at_once(lambda c: change.run(c, {"beats": 77}))
    beats = await database.read(lambda c: c.scalar(sa.select(heartbeat.c.beats)))
    assert 0 == beats


async def test_nothing_that_was_read_stays_open_however_it_ended(
    database: Database, tmp_path: Path
) -> None:
    def refuse(connection: sa.Connection) -> None:
        names(connection)
        raise StorageUnavailable("as whoever asks has it")

    def fail(connection: sa.Connection) -> None:
        names(connection)
        tell(connection, "SELECT 1 FROM nothing")

    database.read_at_once(names)
    with pytest.raises(StorageUnavailable):
        database.read_at_once(refuse)
    assert NOT_NOW is database.read_at_once(fail)

    await database.write(Write("a"))
    other = driver.connect(tmp_path / "tillbridge.db", timeout=0)
    ((busy, _, _),) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    other.close()
    assert 0 == busy


async def test_a_clean_stop_leaves_one_file(url: str, tmp_path: Path) -> None:
    async with Database(url) as database:
        await database.write(Write("a"))
        assert ["a"] == database.read_at_once(names)

    assert {"tillbridge.db"} == {file.name for file in there(tmp_path)}


async def test_after_a_write_was_refused_both_connections_see_the_same_file(
    url: str, tmp_path: Path, database: Database
) -> None:
    await database.write(Write("before"))
    (tmp_path / "tillbridge.db").rename(tmp_path / "moved.db")
    fresh_database(tmp_path)
    moved = database.read_at_once(names)
    with pytest.raises(StorageUnavailable):
        await database.write(Write("lost"))
    in_between = database.read_at_once(names)
    found = await database.read(names)

    assert ["before"] == moved
    assert NOT_NOW is in_between
    assert found == database.read_at_once(names)
    assert url.endswith("tillbridge.db")


@attrs.define
class Disk:
    """Tells what a thread had to fetch."""

    blocks: int = 0

    def __call__(self) -> int:
        return self.blocks


@attrs.frozen
class Reads:
    """A file that is read at once, a clock, and a disk."""

    at_once: AtOnce
    clock: FakeClock
    disk: Disk

    def look(self, seconds: float = 0, blocks: int = 0) -> int | NotNow:
        def take(_: sa.Connection) -> int:
            self.clock.advance(seconds)
            self.disk.blocks += blocks
            return 7

        return self.at_once.read(take)


@pytest.fixture
def reads(url: str) -> Iterator[Reads]:
    clock, disk, file = FakeClock(), Disk(1_000), SqliteFile.at(url)
    reads = Reads(AtOnce(clock.monotonic, disk), clock, disk)
    with file.engine(busy_timeout=0).connect() as writer:
        reads.at_once.open(lambda: file.beside(writer))
        yield reads
        reads.at_once.close()


@pytest.mark.parametrize(
    ("seconds", "blocks", "pause"),
    [
        (at_once.SLOW, 8, 0),
        (at_once.SLOW * 2, 8, 2.0),
        (at_once.SLOW * 2, 0, 0),
        (at_once.TOO_SLOW * 2, 0, 100.0),
    ],
)
def test_after_a_disk_was_slow_nobody_reads_at_once_for_a_while(
    reads: Reads, seconds: float, blocks: int, pause: float
) -> None:
    reads.look()
    assert 7 == reads.look(seconds, blocks)
    if pause:
        reads.clock.advance(pause * 0.99)
        assert NOT_NOW is reads.look()
        reads.clock.advance(pause * 0.02)
    assert 7 == reads.look()


def test_what_this_thread_fetched_before_counts_for_nothing(reads: Reads) -> None:
    assert [7, 7] == [reads.look(at_once.SLOW * 2), reads.look()]


def test_while_a_commit_takes_long_nobody_reads_at_once(reads: Reads) -> None:
    reads.at_once.begin_commit()
    just_now = reads.look()
    reads.clock.advance(at_once.LONGEST_COMMIT * 1.1)
    later = reads.look()
    reads.at_once.end_commit()

    assert [7, NOT_NOW, 7] == [just_now, later, reads.look()]


def test_after_a_read_went_wrong_nobody_reads_at_once_for_a_while(reads: Reads) -> None:
    assert NOT_NOW is reads.at_once.read(lambda c: tell(c, "SELECT 1 FROM nothing"))
    reads.clock.advance(at_once.PAUSE * 0.99)
    assert NOT_NOW is reads.look()
    reads.clock.advance(at_once.PAUSE * 0.02)

    assert 7 == reads.look()


def test_a_connection_is_not_closed_under_a_read_and_not_waited_for(reads: Reads) -> None:
    reading, go_on, closed = threading.Event(), threading.Event(), threading.Event()
    seen: list[object] = []

    def read(_: sa.Connection) -> str:
        reading.set()
        go_on.wait(5)
        return "closed" if closed.is_set() else "open"

    def close() -> None:
        reads.at_once.close()
        closed.set()

    reader = threading.Thread(target=lambda: seen.append(reads.at_once.read(read)))
    reader.start()
    assert reading.wait(5)
    closer = threading.Thread(target=close)
    closer.start()
    meanwhile = reads.look()
    go_on.set()
    reader.join(5)
    closer.join(5)

    assert (NOT_NOW, ["open"]) == (meanwhile, seen)
    assert NOT_NOW is reads.look()


def test_one_that_cannot_be_opened_is_done_without(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise StorageUnavailable("the database file was moved or replaced")

    alone = AtOnce()
    alone.open(refuse)

    assert NOT_NOW is alone.read(names)
    assert ["The database is read by one connection only: StorageUnavailable"] == [
        record.message for record in caplog.records
    ]


def test_what_is_open_is_not_opened_again(reads: Reads) -> None:
    reads.at_once.open(lambda: pytest.fail("It is open."))

    assert 7 == reads.look()

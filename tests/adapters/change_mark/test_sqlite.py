"""How SQLite's count of changes is asked for: rarely, and never for long."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from adapters.change_mark.sqlite import SqliteChangeMark, _Counter
from tests.adapters.database.fresh import fresh_database


pytestmark = pytest.mark.anyio


@attrs.define
class Gate:
    """Holds the thread up where it is about to look, and counts how often it does."""

    open: threading.Event = attrs.field(factory=threading.Event)
    looks: int = 0


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    held, read = Gate(), _Counter.read
    held.open.set()

    def look(counter: _Counter) -> object:
        held.looks += 1
        held.open.wait(5)
        return read(counter)

    monkeypatch.setattr(_Counter, "read", look)
    return held


@pytest.fixture
def url(tmp_path: Path) -> str:
    return fresh_database(tmp_path)


@pytest.fixture
async def mark(gate: Gate, url: str) -> AsyncGenerator[SqliteChangeMark]:
    async with SqliteChangeMark(url, patience=0.1) as opened:
        yield opened
        gate.open.set()


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def test_who_asks_in_the_same_turn_shares_one_look(
    mark: SqliteChangeMark, gate: Gate
) -> None:
    marks = await asyncio.gather(*(mark.read() for _ in range(20)))

    assert (1, 1) == (len(set(marks)), gate.looks)
    assert marks[0] is not None


async def test_who_asks_while_it_looks_has_it_look_once_more(
    mark: SqliteChangeMark, gate: Gate
) -> None:
    gate.open.clear()
    first = asyncio.create_task(mark.read())
    while gate.looks == 0:  # noqa: ASYNC110  # the thread has no event of the loop's
        await asyncio.sleep(0)
    later = [asyncio.create_task(mark.read()) for _ in range(5)]
    await asyncio.sleep(0)
    gate.open.set()

    assert None not in await asyncio.gather(first, *later)
    assert 2 == gate.looks


async def test_nobody_waits_for_a_disk_that_does_not_answer(
    mark: SqliteChangeMark, gate: Gate
) -> None:
    gate.open.clear()
    first = asyncio.create_task(mark.read())
    while gate.looks == 0:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0)
    second = asyncio.create_task(mark.read())

    assert [None, None] == [await first, await second]
    assert await mark.read() is None
    assert 1 == gate.looks
    gate.open.set()
    while await mark.read() is None:  # noqa: ASYNC110  # as above
        await asyncio.sleep(0)


async def test_who_gives_up_holds_up_nobody_else(mark: SqliteChangeMark) -> None:
    one, other = asyncio.create_task(mark.read()), asyncio.create_task(mark.read())
    await asyncio.sleep(0)
    one.cancel()

    assert await other is not None


async def test_while_somebody_writes_and_where_there_is_no_file_nothing_is_said(
    tmp_path: Path, mark: SqliteChangeMark, url: str
) -> None:
    before = await mark.read()
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert await mark.read() is None
        other.execute("ROLLBACK")
    after = await mark.read()
    # Each connection counts anew, so that its number alone would prove nothing.
    assert None not in {before, after}
    assert before != after

    async with SqliteChangeMark(f"sqlite:///{tmp_path / 'none.db'}") as nothing:
        assert await nothing.read() is None
    assert not (tmp_path / "none.db").exists()


async def test_before_it_is_opened_and_after_it_was_closed_nothing_is_said(url: str) -> None:
    mark = SqliteChangeMark(url)
    assert await mark.read() is None
    await mark.__aexit__()
    async with mark:
        assert await mark.read() is not None
    assert await mark.read() is None


async def test_who_still_waits_when_it_is_closed_is_let_go(url: str, gate: Gate) -> None:
    gate.open.clear()
    async with SqliteChangeMark(url, patience=5.0) as mark:
        waiting = asyncio.create_task(mark.read())
        while gate.looks == 0:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0)

    assert await waiting is None
    gate.open.set()


def test_a_loop_that_is_gone_ends_the_thread_in_peace(url: str, gate: Gate) -> None:
    async def ask() -> None:
        mark = await SqliteChangeMark(url, patience=0.01).__aenter__()
        gate.open.clear()
        assert await mark.read() is None
        await mark.__aexit__()

    before = set(threading.enumerate())
    asyncio.run(ask())
    gate.open.set()

    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()

"""How the database behaves: in groups, under faults, at its end."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import database as database_module
from adapters.database.database import Database
from domain.errors import StorageUnavailable
from tests.adapters.database.doings import Write, held_up, names, until
from tests.adapters.database.fresh import fresh_url


pytestmark = pytest.mark.anyio

CANARY = "canary-that-must-not-be-quoted"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    with fresh_url(request.param, tmp_path) as fresh:
        yield fresh


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url, busy_timeout=0.05, deadline=2) as opened:
        yield opened


async def test_a_write_returns_what_its_op_does_and_is_there_afterwards(
    database: Database,
) -> None:
    assert "a" == await database.write(Write("a"))
    assert ["a"] == await database.read(names)


async def test_all_that_wait_are_written_in_one_transaction(database: Database) -> None:
    writes = [Write(f"{number:02}") for number in range(50)]
    async with held_up(database):
        asked = [asyncio.ensure_future(database.write(write)) for write in writes]
        await asyncio.sleep(0)

    assert [write.name for write in writes] == await asyncio.gather(*asked)
    assert 1 == len({id(write.transactions[0]) for write in writes})
    assert 50 == len(await database.read(names))


async def test_after_several_wrote_together_the_next_waits_for_others(url: str) -> None:
    several, one, other = [Write(name) for name in "abc"], Write("one"), Write("other")
    async with Database(url, linger=0.5) as database:
        async with held_up(database):
            together = [asyncio.ensure_future(database.write(write)) for write in several]
            await asyncio.sleep(0)
        await asyncio.gather(*together)
        first = asyncio.ensure_future(database.write(one))
        await asyncio.sleep(0.05)
        await asyncio.gather(first, database.write(other))

    assert one.transactions == other.transactions


async def test_who_writes_alone_waits_for_nobody(url: str) -> None:
    async with Database(url, deadline=2, linger=5) as database:
        assert ["a", "b", "c"] == [await database.write(Write(name)) for name in "abc"]


async def test_one_bad_write_fails_alone(database: Database) -> None:
    def bad(connection: sa.Connection) -> None:
        Write("half done")(connection)
        raise LookupError

    async with held_up(database):
        asked = [asyncio.ensure_future(database.write(op)) for op in (Write("a"), bad, Write("b"))]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert ["a", LookupError, "b"] == [answers[0], type(answers[1]), answers[2]]
    assert ["a", "b"] == await database.read(names)


async def test_a_read_that_fails_fails_alone(database: Database) -> None:
    def bad(_: sa.Connection) -> None:
        raise LookupError

    answers = await asyncio.gather(
        database.read(names), database.read(bad), database.read(names), return_exceptions=True
    )

    assert [list, LookupError, list] == [type(answer) for answer in answers]


async def test_a_failure_quotes_nothing_that_was_to_be_stored(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write(Write(CANARY))

    with pytest.raises(StorageUnavailable) as refused:
        await database.write(Write(CANARY))

    said = f"{refused.value.reason} {refused.value!r} {refused.value} {caplog.text}"
    assert CANARY not in said
    assert refused.value.reason in {
        "the database failed (SQLite code 19)",
        "the database failed (SQLSTATE 23505)",
    }


async def test_what_nobody_waits_for_any_more_is_not_begun(database: Database) -> None:
    async with held_up(database):
        given_up = asyncio.ensure_future(database.write(Write("given up")))
        wanted = asyncio.ensure_future(database.write(Write("wanted")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)

    await wanted
    assert ["wanted"] == await database.read(names)


async def test_who_leaves_in_the_middle_does_no_harm(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        begun.set()
        go_on.wait(5)
        Write("slow")(connection)

    leaving = asyncio.ensure_future(database.write(slow))
    await until(begun)
    leaving.cancel()
    await asyncio.sleep(0)
    go_on.set()

    assert "next" == await database.write(Write("next"))
    assert ["next", "slow"] == await database.read(names)


async def test_who_leaves_while_others_are_served_is_left_out(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        begun.set()
        go_on.wait(5)
        Write("slow")(connection)

    async with held_up(database):
        asked = [asyncio.ensure_future(database.write(op)) for op in (slow, Write("given up"))]
        await asyncio.sleep(0)
    await until(begun)
    asked[1].cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asked[0]

    assert ["slow"] == await database.read(names)


async def test_a_disk_that_takes_too_long_is_not_waited_for(url: str) -> None:
    async with Database(url, deadline=0.5) as database:
        database._deadline = 0.02  # noqa: SLF001  # patience lost midway - opening it may take longer
        async with held_up(database):
            with pytest.raises(StorageUnavailable) as refused:
                await database.write(Write("late"))

        assert "the database takes too long" == refused.value.reason
        database._deadline = 2  # noqa: SLF001  # patience lost midway
        assert [] == await database.read(names)


async def test_more_than_may_wait_are_refused_at_once(url: str) -> None:
    async with Database(url, longest_queue=2) as database:
        async with held_up(database):
            waiting = [asyncio.ensure_future(database.write(Write(name))) for name in "ab"]
            await asyncio.sleep(0)
            with pytest.raises(StorageUnavailable) as refused:
                await database.write(Write("c"))

        assert "too many wait for the database" == refused.value.reason
        assert ["a", "b"] == await asyncio.gather(*waiting)


async def test_closing_writes_what_was_asked_before(url: str) -> None:
    database = await Database(url).__aenter__()
    async with held_up(database):
        asked = [asyncio.ensure_future(database.write(Write(name))) for name in "abc"]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(database.__aexit__(None, None, None))
        await asyncio.sleep(0)
        with pytest.raises(StorageUnavailable, match="cannot store"):
            await database.write(Write("too late"))

    assert ["a", "b", "c"] == await asyncio.gather(*asked)
    await closing


async def test_it_can_be_opened_again(url: str) -> None:
    database = Database(url)
    with pytest.raises(StorageUnavailable):
        await database.read(names)
    for name in "ab":
        async with database:
            await database.write(Write(name))

    async with database:
        assert ["a", "b"] == await database.read(names)


async def test_closing_it_twice_is_no_error(url: str) -> None:
    database = await Database(url).__aenter__()
    await database.__aexit__(None, None, None)

    await database.__aexit__(None, None, None)


async def test_a_disk_that_never_answers_does_not_keep_the_service_from_ending(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_module, "LONGEST_CLOSING", 0.02)
    database = await Database(url).__aenter__()
    async with held_up(database):
        await database.__aexit__(None, None, None)

    assert "it was left without closing it" in caplog.text


def test_an_event_loop_that_ends_first_is_survived(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_module, "LONGEST_CLOSING", 0.02)
    go_on = threading.Event()

    async def leave_early() -> None:
        async with Database(url, deadline=0.3) as database:
            with pytest.raises(StorageUnavailable):
                await database.read(lambda _: go_on.wait(5))

    asyncio.run(leave_early())
    (thread,) = [t for t in threading.enumerate() if t.name == "tillbridge-database"]
    go_on.set()
    thread.join(5)

    assert "ended before its last writes could be acknowledged" in caplog.text

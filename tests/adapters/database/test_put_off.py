"""Statements that nobody waits for one by one: all or nothing, and what each is told is true."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import attrs
import psycopg
import pytest
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.prepared import Prepared
from adapters.database.schema import heartbeat, shelf
from domain.errors import StorageUnavailable
from tests.adapters.database.doings import Write, held_up, names
from tests.adapters.database.fresh import fresh_url
from tests.adapters.database.modes import MODES, keep


pytestmark = pytest.mark.anyio

INSERT = Prepared(sa.insert(shelf))
KEEP = Prepared(sa.insert(shelf), conflict="ON CONFLICT DO NOTHING")
BEAT = Prepared(sa.update(heartbeat), columns=("beats",))
NAMES = Prepared(sa.select(shelf.c.name).order_by(shelf.c.name))


class OddError(Exception):
    """Nobody else raises it."""


@pytest.fixture(params=[*MODES, "postgres"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    keep(request.param, monkeypatch)
    with fresh_url(request.param, tmp_path) as there:
        yield there


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url) as opened:
        yield opened


@attrs.frozen
class Later:
    """Puts rows of these *names* on the shelf; *strictly*, each has to be new, or it refuses."""

    names: tuple[str, ...]
    strictly: bool = False

    def __call__(self, connection: sa.Connection) -> str:
        insert = KEEP if self.strictly else INSERT
        for name in self.names:
            row = {"name": name, "body": b"", "fetched_at": 0}
            if not insert.later(connection, row, rows=1 if self.strictly else None):
                return f"no {name}"
        return " ".join(self.names)


async def all_of(database: Database, *ops: Callable[[sa.Connection], object]) -> list[object]:
    """What came of *ops*, which share a transaction."""
    async with held_up(database):
        asking = [asyncio.ensure_future(database.write(op)) for op in ops]
        await asyncio.sleep(0)
    return list(await asyncio.gather(*asking, return_exceptions=True))


async def test_all_that_is_put_off_is_there_when_it_is_acknowledged(database: Database) -> None:
    told = await all_of(database, *(Later((f"{n}a", f"{n}b")) for n in range(9)))

    assert [f"{n}a {n}b" for n in range(9)] == told
    assert 18 == len(await database.read(names))


async def test_one_that_went_otherwise_is_told_so_and_fails_nobody(database: Database) -> None:
    await database.write(Write("there"))

    told = await all_of(
        database,
        Later(("a", "b"), strictly=True),
        Later(("there", "c"), strictly=True),
        Later(("d",), strictly=True),
        Write("e"),
    )

    assert ["a b", "no there", "d", "e"] == told
    assert ["a", "b", "d", "e", "there"] == await database.read(names)


async def test_an_op_of_a_group_may_fail_for_reasons_of_its_own(database: Database) -> None:
    def refuse(connection: sa.Connection) -> None:
        Later(("a",))(connection)
        raise OddError

    told = await all_of(database, Later(("b",)), refuse, Later(("c",)))

    assert ["b", "c"] == [told[0], told[2]]
    assert isinstance(told[1], OddError)
    assert ["b", "c"] == await database.read(names)


async def test_one_that_the_database_refuses_fails_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write(Write("there"))

    told = await all_of(database, Later(("a",)), Later(("there", "b")), Later(("c",)))

    assert ["a", "c"] == [told[0], told[2]]
    assert isinstance(told[1], StorageUnavailable)
    assert ["a", "c", "there"] == await database.read(names)
    assert "The connection to the database was lost" not in caplog.text


async def test_what_was_refused_after_something_went_otherwise_is_not_what_is_told(
    database: Database,
) -> None:
    await database.write(Write("there"))

    def change(connection: sa.Connection) -> bool:
        if Later(("there",), strictly=True)(connection) != "there":
            return False
        Later(("there",))(connection)
        return True

    assert not await database.write(change)
    assert ["there"] == await database.read(names)


async def test_whoever_looks_sees_what_was_put_off_before(database: Database) -> None:
    def look(connection: sa.Connection) -> list[object]:
        Later(("a",))(connection)
        prepared = [name for (name,) in NAMES.rows(connection, {})]
        Later(("b",))(connection)
        core = names(connection)
        Later(("c",))(connection)
        return [prepared, core, BEAT.run(connection, {"beats": 7}), names(connection)]

    assert [["a"], ["a", "b"], 1, ["a", "b", "c"]] == await database.write(look)


LOOKS: dict[str, Callable[[sa.Connection], object]] = {
    "core": names,
    "rows": lambda connection: NAMES.rows(connection, {}),
    "run": lambda connection: BEAT.run(connection, {"beats": 7}),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_whoever_looks_is_told_of_what_was_refused_before(
    database: Database, look: str
) -> None:
    await database.write(Write("there"))

    def change(connection: sa.Connection) -> None:
        Later(("there",))(connection)
        LOOKS[look](connection)

    with pytest.raises(StorageUnavailable):
        await database.write(change)
    assert ["there"] == await database.read(names)


async def test_an_op_that_fails_takes_along_what_it_put_off(database: Database) -> None:
    def change(connection: sa.Connection) -> None:
        Later(("a",))(connection)
        raise OddError

    with pytest.raises(OddError):
        await database.write(change)
    assert "b" == await database.write(Later(("b",)))
    assert ["b"] == await database.read(names)


async def test_more_than_the_network_takes_in_one_go_is_put_off(database: Database) -> None:
    body = b"x" * 100_000

    def write(connection: sa.Connection) -> None:
        for number in range(100):
            INSERT.later(connection, {"name": f"{number:03}", "body": body, "fetched_at": 0})

    await database.write(write)

    assert 100 == len(await database.read(names))


async def test_what_the_server_refuses_while_more_is_sent_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with fresh_url("postgres", tmp_path) as url:
        async with Database(url) as database:
            await database.write(Write("there"))

            def write(connection: sa.Connection) -> None:
                Later(("there",))(connection)
                for number in range(2_000):
                    row = {"name": f"{number:04}", "body": b"x" * 10_000, "fetched_at": 0}
                    INSERT.later(connection, row)

            with pytest.raises(StorageUnavailable):
                await database.write(write)
            assert "a" == await database.write(Later(("a",)))
            assert ["a", "there"] == await database.read(names)
    assert "The connection to the database was lost" not in caplog.text


@pytest.mark.parametrize("last", ["put off", "looked at"])
async def test_who_waits_in_vain_for_a_row_has_nobody_wait_twice(
    tmp_path: Path, last: str
) -> None:
    """One row that somebody keeps locked must not fail all that share its transaction."""
    ran: list[str] = []

    def beat(connection: sa.Connection) -> bool:
        ran.append("beat")
        return BEAT.later(connection, {"beats": 7}, rows=1)

    def before(connection: sa.Connection) -> str:
        ran.append("before")
        return Later(("a",))(connection)

    def after(connection: sa.Connection) -> str:
        ran.append("after")
        Later(("b",))(connection)
        return "b" if last == "put off" else names(connection)[-1]

    with fresh_url("postgres", tmp_path) as url, psycopg.connect(url) as other:
        other.execute("UPDATE heartbeat SET beats = 1")
        async with Database(url, busy_timeout=0.5) as database:
            told = await all_of(database, before, beat, after)
            ran_alone = len(ran)
            with pytest.raises(StorageUnavailable):
                await database.write(beat)

    assert ["a", "b"] == [told[0], told[2]]
    assert isinstance(told[1], StorageUnavailable)
    assert ["before", "beat", "after", "before", "after", "beat"] == ran[:ran_alone]
    assert ["beat"] == ran[ran_alone:]


async def test_who_waits_for_an_answer_in_vain_is_found_out(tmp_path: Path) -> None:
    """What had been put off by others before it is in nobody's way."""
    ran: list[str] = []

    def beat(connection: sa.Connection) -> int:
        ran.append("beat")
        return BEAT.run(connection, {"beats": 7})

    def beside(connection: sa.Connection) -> str:
        ran.append("beside")
        return Later((f"{len(ran)}",))(connection)

    with fresh_url("postgres", tmp_path) as url, psycopg.connect(url) as other:
        other.execute("UPDATE heartbeat SET beats = 1")
        async with Database(url, busy_timeout=0.5) as database:
            told = await all_of(database, beside, beat, beside)

    assert ["3", "4"] == [told[0], told[2]]
    assert isinstance(told[1], StorageUnavailable)
    assert ["beside", "beat", "beside", "beside", "beat"] == ran

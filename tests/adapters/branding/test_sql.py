"""What of a damaged row on the shelf is told, and what is not."""

import datetime as dt
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.branding.sql import SqlShelf
from adapters.database.database import Database
from adapters.database.schema import shelf
from domain.ids import PlatformKey
from tests.adapters.branding.process import a_process
from tests.adapters.branding.upstream import Upstream
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START, FakeClock


pytestmark = pytest.mark.anyio

XERO = PlatformKey("gbol")
DAMAGED = [
    {"body": "text"},
    {"body": 7},
    {"body": b""},
    {"body": b"scribbles"},
    {"fetched_at": "soon"},
    {"fetched_at": b"soon"},
    {"fetched_at": 0.5},
    {"fetched_at": 2**62},
    {"fetched_at": 0},
]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with Database(fresh_database(tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize("damage", DAMAGED, ids=str)
async def test_a_damaged_row_is_thrown_away_and_fetched_anew(
    database: Database, damage: dict[str, object]
) -> None:
    codat, clock = Upstream(), FakeClock()
    async with a_process(SqlShelf(database), clock) as cache:
        await cache.integrations(codat.integrations)
        await cache.brandings([XERO], codat.branding)
    asked = codat.calls.copy()

    await database.write(lambda connection: _spoil(connection, damage))
    async with a_process(SqlShelf(database), clock) as cache:
        await cache.integrations(codat.integrations)
        found = await cache.brandings([XERO], codat.branding)
    async with a_process(SqlShelf(database), clock) as cache:
        await cache.integrations(codat.integrations)

    assert {XERO} == found.keys()
    # Once each, and what was fetched is kept again.
    assert {name: 2 * number for name, number in asked.items()} == codat.calls


async def test_a_row_with_a_time_that_never_comes_is_damaged(database: Database) -> None:
    kept = SqlShelf(database)
    await kept.put("a", b"1", START + dt.timedelta(days=1))
    await database.write(lambda connection: _spoil(connection, {"fetched_at": 2**62}))

    with pytest.raises(ValueError, match="holds what nobody stored"):
        await kept.get("a")


def _spoil(connection: sa.Connection, damage: dict[str, object]) -> None:
    for column, value in damage.items():
        # By the driver itself, for SQLAlchemy would not let it through.
        connection.exec_driver_sql(f"UPDATE {shelf.name} SET {column} = ?", (value,))  # noqa: S608 - our own names

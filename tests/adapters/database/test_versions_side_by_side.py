"""Replicas of two neighbouring versions on one database, while it is migrated."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapters.database.database import Database
from adapters.database.errors import SchemaUnknown
from adapters.database.kinds import kind_of
from adapters.database.migrate import MIGRATIONS, migrate
from adapters.database.schema import REVISION, schema_compatibility
from adapters.interest.sql import SqlInterestBook
from adapters.sessions.sql import SqlSessionStore
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_session import SyncSession
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START
from tests.servers.postgres import shared


pytestmark = pytest.mark.anyio

NEXT = f"{int(REVISION) + 1:04}"
EXPAND = f'''
"""A migration as the next version might have it: it adds, and changes nothing."""

import sqlalchemy as sa
from alembic import op


revision = "{NEXT}"
down_revision = "{REVISION}"


def upgrade() -> None:
    op.add_column("sync_sessions", sa.Column("nickname", sa.String(64)))
    op.execute("INSERT INTO schema_compatibility (revision, oldest) VALUES ('{NEXT}', 'OLDEST')")
'''  # noqa: S608 - our own names


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return shared().migrated() if request.param == "postgres" else fresh_database(tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url) as opened:
        yield opened


def migrate_to_the_next(url: str, oldest: str, directory: Path) -> None:
    """What `tillbridge migrate` of the next version does."""
    migrations = directory / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / "versions" / f"r{NEXT}_next.py").write_text(EXPAND.replace("OLDEST", oldest))
    settings = Config()
    settings.set_main_option("script_location", str(migrations))
    kind = kind_of(url)
    with kind.engine(busy_timeout=1).connect() as connection, kind.migrating(connection):
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def opened(number: int) -> SyncSession:
    merchant, key = MerchantIdentifier("m-1"), PlatformKey("gbol")
    name = SyncSessionId(f"ss_{number}")
    return SyncSession.open(name, merchant, key, now=START, actor="merchant")


def test_every_schema_says_which_code_may_use_it(url: str) -> None:
    with kind_of(url).engine(busy_timeout=1).connect() as connection:
        said = connection.execute(sa.select(schema_compatibility)).all()

    assert REVISION == max(row.revision for row in said)
    assert all(row.oldest <= row.revision for row in said)


async def test_who_runs_goes_on_while_and_after_the_next_version_migrates(
    url: str, database: Database, tmp_path: Path
) -> None:
    store = SqlSessionStore(database)
    await store.add(opened(1))

    migrating = asyncio.to_thread(migrate_to_the_next, url, REVISION, tmp_path)
    await asyncio.gather(migrating, *(store.add(opened(number)) for number in range(2, 20)))

    assert opened(1) == await store.get(opened(1).id)
    await store.add(opened(20))


async def test_who_starts_anew_accepts_what_the_next_version_left_for_it(
    url: str, tmp_path: Path
) -> None:
    migrate_to_the_next(url, REVISION, tmp_path)

    async with Database(url) as database:
        await SqlSessionStore(database).add(opened(1))
    said = migrate(url)

    assert f"The database is at schema {NEXT}, which is newer and will do." == said


@pytest.mark.parametrize("oldest", [NEXT, "9999"])
async def test_who_starts_anew_refuses_what_is_not_for_it(
    url: str, tmp_path: Path, oldest: str
) -> None:
    migrate_to_the_next(url, oldest, tmp_path)

    with pytest.raises(SchemaUnknown):
        async with Database(url):
            pass
    with pytest.raises(SchemaUnknown):
        migrate(url)


async def test_who_runs_reads_on_where_a_migration_changes_what_a_statement_finds() -> None:
    url = shared().migrated()
    merchant = MerchantIdentifier("m-1")
    async with Database(url) as database:
        book = SqlInterestBook(database)
        for _ in range(10):
            # Often enough for the driver to have it prepared by the server.
            assert frozenset() == await book.of(merchant)
        shared().order(
            "ALTER TABLE interests ALTER COLUMN platform_key TYPE VARCHAR(8)",
            url.rpartition("/")[2],
        )

        assert frozenset() == await book.of(merchant)


@pytest.fixture
def used_table() -> Generator[str]:
    """A database in which somebody reads, and does not end the transaction."""
    url = shared().migrated()
    kind = kind_of(url)
    with kind.engine(busy_timeout=1).connect() as connection, kind.reading(connection):
        connection.exec_driver_sql("SELECT id FROM sync_sessions").all()
        yield url


async def test_a_migration_that_cannot_have_a_table_gives_up_soon_and_changes_nothing(
    used_table: str, tmp_path: Path
) -> None:
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        migrate_to_the_next(used_table, REVISION, tmp_path)

    async with Database(used_table) as database:
        await SqlSessionStore(database).add(opened(1))
    assert migrate(used_table).endswith(f"{REVISION} already; nothing was to be done.")

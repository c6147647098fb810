"""Which PostgreSQL databases are opened and migrated, and what is said where that fails."""

import asyncio
import datetime as dt
import logging
import re
import subprocess
import sys
from collections.abc import Generator

import pytest

from adapters.database.database import Database
from adapters.database.errors import SchemaOutdated
from adapters.database.migrate import migrate
from adapters.database.schema import metadata
from adapters.sessions.sql import SqlSessionStore
from adapters.system import SystemClock
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_session import SyncSession
from tests import canaries
from tests.fakes.clock import START
from tests.servers.ports import free_port
from tests.servers.postgres import LOCKED, USER, Postgres, shared


PASSWORD = "p@ss/w0rd-of-the-locked-role"  # noqa: S105 - of a server that lives for minutes
ENCODED = "p%40ss%2Fw0rd-of-the-locked-role"
SESSION = SyncSession.open(
    SyncSessionId("ss_1"), MerchantIdentifier("m-1"), PlatformKey("gbol"), now=START, actor="me"
)

canaries.forbid(PASSWORD, ENCODED)


@pytest.fixture(scope="module")
def server() -> Postgres:
    return shared()


@pytest.fixture
def locked(server: Postgres) -> Generator[str]:
    """The URL of a new database of a role with a password."""
    server.order(f"CREATE ROLE {LOCKED} LOGIN PASSWORD '{PASSWORD}'")
    name = server.new().removeprefix(server.address)
    yield f"postgresql://{LOCKED}:{ENCODED}@127.0.0.1:{server.port}/{name}"
    server.order(f"DROP DATABASE {name} WITH (FORCE)")
    server.order(f"DROP ROLE {LOCKED}")


def visit(url: str) -> SyncSession:
    """Open the database, write and read."""

    async def visiting() -> SyncSession:
        async with Database(url) as database:
            await database.ping()
            store = SqlSessionStore(database)
            await store.add(SESSION)
            return await store.get(SESSION.id)

    return asyncio.run(visiting())


def reason_of(url: str) -> str:
    """Why neither migrating nor opening is possible."""
    with pytest.raises(StorageUnavailable) as refused:
        visit(url)
    with pytest.raises(StorageUnavailable) as refused_to_migrate:
        migrate(url)
    assert refused.value.reason == refused_to_migrate.value.reason
    return refused.value.reason


def test_an_empty_database_needs_to_be_migrated(server: Postgres) -> None:
    with pytest.raises(SchemaOutdated, match="Run `tillbridge migrate`"):
        visit(server.new())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://nobody@127.0.0.1:{port}/postgres", 'role "nobody" does not .*CREATE ROLE'),
        ("postgresql://{user}@127.0.0.1:{port}/nothing", 'database "nothing" does .*CREATE DATA'),
        ("postgresql://{user}@127.0.0.1:{free}/postgres", "refused.*check the URL, and that the"),
        ("postgresql://{user}@no.such.host.invalid/postgres", "no.such.host.*check the URL"),
        ("postgresql:///t?host=/nowhere", "/nowhere.*check the URL, and that the server runs"),
        ("postgresql://{user}@127.0.0.1:{port}/postgres?sslmode=odd", "sslmode"),
        ("postgresql://{user}@127.0.0.1:{port}/postgres?sslmode=require", "SSL"),
        ("postgresql://[::1/postgres", "libpq cannot read TILLBRIDGE_DATABASE_URL"),
    ],
    ids=["role", "database", "port", "host", "socket", "sslmode", "no TLS", "malformed"],
)
def test_what_cannot_be_reached_is_told_with_a_remedy(
    server: Postgres, address: str, said: str
) -> None:
    url = address.format(user=USER, port=server.port, free=free_port())

    assert re.search(said, reason_of(url))


def test_the_first_of_several_hosts_that_answers_is_taken(server: Postgres) -> None:
    url = server.migrated()
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{server.port}"

    there = url.replace(f"127.0.0.1:{server.port}", hosts)

    assert SESSION == visit(f"{there}?target_session_attrs=read-write")


def test_a_wrong_password_is_refused_and_no_password_is_told(
    locked: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = locked.replace(ENCODED, ENCODED.replace("w0rd", "word"))

    reason = reason_of(wrong)

    assert "check the role and its password" in reason
    assert "w0rd" not in reason + caplog.text
    assert "word-of" not in reason + caplog.text


def test_a_role_that_may_make_no_tables_is_told_which_rights_it_lacks(locked: str) -> None:
    with pytest.raises(StorageUnavailable) as refused:
        migrate(locked)

    assert refused.value.reason.startswith("the role may not do that; grant it the rights that")


def test_the_service_needs_no_right_to_make_tables(server: Postgres, locked: str) -> None:
    name = locked.rpartition("/")[2]
    migrate(f"{server.address}{name}")
    tables = ", ".join([*metadata.tables, "alembic_version"])
    server.order(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {LOCKED}", name)

    assert SESSION == visit(locked)


def test_tables_go_where_the_search_path_leads(server: Postgres) -> None:
    url = server.new()
    server.order("CREATE SCHEMA till", url.removeprefix(server.address))
    there = f"{url}?options=-csearch_path%3Dtill"

    migrate(there)

    assert SESSION == visit(there)
    with pytest.raises(SchemaOutdated):
        visit(url)


def test_without_any_schema_there_is_no_place_for_tables(server: Postgres) -> None:
    with pytest.raises(StorageUnavailable) as refused:
        migrate(f"{server.new()}?options=-csearch_path%3Dnowhere")

    assert "the role has no schema to make tables in; see its search_path" == refused.value.reason


def test_a_database_that_would_lose_text_is_refused(server: Postgres) -> None:
    server.order("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    with pytest.raises(StorageUnavailable) as refused:
        migrate(f"{server.address}latin")
    server.order("DROP DATABASE latin")

    assert refused.value.reason.startswith("its encoding is not UTF8")


def test_what_pages_are_turned_by_is_sorted_byte_by_byte_whatever_the_server_speaks(
    server: Postgres,
) -> None:
    found = server.order(
        "SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE collation_name = 'C' AND table_schema = 'public'",
        server.migrated().removeprefix(server.address),
    )

    expected = {"sync_sessions.id", "timeline.session_id", "interests.merchant"}
    assert expected == {column for (column,) in found}


def test_who_uses_sqlite_does_not_import_what_speaks_to_servers() -> None:
    script = (
        "import sys, entrypoints.container; "
        "sys.exit(any(m.startswith(('psycopg', 'sqlalchemy.dialects.postgresql')) "
        "for m in sys.modules))"
    )

    loading = subprocess.run([sys.executable, "-c", script], check=False)  # noqa: S603 - as above

    assert 0 == loading.returncode


@pytest.mark.parametrize(("seconds", "how"), [(60, "60 s ahead of"), (-20, "20 s behind")])
def test_a_replica_whose_clock_is_wrong_stays_away_from_everybodys_logins(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, seconds: int, how: str
) -> None:
    there = SystemClock().now() + dt.timedelta(seconds=seconds)
    monkeypatch.setattr(SystemClock, "now", lambda _: there)

    with server.lent() as url, pytest.raises(StorageUnavailable) as refused:
        visit(url)

    assert refused.value.reason.startswith(
        f"the clock of this machine is {how} that of the database server"
    )


@pytest.mark.parametrize("seconds", [10, -10])
def test_clocks_may_differ_by_what_a_correction_takes(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    there = SystemClock().now() + dt.timedelta(seconds=seconds)
    monkeypatch.setattr(SystemClock, "now", lambda _: there)

    with server.lent() as url:
        assert SESSION.id == visit(url).id

"""How a database comes to its schema."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.eras import Eras
from adapters.database.errors import DatabaseDamaged, SchemaOutdated, SchemaUnknown
from adapters.database.kinds import kind_of
from adapters.database.migrate import MIGRATIONS, migrate
from adapters.database.schema import EARLIER, REVISION, metadata
from adapters.interest.sql import SqlInterestBook
from adapters.sessions.sql import SqlSessionStore
from domain.errors import InputRefused, StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey, Secret, SyncSessionId
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START, FakeClock
from tests.servers.postgres import shared


ROOT = Path(__file__).parents[3]
OPENED = SyncSession.open(
    SyncSessionId("ss_1"), MerchantIdentifier("m-1"), PlatformKey("gbol"), now=START, actor="me"
)
COOKIE = Secret("a secret")
LOGIN = ConnectGrant(
    grant=Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1"))),
    expires_at=START + dt.timedelta(minutes=15),
)


def tables_in(path: Path) -> set[str]:
    connection = driver.connect(path)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return found


def script_in(path: Path, script: str) -> None:
    connection = driver.connect(path)
    connection.executescript(script)
    connection.close()


def test_it_makes_what_is_not_there_yet_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tillbridge.db"

    said = migrate(f"sqlite:///{path}")

    assert f"The database is at schema {REVISION} now; before, it was empty." == said
    assert "sync_sessions" in tables_in(path)


def test_the_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    said = migrate(fresh_database(tmp_path))

    assert f"The database is at schema {REVISION} already; nothing was to be done." == said


def test_the_file_and_its_directory_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tillbridge.db"

    migrate(f"sqlite:///{path}")

    assert 0o700 == path.parent.stat().st_mode & 0o777
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_path_may_be_relative_and_may_have_odd_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    migrate("sqlite:///50% of?it#.db")

    assert "sync_sessions" in tables_in(tmp_path / "50% of?it#.db")


def test_the_code_knows_the_newest_revision_and_all_before_it() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    newest_first = [
        script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()
    ]

    assert newest_first[::-1] == [*EARLIER, REVISION]


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without anything in it."""
    if request.param == "postgres":
        return shared().new()
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    kind_of(url).create()
    return url


def test_each_revision_can_be_reached_from_the_one_before(empty: str) -> None:
    for revision in (*EARLIER, REVISION):
        at_revision(empty, revision)


@pytest.mark.anyio
@pytest.mark.parametrize("revision", EARLIER)
async def test_what_an_earlier_version_stored_is_still_there_after_migrating(
    tmp_path: Path, empty: str, revision: str
) -> None:
    current = fresh_database(tmp_path)
    async with Database(current) as database:
        await SqlSessionStore(database).add(OPENED)
        await SqlBrowserSessions(database, Eras(FakeClock())).open(COOKIE, LOGIN)
        await SqlConnectTokens(database, Eras(FakeClock())).issue(COOKIE, LOGIN)
    at_revision(empty, revision)
    copy_what_fits(current, empty)
    with pytest.raises(SchemaOutdated):
        async with Database(empty):
            pass

    said = migrate(empty)

    assert (
        f"The database is at schema {REVISION} now; before, it was at schema {revision}." == said
    )
    async with Database(empty) as database:
        assert OPENED == await SqlSessionStore(database).get(OPENED.id)
        assert LOGIN == await SqlBrowserSessions(database, Eras(FakeClock())).find(COOKIE, START)
        assert LOGIN == await SqlConnectTokens(database, Eras(FakeClock())).claim(COOKIE, START)
        assert {} == await SqlInterestBook(database).counts()


@contextmanager
def changing(url: str) -> Generator[sa.Connection]:
    """A transaction on the database at *url*."""
    kind = kind_of(url)
    with kind.engine(busy_timeout=1).connect() as connection, kind.writing(connection):
        yield connection


def at_revision(url: str, revision: str) -> None:
    """Make a database as the migrations up to *revision* make it."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with changing(url) as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)


def copy_what_fits(current: str, old: str) -> None:
    """Put the rows of the database *current* into those of its tables that *old* has, too."""
    with changing(current) as source, changing(old) as target:
        # A timeline's rows refer to those of sync sessions, which come first.
        there = sa.inspect(target).get_table_names()
        for table in metadata.sorted_tables:
            if table.name in there and table.name not in {"heartbeat", "eras"}:
                rows = [row._asdict() for row in source.execute(sa.select(table))]
                if rows:
                    target.execute(sa.insert(table), rows)


def test_the_migrations_lead_to_the_tables_of_the_code(empty: str) -> None:
    migrate(empty)

    with changing(empty) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert [] == differences


def test_the_migrations_and_the_code_make_the_same_tables_to_the_letter(tmp_path: Path) -> None:
    fresh_database(tmp_path)
    by_code = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    metadata.create_all(by_code)
    names = sa.text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex%'")

    with by_code.connect() as connection:
        made_by_code = set(connection.scalars(names))
        without_rowid = sa.text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'")
        compact = set(connection.scalars(without_rowid))
    by_code.dispose()

    made = {n for n in tables_in(tmp_path / "tillbridge.db") if not n.startswith("sqlite_")}
    assert made_by_code | {"alembic_version"} == made
    expected = {"sync_sessions", "timeline", "connect_tokens", "browser_sessions", "interests"}
    assert expected == compact


def test_several_processes_may_migrate_at_once(empty: str) -> None:
    script = f"from {__name__} import migrate_in_processes; migrate_in_processes({empty!r})"

    migrating = subprocess.run(  # noqa: S603 - the script is the one above
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )

    said = sorted(migrating.stdout.splitlines())
    assert [migrate(empty)] * 3 == said[:3]
    assert said[3].endswith("it was empty.")


def migrate_in_processes(url: str) -> None:
    """Print what each of four processes says."""
    for _ in range(4):
        if os.fork() == 0:
            os.write(1, f"{migrate(url)}\n".encode())
            os._exit(0)
    assert {0} == {os.wait()[1] for _ in range(4)}


def test_another_programs_database_is_left_alone(empty: str) -> None:
    with changing(empty) as connection:
        connection.exec_driver_sql("CREATE TABLE bookmarks (url TEXT)")

    with pytest.raises(SchemaUnknown, match="another program"):
        migrate(empty)

    with changing(empty) as connection:
        assert ["bookmarks"] == sa.inspect(connection).get_table_names()


def test_a_newer_database_is_left_alone(empty: str) -> None:
    migrate(empty)
    with changing(empty) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaUnknown, match="newer Tillbridge"):
        migrate(empty)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 100)

    with pytest.raises(DatabaseDamaged, match="restore a backup"):
        migrate(f"sqlite:///{path}")

    assert b"Dear Sir or Madam, " * 100 == path.read_bytes()


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageUnavailable) as refused:
        migrate(f"sqlite:///{tmp_path / 'file' / 'tillbridge.db'}")

    assert refused.value.reason.startswith("the database file cannot be made: ")


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///a\0b", "mysql://x/y"]
)
def test_an_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(InputRefused, match="TILLBRIDGE_DATABASE_URL names no SQLite file"):
        migrate(url)


def test_what_runs_the_service_does_without_alembic() -> None:
    script = (
        "import sys, adapters.sessions.sql, adapters.connect_tokens.sql, adapters.branding.sql, "
        "adapters.browser_sessions.sql, adapters.database.migrate; "
        "sys.exit('alembic' in sys.modules)"
    )

    loading = subprocess.run([sys.executable, "-c", script], check=False)  # noqa: S603 - as above

    assert 0 == loading.returncode

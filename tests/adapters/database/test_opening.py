"""Which files are opened as a database, and which are not."""

import asyncio
import logging
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from adapters.database import sqlite
from adapters.database.calls import Op
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.errors import (
    DatabaseDamaged,
    DatabaseLost,
    SchemaOutdated,
    SchemaUnknown,
)
from adapters.database.migrate import migrate
from adapters.database.schema import heartbeat, shelf
from adapters.database.sqlite import SqliteFile, look_for_damage
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import MODES, keep


T = TypeVar("T")


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
def path(tmp_path: Path) -> Path:
    return tmp_path / "tillbridge.db"


def visit(url: str, op: Op[T]) -> T:
    """Open the database, do one thing, and close it."""

    async def visiting() -> T:
        async with Database(url) as database:
            return await database.write(op)

    return asyncio.run(visiting())


def write_something(connection: sa.Connection) -> None:
    connection.execute(sa.update(heartbeat).values(beats=1))


def fill(connection: sa.Connection) -> None:
    """Put 200 kB into the database."""
    rows = [{"name": f"{n}", "body": b"\x5a" * 1000, "fetched_at": n} for n in range(200)]
    connection.execute(sa.insert(shelf), rows)


def count(connection: sa.Connection) -> object:
    return connection.execute(sa.select(sa.func.count()).select_from(shelf)).scalar()


def as_killed(url: str, path: Path, mode: str) -> tuple[Path, bytes]:
    """Fill the database as one who is then killed; its journal, and what is in that."""
    journal = path.with_name(f"{path.name}-{'wal' if mode == 'wal' else 'journal'}")

    async def filling() -> tuple[bytes, bytes]:
        async with Database(url) as database:
            await database.write(fill)
            return await database.read(lambda _: (path.read_bytes(), journal.read_bytes()))

    content, beside = asyncio.run(filling())
    for file, kept in ((path, content), (journal, beside)):
        file.write_bytes(kept)
    return journal, beside


def test_a_missing_database_is_not_made_but_the_remedy_is_told(path: Path) -> None:
    with pytest.raises(SchemaOutdated, match="Run `tillbridge migrate`") as refused:
        visit(f"sqlite:///{path}", write_something)

    assert str(path) in refused.value.reason
    assert not path.exists()


def test_an_empty_file_needs_to_be_migrated(path: Path) -> None:
    path.touch()

    with pytest.raises(SchemaOutdated):
        visit(f"sqlite:///{path}", write_something)


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE bookmarks (url TEXT)",
        "CREATE TABLE alembic_version (version_num TEXT)",
        "CREATE TABLE alembic_version AS SELECT '9999' AS version_num",
    ],
    ids=["another program's", "another program's with alembic", "newer"],
)
def test_a_database_of_somebody_else_is_refused_and_left_alone(path: Path, script: str) -> None:
    connection = driver.connect(path)
    connection.execute(script)
    connection.commit()
    connection.close()
    path.chmod(0o600)
    before = path.read_bytes()

    with pytest.raises(SchemaUnknown):
        visit(f"sqlite:///{path}", write_something)

    assert before == path.read_bytes()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 100), (100, 4096), (20_000, 60_000)], ids=["header", "schema", "pages"]
)
def test_a_damaged_database_is_refused_with_advice_and_left_alone(
    url: str, path: Path, start: int, end: int
) -> None:
    visit(url, fill)
    damaged = bytearray(path.read_bytes())
    damaged[start:end] = b"\xa5" * (end - start)
    path.write_bytes(damaged)

    with pytest.raises(DatabaseDamaged, match="restore a backup"):
        visit(url, write_something)

    assert bytes(damaged) == path.read_bytes()


def test_a_truncated_database_is_refused(url: str, path: Path) -> None:
    visit(url, fill)
    path.write_bytes(path.read_bytes()[:50_000])

    with pytest.raises(DatabaseDamaged):
        visit(url, write_something)


@pytest.mark.parametrize("size", [0, None], ids=["empty", "missing"])
def test_a_database_that_left_its_journal_is_not_made_anew(
    url: str, path: Path, mode: str, size: int | None
) -> None:
    journal, before = as_killed(url, path, mode)
    path.unlink()
    if size is not None:
        path.touch()

    for doing in (lambda: visit(url, write_something), lambda: migrate(url)):
        with pytest.raises(DatabaseLost, match="Put the file back") as refused:
            doing()

        assert refused.value.reason.endswith(f"but {journal.name} beside it")

    assert before == journal.read_bytes()
    assert size == (path.stat().st_size if path.exists() else None)


def test_a_database_whose_making_was_cut_off_is_made(url: str, path: Path) -> None:
    # What is left of a first transaction: an empty file, and a journal without any page.
    path.write_bytes(b"")
    path.with_name(f"{path.name}-journal").write_bytes(bytes(512))

    assert migrate(url).endswith("it was empty.")


def test_what_was_put_back_is_opened_again(url: str, path: Path, mode: str) -> None:
    as_killed(url, path, mode)
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(DatabaseLost):
        visit(url, write_something)

    path.write_bytes(content)

    assert 200 == visit(url, count)


def test_a_large_database_is_not_looked_through_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(url, fill)
    monkeypatch.setattr(sqlite, "LONGEST_CHECK", -1)
    monkeypatch.setattr(sqlite, "STEPS_BETWEEN_LOOKS_AT_THE_CLOCK", 1)

    visit(url, write_something)


@pytest.mark.parametrize("mode", ["persist"], indirect=True)
def test_a_look_for_damage_that_cannot_be_had_is_no_clean_bill(url: str, path: Path) -> None:
    somebody = driver.connect(path, isolation_level=None)
    with SqliteFile.at(url).engine(busy_timeout=0.01).connect() as connection:
        somebody.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sa.exc.OperationalError):
            look_for_damage(connection)
    somebody.close()


def test_a_file_that_others_can_read_is_closed_to_them_with_what_is_beside_it(
    url: str, path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal, _ = as_killed(url, path, mode)
    for file in (path, journal):
        file.chmod(0o644)

    open_to_others = visit(
        url, lambda _: [f.name for f in (path, journal) if f.stat().st_mode & 0o077]
    )

    assert [] == open_to_others
    assert 0o600 == path.stat().st_mode & 0o777
    said = [r.message for r in caplog.records if r.name.startswith("adapters")]
    assert ["The database file is open to other users; taking that away."] == said


def test_a_file_that_is_not_ours_to_close_is_opened_all_the_same(
    url: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    path.chmod(0o640)
    monkeypatch.setattr(Path, "chmod", refuse)

    visit(url, write_something)


def test_no_file_beside_the_database_is_open_to_others(
    url: str, mode: str, tmp_path: Path
) -> None:
    def look(connection: sa.Connection) -> dict[str, int]:
        write_something(connection)
        return {file.name: file.stat().st_mode & 0o077 for file in tmp_path.iterdir()}

    modes = visit(url, look)

    beside = {"wal": ("-wal", "-shm"), "persist": ("-journal",)}[mode]
    assert dict.fromkeys(["tillbridge.db", *(f"tillbridge.db{end}" for end in beside)], 0) == modes


def test_what_is_committed_is_on_the_disk(url: str, mode: str) -> None:
    pragmas = {"journal_mode": mode, "synchronous": 3, "foreign_keys": 1, "auto_vacuum": 0}

    def look(connection: sa.Connection) -> dict[str, object]:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}

    assert pragmas == visit(url, look)


def test_it_says_nothing_while_all_is_well(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        visit(url, write_something)

    assert [] == [r.message for r in caplog.records if r.name.startswith("adapters")]

"""How a damaged cache makes room for a new one."""

import datetime as dt
from pathlib import Path

import pytest

from adapters.branding.sql import SqlShelf
from adapters.database.aside import Dispensable, rebuild
from adapters.database.database import Database
from domain.errors import StorageUnavailable
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import MODES, keep
from tests.fakes.clock import START


pytestmark = pytest.mark.anyio

LATER = START + dt.timedelta(seconds=1)


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


async def test_it_is_set_aside_with_its_journal_and_a_new_one_takes_its_place(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'cache.db'}"
    before = {
        "cache.db": b"scribbles",
        "cache.db-journal": b"more scribbles",
        "cache.db-wal": b"a log of scribbles",
        "cache.db-shm": b"an index of them",
    }
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)

    aside = rebuild(url, START)

    after = files_in(tmp_path)
    assert "cache.db.damaged-20261123T090000.000000Z" == aside.name
    renamed = {name.replace("cache.db", aside.name): content for name, content in before.items()}
    assert renamed == {name: after[name] for name in renamed}
    assert {"cache.db", *renamed} == after.keys()
    async with Database(url) as database:
        assert await SqlShelf(database).get("branding") is None


@pytest.mark.parametrize("left", ["cache.db-journal", "cache.db-wal"])
async def test_one_that_is_lost_is_begun_anew(tmp_path: Path, left: str) -> None:
    url = f"sqlite:///{tmp_path / 'cache.db'}"
    (tmp_path / left).write_bytes(b"j" * 5000)

    rebuild(url, START)

    async with Database(url) as database:
        await SqlShelf(database).put("branding", b"new", START)


@pytest.mark.parametrize("mode", MODES)
async def test_who_has_the_old_one_open_writes_into_the_new_one_after_a_while(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(mode, monkeypatch)
    url = fresh_database(tmp_path)
    async with Database(url) as database:
        shelf = SqlShelf(database)
        await shelf.put("branding", b"old", START)
        rebuild(url, START)
        with pytest.raises(StorageUnavailable):
            await shelf.put("branding", b"lost", START)

        await shelf.put("branding", b"new", START)

    async with Database(url) as database:
        found = await SqlShelf(database).get("branding")
    assert found is not None
    assert b"new" == found.body


async def test_where_it_cannot_be_moved_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'cache.db'}"
    (tmp_path / "cache.db").write_bytes(b"scribbles")

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageUnavailable) as refused:
        rebuild(url, START)

    assert "the file cannot be set aside: Operation not permitted" == refused.value.reason
    assert b"scribbles" == files_in(tmp_path)["cache.db"]


async def test_what_is_dispensable_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cache.db'}")

    async with Dispensable(database):
        with pytest.raises(StorageUnavailable):
            await SqlShelf(database).ping()

    assert "Nothing can be kept for the next start" in caplog.text


async def test_what_can_be_opened_is_used_and_closed(tmp_path: Path) -> None:
    database = Database(fresh_database(tmp_path))

    async with Dispensable(database):
        await SqlShelf(database).ping()

    with pytest.raises(StorageUnavailable):
        await SqlShelf(database).ping()

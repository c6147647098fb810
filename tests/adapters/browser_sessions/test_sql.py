"""What is remembered of logins while nothing can be read."""

import datetime as dt
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.browser_sessions import sql
from adapters.browser_sessions.sql import TICKET, SqlBrowserSessions
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.eras import Eras
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, Secret
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import keep
from tests.fakes.clock import START, FakeClock


pytestmark = pytest.mark.anyio

COOKIE, OTHER = Secret("cookie"), Secret("other")
LATER = START + dt.timedelta(minutes=15)
LOGIN = ConnectGrant(
    grant=Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1"))), expires_at=LATER
)


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Database]:
    # With a log, nobody can keep others from reading.
    keep("persist", monkeypatch)
    async with Database(fresh_database(tmp_path), busy_timeout=0.05) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def browsers(database: Database, clock: FakeClock) -> SqlBrowserSessions:
    return SqlBrowserSessions(database, Eras(clock))


@contextmanager
def unreadable(directory: Path) -> Iterator[None]:
    """Somebody else has the database for itself."""
    connection = driver.connect(directory / "tillbridge.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


async def test_who_came_in_here_is_known_while_nothing_can_be_read(
    browsers: SqlBrowserSessions, tmp_path: Path
) -> None:
    await browsers.open(COOKIE, LOGIN)

    with unreadable(tmp_path):
        assert LOGIN == await browsers.find(COOKIE, START)
        assert await browsers.find(COOKIE, LATER) is None


async def test_who_was_seen_here_is_known_while_nothing_can_be_read(
    browsers: SqlBrowserSessions, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    await SqlBrowserSessions(database, Eras(clock)).open(COOKIE, LOGIN)
    await browsers.find(COOKIE, START)

    with unreadable(tmp_path):
        assert LOGIN == await browsers.find(COOKIE, START)


async def test_of_strangers_nobody_can_say_anything_meanwhile(
    browsers: SqlBrowserSessions, tmp_path: Path
) -> None:
    await browsers.open(COOKIE, LOGIN)

    with unreadable(tmp_path), pytest.raises(StorageUnavailable):
        await browsers.find(OTHER, START)


async def test_who_was_shut_out_stays_out(
    browsers: SqlBrowserSessions, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    for cookie in (COOKIE, OTHER):
        await browsers.open(cookie, LOGIN)
    await browsers.close(COOKIE)
    # By another process, which this one finds out about as soon as it looks.
    await SqlBrowserSessions(database, Eras(clock)).close(OTHER)
    assert await browsers.find(OTHER, START) is None

    with unreadable(tmp_path):
        for cookie in (COOKIE, OTHER):
            with pytest.raises(StorageUnavailable):
                await browsers.find(cookie, START)


async def test_nobody_is_known_from_before_the_clock_was_set_back(
    browsers: SqlBrowserSessions, clock: FakeClock, tmp_path: Path
) -> None:
    await browsers.open(COOKIE, LOGIN)
    clock.set_back(3600)

    with unreadable(tmp_path), pytest.raises(StorageUnavailable):
        await browsers.find(COOKIE, clock.now())
    assert await browsers.find(COOKIE, clock.now()) is None
    with unreadable(tmp_path), pytest.raises(StorageUnavailable):
        await browsers.find(COOKIE, clock.now())


async def test_nor_where_another_store_of_this_process_saw_it_first(
    browsers: SqlBrowserSessions, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    tickets = SqlBrowserSessions(database, browsers.eras, TICKET)
    await browsers.open(COOKIE, LOGIN)
    clock.set_back(3600)
    await tickets.open(OTHER, LOGIN)

    with unreadable(tmp_path):
        assert LOGIN == await tickets.find(OTHER, clock.now())
        with pytest.raises(StorageUnavailable):
            await browsers.find(COOKIE, clock.now())


async def test_a_login_is_no_ticket_nor_the_other_way_round(
    browsers: SqlBrowserSessions, database: Database
) -> None:
    tickets = SqlBrowserSessions(database, browsers.eras, TICKET)
    await browsers.open(COOKIE, LOGIN)
    await tickets.open(OTHER, LOGIN)

    assert [LOGIN, None] == [await browsers.find(each, START) for each in (COOKIE, OTHER)]
    assert [None, LOGIN] == [await tickets.find(each, START) for each in (COOKIE, OTHER)]
    await tickets.close(COOKIE)
    assert LOGIN == await browsers.find(COOKIE, START)


async def test_no_more_are_remembered_than_fit(
    browsers: SqlBrowserSessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MOST_REMEMBERED", 1)
    for cookie in (COOKIE, OTHER):
        await browsers.open(cookie, LOGIN)

    with unreadable(tmp_path):
        assert LOGIN == await browsers.find(OTHER, START)
        with pytest.raises(StorageUnavailable):
            await browsers.find(COOKIE, START)

"""What everything that tells of changes promises."""

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import attrs
import pytest

from adapters.browser_sessions.sql import TICKET, SqlBrowserSessions
from adapters.change_mark.none import NoChangeMark
from adapters.change_mark.sqlite import SqliteChangeMark
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.interest.sql import SqlInterestBook
from adapters.sessions.sql import SqlSessionStore
from domain.ids import PlatformKey, Secret, SyncSessionId
from domain.model.caller import ConnectGrant
from domain.model.interest import Interest
from domain.model.sync_session import SyncSession
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.change_mark import ChangeMark
from domain.ports.interest_book import InterestBook
from domain.ports.session_store import SessionStore
from tests.adapters.database.fresh import fresh_database
from tests.domain.world import FakeWorld, a_merchant
from tests.fakes.clock import START, FakeClock
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

GRANT = a_merchant("m-1").grant
MERCHANT = GRANT.merchant.identifier
LOGIN = ConnectGrant(grant=GRANT, expires_at=START + dt.timedelta(minutes=15))
SECRET, OTHER = Secret("a"), Secret("b")
OPENED = SyncSession.open(
    SyncSessionId("ss_1"), MERCHANT, PlatformKey("gbol"), now=START, actor="merchant"
)


@attrs.frozen
class Stores:
    """Everything that is spoken of; *blind* is whether nobody can tell of it."""

    mark: ChangeMark
    sessions: SessionStore
    browsers: BrowserSessions
    tickets: BrowserSessions
    interests: InterestBook
    blind: bool = False


@pytest.fixture(params=["fake", "sqlite", "sqlite of another process", "none"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Stores]:
    if request.param == "fake":
        world = FakeWorld()
        yield Stores(
            world.change_mark, world.sessions, world.browsers, world.tickets, world.interests
        )
        return
    url, clock = fresh_database(tmp_path), FakeClock()
    blind = request.param == "none"
    async with (
        NoChangeMark() if blind else SqliteChangeMark(url, patience=5.0) as mark,
        Database(url) as ours,
        Database(url) as theirs,
    ):
        database = theirs if request.param == "sqlite of another process" else ours
        eras = Eras(clock)
        yield Stores(
            mark,
            SqlSessionStore(database),
            SqlBrowserSessions(database, eras),
            SqlBrowserSessions(database, eras, TICKET),
            SqlInterestBook(database),
            blind=blind,
        )


async def test_while_nothing_is_written_the_mark_stays(stores: Stores) -> None:
    await stores.sessions.add(OPENED)
    before = await stores.mark.read()
    await stores.sessions.get(OPENED.id)
    await stores.browsers.find(SECRET, START)

    after = await stores.mark.read()

    assert before == after
    assert stores.blind is (after is None)


async def _begin(stores: Stores) -> None:
    begun = OPENED.begin_redirect(FakeIds().redirect(), now=START, actor="merchant")
    await stores.sessions.save(OPENED, begun)


@pytest.mark.parametrize(
    "change",
    [
        lambda stores: stores.sessions.add(attrs.evolve(OPENED, id=SyncSessionId("ss_2"))),
        _begin,
        lambda stores: stores.browsers.open(OTHER, LOGIN),
        lambda stores: stores.browsers.close(SECRET),
        lambda stores: stores.tickets.open(OTHER, LOGIN),
        lambda stores: stores.interests.record(
            Interest(merchant=MERCHANT, platform_key=PlatformKey("gbol"), since=START)
        ),
    ],
    ids=["session", "attempt", "login", "logout", "ticket", "interest"],
)
async def test_after_any_change_it_is_another(
    stores: Stores, change: Callable[[Stores], Awaitable[object]]
) -> None:
    await stores.sessions.add(OPENED)
    await stores.browsers.open(SECRET, LOGIN)
    before = await stores.mark.read()

    await change(stores)

    after = await stores.mark.read()
    assert after is None or before != after

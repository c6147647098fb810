"""What everybody promises who reads in one go what is known of a merchant."""

import datetime as dt
from collections.abc import AsyncGenerator
from pathlib import Path

import attrs
import pytest

from adapters.browser_sessions.sql import TICKET, SqlBrowserSessions
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.interest.sql import SqlInterestBook
from adapters.sessions.sql import SqlSessionStore
from adapters.visits.sql import SqlVisits
from domain.ids import MerchantIdentifier, PlatformKey, Secret, SyncSessionId
from domain.model.brand import Brand
from domain.model.caller import ConnectGrant, Grant
from domain.model.interest import Interest
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.interest_book import InterestBook
from domain.ports.session_store import SessionStore
from domain.ports.visits import Visit, Visits
from tests.adapters.database.fresh import fresh_url
from tests.adapters.database.modes import MODES, keep
from tests.fakes.browser_sessions import FakeBrowserSessions
from tests.fakes.clock import START, FakeClock
from tests.fakes.eras import FakeEras
from tests.fakes.ids import FakeIds
from tests.fakes.interest import FakeInterestBook
from tests.fakes.sessions import FakeSessionStore
from tests.fakes.visits import FakeVisits


pytestmark = pytest.mark.anyio

LATER = START + dt.timedelta(minutes=15)
IDS = FakeIds()
SECRET = IDS.secret()
M1, M2 = MerchantIdentifier("m-1"), MerchantIdentifier("m-2")
LOGIN = ConnectGrant(
    grant=Grant(
        merchant=Merchant(identifier=M1, name="Corner Café"), locale="de", brand=Brand(radius=0)
    ),
    expires_at=LATER,
)


@attrs.frozen(kw_only=True)
class Stores:
    """The visits, and what they are told from."""

    visits: Visits
    browsers: BrowserSessions
    sessions: SessionStore
    interests: InterestBook
    clock: FakeClock
    tells_at_once: bool = True

    async def look(
        self, secret: Secret = SECRET, now: dt.datetime = START, limit: int = 100
    ) -> Visit | None:
        """What is told, at once as well: the same, or nothing."""
        at_once = self.visits.find_at_once(secret, now, limit=limit)
        found = await self.visits.find(secret, now, limit=limit)
        assert at_once == (found if self.tells_at_once else None)
        # And nothing that was remembered of the first look is taken for what is there now.
        assert at_once == self.visits.find_at_once(secret, now, limit=limit)
        return found


@pytest.fixture(params=["fake", *MODES, "postgres"])
async def stores(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Stores]:
    clock = FakeClock()
    if request.param == "fake":
        known = FakeBrowserSessions(eras=FakeEras(clock))
        begun, wanted = FakeSessionStore(), FakeInterestBook()
        yield Stores(
            visits=FakeVisits(known, begun, wanted),
            browsers=known,
            sessions=begun,
            interests=wanted,
            clock=clock,
        )
        return
    keep(request.param, monkeypatch)
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as database:
            browsers = SqlBrowserSessions(database, Eras(clock))
            yield Stores(
                visits=SqlVisits(browsers),
                browsers=browsers,
                sessions=SqlSessionStore(database),
                interests=SqlInterestBook(database),
                clock=clock,
                tells_at_once=request.param == "wal",
            )


def session(number: int, merchant: MerchantIdentifier = M1) -> SyncSession:
    return SyncSession.open(
        SyncSessionId(f"ss_{number:026d}"), merchant, PlatformKey("gbol"), now=START, actor="a"
    )


def interest(key: str, merchant: MerchantIdentifier = M1) -> Interest:
    return Interest(merchant=merchant, platform_key=PlatformKey(key), since=START)


async def test_who_has_begun_nothing_has_a_login_only(stores: Stores) -> None:
    await stores.browsers.open(SECRET, LOGIN)

    assert [Visit(login=LOGIN)] * 2 == [await stores.look(), await stores.look()]


async def test_all_that_the_merchant_has_is_told_and_nothing_of_another(stores: Stores) -> None:
    await stores.browsers.open(SECRET, LOGIN)
    mine = [session(number) for number in (1, 2, 3)]
    for each in (*mine, session(4, M2)):
        await stores.sessions.add(each)
    for written in (interest("gbol"), interest("qhyg"), interest("fbrh", M2)):
        await stores.interests.record(written)

    visit = await stores.look()

    assert visit is not None
    assert (LOGIN, tuple(reversed(mine))) == (visit.login, visit.begun)
    assert {"gbol", "qhyg"} == visit.wanted


async def test_of_many_sync_sessions_the_newest_are_told(stores: Stores) -> None:
    await stores.browsers.open(SECRET, LOGIN)
    for number in range(5):
        await stores.sessions.add(session(number))

    visit = await stores.look(limit=2)

    assert visit is not None
    assert (session(4), session(3)) == visit.begun


async def test_nobody_visits_without_a_login_that_holds(stores: Stores) -> None:
    other = IDS.secret()
    await stores.browsers.open(SECRET, LOGIN)
    await stores.browsers.open(other, LOGIN)
    await stores.browsers.close(other)

    assert await stores.look(other) is None
    assert await stores.look(IDS.secret()) is None
    assert await stores.look(now=LATER) is None
    assert await stores.look(now=LATER - dt.timedelta(microseconds=1)) is not None


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "x" * 10_000])
async def test_a_cookie_that_nobody_was_given_is_nobodys(stores: Stores, odd: str) -> None:
    await stores.browsers.open(SECRET, LOGIN)

    assert await stores.look(Secret(odd)) is None


async def test_no_visit_goes_on_after_the_clock_was_set_back(stores: Stores) -> None:
    await stores.browsers.open(SECRET, LOGIN)
    stores.clock.set_back(3600)

    assert await stores.look(now=stores.clock.now()) is None
    assert await stores.browsers.find(SECRET, stores.clock.now()) is None


async def test_what_was_remembered_of_a_login_counts_only_as_long_as_it_is_stored_so(
    stores: Stores,
) -> None:
    await stores.browsers.open(SECRET, LOGIN)
    await stores.look()
    await stores.browsers.close(SECRET)
    other = attrs.evolve(LOGIN, grant=Grant(merchant=Merchant(identifier=M2)))
    await stores.sessions.add(session(1, M1))
    await stores.sessions.add(session(2, M2))
    await stores.browsers.open(SECRET, other)

    assert Visit(login=other, begun=(session(2, M2),)) == await stores.look()


@pytest.mark.parametrize("kind", [*MODES, "postgres"])
async def test_another_process_may_have_changed_what_is_remembered_of_a_login(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(kind, monkeypatch)
    other = attrs.evolve(LOGIN, grant=Grant(merchant=Merchant(identifier=M2)))
    with fresh_url(kind, tmp_path) as url:
        async with Database(url) as here, Database(url) as there:
            ours, theirs = (
                SqlBrowserSessions(database, Eras(FakeClock())) for database in (here, there)
            )
            visits = SqlVisits(ours)
            await ours.open(SECRET, LOGIN)
            await theirs.close(SECRET)
            await theirs.open(SECRET, other)
            await SqlSessionStore(there).add(session(2, M2))

            wanted = Visit(login=other, begun=(session(2, M2),))
            assert wanted == await visits.find(SECRET, START, limit=9)
            assert visits.find_at_once(SECRET, START, limit=9) in (None, wanted)


async def test_a_ticket_is_no_login(tmp_path: Path) -> None:
    with fresh_url("sqlite", tmp_path) as url:
        async with Database(url) as database:
            eras = Eras(FakeClock())
            await SqlBrowserSessions(database, eras, TICKET).open(SECRET, LOGIN)

            visits = SqlVisits(SqlBrowserSessions(database, eras))
            assert await visits.find(SECRET, START, limit=1) is None

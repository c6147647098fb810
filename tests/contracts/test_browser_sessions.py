"""What every keeper of the hosted page's logins promises."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.browser_sessions.sql import KIND, LOOK, TICKET, SqlBrowserSessions
from adapters.database.database import Database
from adapters.database.eras import Eras
from domain.ids import MerchantIdentifier, PlatformKey, ReturnName, Secret
from domain.model.brand import Brand, Mode
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.ports.browser_sessions import BrowserSessions
from tests.adapters.database.fresh import fresh_url
from tests.fakes.browser_sessions import FakeBrowserSessions
from tests.fakes.clock import START, FakeClock
from tests.fakes.eras import FakeEras
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

IDS = FakeIds()
LATER = START + dt.timedelta(minutes=15)
LOGIN = ConnectGrant(
    grant=Grant(
        merchant=Merchant(identifier=MerchantIdentifier("m-1"), name="Corner Café"),
        integrations=frozenset({PlatformKey("gbol")}),
        return_to=ReturnName("till"),
        locale="de",
        brand=Brand(radius=0, mode=Mode.DARK),
    ),
    expires_at=LATER,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["fake", "sqlite", "tickets", "looks", "postgres"])
async def browsers(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncGenerator[BrowserSessions]:
    if request.param == "fake":
        yield FakeBrowserSessions(eras=FakeEras(clock))
        return
    kind = {"tickets": TICKET, "looks": LOOK}.get(request.param, KIND)
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as database:
            yield SqlBrowserSessions(database, Eras(clock), kind)


async def test_a_login_is_found_as_it_was_opened_any_number_of_times(
    browsers: BrowserSessions,
) -> None:
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)

    assert [LOGIN, LOGIN] == [await browsers.find(secret, START) for _ in range(2)]


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "x" * 10_000])
async def test_a_cookie_that_nobody_was_given_stands_for_nothing(
    browsers: BrowserSessions, odd: str
) -> None:
    await browsers.open(IDS.secret(), LOGIN)

    assert await browsers.find(Secret(odd), START) is None


async def test_a_login_lasts_until_just_before_its_end(browsers: BrowserSessions) -> None:
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)

    assert LOGIN == await browsers.find(secret, LATER - dt.timedelta(microseconds=1))
    assert await browsers.find(secret, LATER) is None


async def test_no_login_outlives_a_clock_that_is_set_back(
    browsers: BrowserSessions, clock: FakeClock
) -> None:
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)
    clock.set_back(3600)

    found = await browsers.find(secret, clock.now())
    clock.advance(3600)

    assert [None, None] == [found, await browsers.find(secret, clock.now())]


async def test_who_comes_in_after_the_clock_was_set_back_is_in(
    browsers: BrowserSessions, clock: FakeClock
) -> None:
    await browsers.open(IDS.secret(), LOGIN)
    clock.set_back(3600)
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)

    assert LOGIN == await browsers.find(secret, clock.now())


async def test_a_small_correction_of_the_clock_ends_no_login(
    browsers: BrowserSessions, clock: FakeClock
) -> None:
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)
    clock.set_back(30)

    assert LOGIN == await browsers.find(secret, clock.now())


async def test_a_closed_login_stands_for_nothing(browsers: BrowserSessions) -> None:
    secret, other = IDS.secret(), IDS.secret()
    await browsers.open(secret, LOGIN)
    await browsers.open(other, LOGIN)

    await browsers.close(secret)

    assert await browsers.find(secret, START) is None
    assert LOGIN == await browsers.find(other, START)


async def test_closing_what_was_never_opened_is_no_error(browsers: BrowserSessions) -> None:
    await browsers.close(Secret("never opened"))


async def test_logins_that_still_hold_outlive_any_number_of_new_ones(
    browsers: BrowserSessions,
) -> None:
    secret = IDS.secret()
    await browsers.open(secret, LOGIN)
    await asyncio.gather(*(browsers.open(IDS.secret(), LOGIN) for _ in range(150)))

    assert LOGIN == await browsers.find(secret, START)

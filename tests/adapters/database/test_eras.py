"""Logins and tokens in the database where the clock is set back, across processes."""

import datetime as dt
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import LEEWAY, Eras
from adapters.database.moments import from_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import eras
from domain.ids import MerchantIdentifier, Secret
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from tests.adapters.database.fresh import fresh_url
from tests.fakes.clock import START, FakeClock
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

LIFETIME = 60
GRANT = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
IDS = FakeIds()
LATEST = Prepared(sa.select(eras.c.latest))


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Database]:
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as opened:
            yield opened


def after_a_restart(clock: FakeClock) -> FakeClock:
    """Another process's clock: nobody can compare its monotonic hand with the old one's."""
    return FakeClock(wall=clock.wall, ticks=0)


async def a_token(tokens: SqlConnectTokens, clock: FakeClock) -> Secret:
    secret = IDS.secret()
    until = clock.now() + dt.timedelta(seconds=LIFETIME)
    await tokens.issue(secret, ConnectGrant(grant=GRANT, expires_at=until))
    return secret


async def a_login(browsers: SqlBrowserSessions, clock: FakeClock) -> Secret:
    secret = IDS.secret()
    until = clock.now() + dt.timedelta(seconds=LIFETIME)
    await browsers.open(secret, ConnectGrant(grant=GRANT, expires_at=until))
    return secret


async def test_a_clock_that_was_set_back_while_nothing_ran_is_noticed(database: Database) -> None:
    clock = FakeClock()
    secret = await a_token(SqlConnectTokens(database, Eras(clock)), clock)
    login = await a_login(SqlBrowserSessions(database, Eras(clock)), clock)
    clock.set_back(3600)
    clock = after_a_restart(clock)
    eras = Eras(clock)

    assert await SqlBrowserSessions(database, eras).find(login, clock.now()) is None
    assert await SqlConnectTokens(database, eras).claim(secret, clock.now()) is None


async def test_several_processes_begin_one_new_era_together(database: Database) -> None:
    clock = FakeClock()
    stores = [SqlConnectTokens(database, Eras(clock)) for _ in range(3)]
    old = [await a_token(store, clock) for store in stores]
    clock.set_back(3600)

    new = [await a_token(store, clock) for store in stores]

    assert [None] * 3 == [await stores[0].claim(secret, clock.now()) for secret in old]
    assert None not in [await stores[0].claim(secret, clock.now()) for secret in new]


async def test_a_clock_that_was_ahead_by_mistake_costs_what_was_handed_out_meanwhile_only(
    database: Database,
) -> None:
    clock = FakeClock()
    tokens = SqlConnectTokens(database, Eras(clock))
    clock.advance(10 * 365 * 86400)
    wrong = await a_token(tokens, clock)
    clock.set_back(10 * 365 * 86400)
    right = await a_token(tokens, clock)

    assert await tokens.claim(wrong, clock.now()) is None
    assert await tokens.claim(right, clock.now()) is not None


async def test_the_time_is_written_down_once_a_second_and_never_earlier_than_it_was(
    database: Database,
) -> None:
    clock = FakeClock()
    tokens = SqlConnectTokens(database, Eras(clock))
    written = []
    for seconds in (0, 0.5, 0.5, 0.999, 0.001, -2, 5):
        (clock.advance if seconds >= 0 else clock.set_back)(abs(seconds))
        await a_token(tokens, clock)
        ((latest,),) = await database.read(lambda connection: LATEST.rows(connection, {}))
        written.append((from_micros(latest) - START).total_seconds())

    assert [0, 0, 1, 1, 2, 2, 5] == written


async def test_what_was_not_written_down_hides_no_clock_that_was_set_back_further(
    database: Database,
) -> None:
    clock = FakeClock()
    tokens = SqlConnectTokens(database, Eras(clock))
    secret = await a_token(tokens, clock)
    clock.advance(0.9)
    await a_token(tokens, clock)
    clock.set_back(31)
    clock = after_a_restart(clock)

    assert await SqlConnectTokens(database, Eras(clock)).claim(secret, clock.now()) is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["pass", "set back", "restart", "look"]), st.integers(0, 4000)),
    max_size=12,
)


@given(steps=STEPS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_however_often_the_clock_is_set_back_nothing_works_long_after_its_end(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    """
    With one exception, which nobody can notice: nobody looked and nobody wrote, the process
    ended, and the clock was set back by less than what had passed since.
    """
    clock = FakeClock()
    eras = Eras(clock)
    tokens, browsers = SqlConnectTokens(database, eras), SqlBrowserSessions(database, eras)
    secret, login = await a_token(tokens, clock), await a_login(browsers, clock)
    age = 0.0
    for what, seconds in steps:
        if what == "pass":
            clock.advance(seconds)
            age += seconds
        elif what == "set back":
            clock.set_back(seconds)
        else:
            # A process that is about to end has looked at the clock.
            await a_token(tokens, clock)
            if what == "restart":
                clock = after_a_restart(clock)
                eras = Eras(clock)
                tokens = SqlConnectTokens(database, eras)
                browsers = SqlBrowserSessions(database, eras)

    found = await browsers.find(login, clock.now())
    claimed = await tokens.claim(secret, clock.now())

    if found is not None or claimed is not None:
        assert age < LIFETIME + LEEWAY.total_seconds() * (1 + len(steps))

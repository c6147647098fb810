"""How secrets and what they stand for are stored."""

import asyncio
import datetime as dt
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import given

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.database.grants import MOST_PRUNED, from_row, hash_of, to_row
from adapters.database.moments import to_micros
from adapters.database.schema import browser_sessions, connect_tokens
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, Secret
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from tests import strategies
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START, FakeClock
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

IDS = FakeIds()
SECRET = Secret("s" * 43)


def until(end: dt.datetime) -> ConnectGrant:
    merchant = Merchant(identifier=MerchantIdentifier("m-1"))
    return ConnectGrant(grant=Grant(merchant=merchant), expires_at=end)


def test_a_secret_of_one_kind_is_not_known_as_another() -> None:
    kinds = ("connect token", "browser session", "ticket")

    assert 3 == len({hash_of(SECRET, kind) for kind in kinds})


@given(strategies.connect_grants)
def test_whatever_a_secret_stands_for_comes_back(kept: ConnectGrant) -> None:
    row = to_row(b"", kept)

    assert kept == from_row(row["stands_for"], row["expires_at"])


def test_a_row_of_before_there_were_brands_is_what_is_written_without_one() -> None:
    row = to_row(b"", until(START))

    assert '{"merchant":"m-1"}' == row["stands_for"]
    assert until(START) == from_row('{"merchant":"m-1"}', to_micros(START))


@pytest.mark.parametrize(
    "brand",
    ['"dark"', "[]", '{"radius":99}', '{"accentColor":"#ffcc00"}', '{"font":["a;b"]}'],
)
def test_a_brand_that_nobody_can_have_stored_is_damage(brand: str) -> None:
    with pytest.raises(StorageUnavailable):
        from_row(f'{{"merchant":"m-1","brand":{brand}}}', to_micros(START))


def test_the_end_of_a_visit_is_stored_only_where_it_is_known() -> None:
    row = to_row(b"", attrs.evolve(until(START), visit_ends=START))

    assert f'{{"merchant":"m-1","visit_ends":{to_micros(START)}}}' == row["stands_for"]


async def test_what_expired_long_ago_is_forgotten_a_little_at_a_time(tmp_path: Path) -> None:
    count = sa.select(sa.func.count()).select_from(connect_tokens)
    logins = sa.select(sa.func.count()).select_from(browser_sessions)
    old, new = until(START), until(START + dt.timedelta(days=1))
    async with Database(fresh_database(tmp_path)) as database:
        tokens, browsers = (
            SqlConnectTokens(database, Eras(FakeClock())),
            SqlBrowserSessions(database, Eras(FakeClock())),
        )
        await asyncio.gather(*(tokens.issue(IDS.secret(), old) for _ in range(MOST_PRUNED + 1)))
        await browsers.open(IDS.secret(), old)
        left = []
        for _ in range(2):
            await tokens.issue(IDS.secret(), new)
            left.append(await database.read(lambda connection: connection.scalar(count)))
        await browsers.open(IDS.secret(), new)

        assert [2, 2] == left
        assert 1 == await database.read(lambda connection: connection.scalar(logins))


async def test_a_damaged_row_opens_no_door_and_spends_no_token(tmp_path: Path) -> None:
    async with Database(fresh_database(tmp_path)) as database:
        tokens, browsers = (
            SqlConnectTokens(database, Eras(FakeClock())),
            SqlBrowserSessions(database, Eras(FakeClock())),
        )
        await tokens.issue(SECRET, until(START))
        await browsers.open(SECRET, until(START))
        early = START - dt.timedelta(seconds=1)

        def damage(connection: sa.Connection) -> None:
            for table in (connect_tokens, browser_sessions):
                connection.execute(sa.update(table).values(stands_for='{"merchant": 7}'))

        await database.write(damage)

        for asking in (tokens.claim(SECRET, early), browsers.find(SECRET, early)):
            with pytest.raises(StorageUnavailable):
                await asking
        kept = await database.read(
            lambda connection: connection.scalar(sa.select(connect_tokens.c.hash))
        )
        assert hash_of(SECRET, "connect token") == kept

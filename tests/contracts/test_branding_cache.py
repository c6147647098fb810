"""What every branding cache promises."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.branding.read_through import ReadThroughBrandingCache
from adapters.branding.redis import RedisShelf
from adapters.branding.sql import SqlShelf
from adapters.database.database import Database
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import CodatTimedOut, CodatUnavailable
from domain.ids import PlatformKey
from domain.model.freshness import Dated
from domain.model.integration import Branding
from domain.ports.branding_cache import BrandingCache
from tests.adapters.branding.upstream import (
    QUICKBOOKS,
    XERO,
    Upstream,
    branding,
    reported,
    until,
)
from tests.adapters.database.fresh import fresh_url
from tests.fakes.branding import FakeBrandingCache
from tests.fakes.clock import START, FakeClock
from tests.fakes.shelf import FakeShelf
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

MINUTE, HOUR = 60, 3600


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def codat() -> Upstream:
    return Upstream()


@pytest.fixture(params=["fake", "memory", "sqlite", "postgres", "valkey"])
async def cache(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncGenerator[BrandingCache]:
    if request.param == "fake":
        yield FakeBrandingCache(clock)
    elif request.param == "memory":
        async with ReadThroughBrandingCache(shelf=FakeShelf(), clock=clock) as in_memory:
            yield in_memory
    elif request.param == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        async with (
            RedisServer.at(valkey.fresh(), budget=PATIENT) as server,
            ReadThroughBrandingCache(
                shelf=RedisShelf(server), clock=clock, leases=RedisLeases(server, "load")
            ) as in_valkey,
        ):
            yield in_valkey
    else:
        with fresh_url(request.param, tmp_path) as url:
            async with (
                Database(url) as database,
                ReadThroughBrandingCache(shelf=SqlShelf(database), clock=clock) as in_database,
            ):
                yield in_database


async def one(cache: BrandingCache, codat: Upstream) -> Dated[Branding] | None:
    return (await cache.brandings([XERO], codat.branding)).get(XERO)


async def test_without_a_copy_the_answer_is_loaded(cache: BrandingCache, codat: Upstream) -> None:
    assert Dated(value=codat.listed, fetched_at=START) == await cache.integrations(
        codat.integrations
    )
    assert {XERO: Dated(value=branding(1), fetched_at=START)} == await cache.brandings(
        [XERO], codat.branding
    )


async def test_a_fresh_copy_costs_no_call(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    first = [await cache.integrations(codat.integrations), await one(cache, codat)]
    clock.advance(15 * MINUTE - 1)

    again = [await cache.integrations(codat.integrations), await one(cache, codat)]

    assert first == again
    assert {"integrations": 1, XERO: 1} == codat.calls


async def test_a_stale_copy_is_served_while_one_load_runs(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    clock.advance(15 * MINUTE)
    codat.may_answer.clear()
    codat.version, codat.listed = 2, reported(XERO)

    stale = [await one(cache, codat) for _ in range(3)]
    lists = [await cache.integrations(codat.integrations) for _ in range(3)]

    assert [Dated(value=branding(1), fetched_at=START)] * 3 == stale
    assert [reported(XERO, QUICKBOOKS)] * 3 == [dated.value for dated in lists]
    await until(lambda: codat.calls == {"integrations": 2, XERO: 2})
    codat.may_answer.set()


async def test_what_was_loaded_in_the_background_is_served_next(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    clock.advance(HOUR)
    codat.version, codat.listed = 2, reported(XERO)
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    await codat.noticed({"integrations": 2, XERO: 2})

    newer = START + dt.timedelta(hours=1)
    assert Dated(value=branding(2), fetched_at=newer) == await one(cache, codat)
    assert Dated(value=reported(XERO), fetched_at=newer) == await cache.integrations(
        codat.integrations
    )


async def test_a_load_that_fails_leaves_the_copy_as_the_last_known(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    clock.advance(23 * HOUR)
    codat.error = CodatTimedOut()
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    await codat.noticed({"integrations": 2, XERO: 2})

    assert Dated(value=branding(1), fetched_at=START, last_known=True) == await one(cache, codat)
    assert Dated(
        value=codat.listed, fetched_at=START, last_known=True
    ) == await cache.integrations(codat.integrations)


async def test_an_outage_does_not_become_a_call_for_every_page_view(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.integrations(codat.integrations)
    await one(cache, codat)
    clock.advance(HOUR)
    codat.error = CodatUnavailable()

    for _ in range(30):
        await cache.integrations(codat.integrations)
        await one(cache, codat)
        await asyncio.sleep(0.005)
        clock.advance(1)

    assert {"integrations": 2, XERO: 2} == codat.calls


async def test_after_the_pause_it_is_tried_again_and_nothing_is_last_known_any_more(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await one(cache, codat)
    clock.advance(HOUR)
    codat.error = CodatUnavailable()
    await one(cache, codat)
    await codat.noticed({XERO: 2})
    codat.error = None
    clock.advance(30)

    await one(cache, codat)
    await codat.noticed({XERO: 3})

    again = await one(cache, codat)
    assert again is not None
    assert not again.last_known
    assert clock.now() == again.fetched_at


async def test_the_list_is_served_however_old_it_is(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.integrations(codat.integrations)
    clock.advance(365 * 24 * HOUR)
    codat.error = CodatUnavailable()

    assert codat.listed == (await cache.integrations(codat.integrations)).value
    await codat.noticed({"integrations": 2})


async def test_branding_of_a_day_ago_is_left_out_when_codat_has_no_answer(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await cache.brandings([XERO, QUICKBOOKS], codat.branding)
    clock.advance(24 * HOUR)
    codat.error = CodatUnavailable()

    assert {} == await cache.brandings([XERO, QUICKBOOKS], codat.branding)


async def test_branding_of_a_day_ago_is_not_served_while_it_is_loaded_anew(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await one(cache, codat)
    clock.advance(24 * HOUR)
    codat.version = 2

    assert Dated(value=branding(2), fetched_at=clock.now()) == await one(cache, codat)


async def test_a_branding_that_is_missing_does_not_cost_a_call_for_every_page_view(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    codat.error = CodatTimedOut()
    for _ in range(30):
        assert await one(cache, codat) is None
        clock.advance(1)
    assert {XERO: 1} == codat.calls
    codat.error = None

    assert await one(cache, codat) is not None


async def test_without_a_list_the_failure_is_told_and_after_a_short_pause_it_is_tried_again(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    codat.error = CodatUnavailable()
    with pytest.raises(CodatUnavailable):
        await cache.integrations(codat.integrations)
    codat.error = None
    clock.advance(5)

    assert codat.listed == (await cache.integrations(codat.integrations)).value


async def test_without_a_list_an_outage_does_not_become_a_call_for_every_page_view(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    codat.error = CodatTimedOut(correlation_id="0123456789abcdef")
    told = []
    for _ in range(50):
        with pytest.raises(CodatTimedOut) as failure:
            await cache.integrations(codat.integrations)
        told.append(failure.value)
        clock.advance(0.1)

    assert {"integrations": 1} == codat.calls
    assert {"0123456789abcdef"} == {error.correlation_id for error in told}


async def test_a_failure_that_is_told_again_gathers_no_tracebacks(
    cache: BrandingCache, codat: Upstream
) -> None:
    codat.error = CodatUnavailable(retry_after=dt.timedelta(seconds=7))
    told = []
    for _ in range(5):
        with pytest.raises(CodatUnavailable) as failure:
            await cache.integrations(codat.integrations)
        told.append((failure.value, len(failure.traceback), failure.value.retry_after))

    assert 5 == len({id(error) for error, _, _ in told})
    assert 1 == len({depth for _, depth, _ in told[1:]})
    assert {dt.timedelta(seconds=7)} == {wish for _, _, wish in told}


async def test_a_thousand_who_ask_at_once_cost_one_call_each(
    cache: BrandingCache, codat: Upstream
) -> None:
    async def page_view() -> int:
        integrations = await cache.integrations(codat.integrations)
        keys = [integration.key for integration in integrations.value]
        return len(await cache.brandings(keys, codat.branding))

    shown = await asyncio.gather(*(page_view() for _ in range(1000)))

    assert {2: 1000} == Counter(shown)
    assert {"integrations": 1, XERO: 1, QUICKBOOKS: 1} == codat.calls


async def test_who_waited_for_a_load_that_fails_is_told_and_it_is_one_call(
    cache: BrandingCache, codat: Upstream
) -> None:
    codat.error = CodatTimedOut()

    answers = await asyncio.gather(
        *(cache.integrations(codat.integrations) for _ in range(10)), return_exceptions=True
    )

    assert {CodatTimedOut: 10} == Counter(map(type, answers))
    assert {"integrations": 1} == codat.calls


async def test_who_stops_waiting_does_not_stop_the_load_for_the_others(
    cache: BrandingCache, codat: Upstream
) -> None:
    codat.may_answer.clear()
    impatient = asyncio.create_task(cache.integrations(codat.integrations))
    await until(lambda: codat.at_once == 1)
    patient = asyncio.create_task(cache.integrations(codat.integrations))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    codat.may_answer.set()

    assert codat.listed == (await patient).value
    assert {"integrations": 1} == codat.calls


async def test_brandings_are_loaded_side_by_side(cache: BrandingCache, codat: Upstream) -> None:
    keys = [PlatformKey(f"aaa{letter}") for letter in "abcdef"]
    codat.may_answer.clear()
    asking = asyncio.create_task(cache.brandings(keys, codat.branding))
    await until(lambda: codat.at_once == len(keys))
    codat.may_answer.set()

    assert set(keys) == set(await asking)


async def test_one_missing_branding_does_not_hide_the_others(
    cache: BrandingCache, codat: Upstream
) -> None:
    async def only_xero(key: PlatformKey) -> Branding:
        if key == QUICKBOOKS:
            raise CodatTimedOut
        return await codat.branding(key)

    assert {XERO} == set(await cache.brandings([XERO, QUICKBOOKS], only_xero))


async def test_a_refresh_loads_even_what_is_fresh(cache: BrandingCache, codat: Upstream) -> None:
    await one(cache, codat)
    codat.version = 2

    assert branding(2) == (await cache.refresh(XERO, codat.branding)).value
    assert Dated(value=branding(2), fetched_at=START) == await cache.peek(XERO)


async def test_a_refresh_that_fails_tells_so_and_leaves_the_copy(
    cache: BrandingCache, codat: Upstream
) -> None:
    await one(cache, codat)
    codat.error = CodatUnavailable()

    with pytest.raises(CodatUnavailable):
        await cache.refresh(XERO, codat.branding)

    assert Dated(value=branding(1), fetched_at=START, last_known=True) == await cache.peek(XERO)


async def test_a_peek_loads_nothing(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    assert await cache.peek(XERO) is None
    await one(cache, codat)
    clock.advance(48 * HOUR)

    assert Dated(value=branding(1), fetched_at=START) == await cache.peek(XERO)
    assert {XERO: 1} == codat.calls


async def test_a_clock_that_is_set_back_makes_a_copy_stale_and_no_more(
    cache: BrandingCache, codat: Upstream, clock: FakeClock
) -> None:
    await one(cache, codat)
    clock.set_back(HOUR)
    codat.version = 2

    assert Dated(value=branding(1), fetched_at=START) == await one(cache, codat)
    await codat.noticed({XERO: 2})


async def test_asking_for_nothing_finds_nothing(cache: BrandingCache, codat: Upstream) -> None:
    assert {} == await cache.brandings([], codat.branding)
    assert {} == codat.calls


async def test_copies_can_be_kept(cache: BrandingCache) -> None:
    await cache.ping()

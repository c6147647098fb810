"""What every cache of pictures promises."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.branding.pictures import ReadThroughPictureCache
from adapters.branding.redis import RedisShelf
from adapters.branding.sql import SqlShelf
from adapters.database.database import Database
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import CodatAnswerInvalid, CodatNotFound, CodatTimedOut, CodatUnavailable
from domain.ids import PlatformKey
from domain.model.picture import PictureKind, parse_picture
from domain.ports.picture_cache import PictureCache, PicturePlace
from tests.adapters.branding.upstream import until
from tests.adapters.database.fresh import fresh_url
from tests.fakes.clock import FakeClock
from tests.fakes.pictures import FakePictureCache, FakePictureSource, png
from tests.fakes.shelf import FakeShelf
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

MINUTE, DAY = 60, 24 * 3600
SRC = "https://static.codat.io/xero.png"
XERO = PicturePlace(key=PlatformKey("gbol"), kind=PictureKind.LOGO, src=SRC)
BUTTON = PicturePlace(
    key=PlatformKey("qhyg"), kind=PictureKind.BUTTON, src="https://static.codat.io/button.png"
)
NEWER = parse_picture(png(note="newer"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source() -> FakePictureSource:
    return FakePictureSource()


@pytest.fixture(params=["fake", "memory", "sqlite", "postgres", "valkey"])
async def cache(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncGenerator[PictureCache]:
    if request.param == "fake":
        yield FakePictureCache(clock)
    elif request.param == "memory":
        async with ReadThroughPictureCache(shelf=FakeShelf(), clock=clock) as in_memory:
            yield in_memory
    elif request.param == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        async with (
            RedisServer.at(valkey.fresh(), budget=PATIENT) as server,
            ReadThroughPictureCache(
                shelf=RedisShelf(server), clock=clock, leases=RedisLeases(server, "load")
            ) as in_valkey,
        ):
            yield in_valkey
    else:
        with fresh_url(request.param, tmp_path) as url:
            async with (
                Database(url) as database,
                ReadThroughPictureCache(shelf=SqlShelf(database), clock=clock) as in_database,
            ):
                yield in_database


async def test_without_a_copy_the_picture_is_loaded(
    cache: PictureCache, source: FakePictureSource
) -> None:
    assert await source.fetch(SRC) == await cache.picture(XERO, source.fetch)


async def test_each_place_has_its_own_picture(
    cache: PictureCache, source: FakePictureSource
) -> None:
    for place in (XERO, BUTTON, XERO, BUTTON):
        shown = await cache.picture(place, source.fetch)
        assert await FakePictureSource().fetch(place.src) == shown

    assert {XERO.src: 1, BUTTON.src: 1} == source.fetched


async def test_a_copy_costs_no_load_for_a_day(
    cache: PictureCache, source: FakePictureSource, clock: FakeClock
) -> None:
    first = await cache.picture(XERO, source.fetch)
    clock.advance(DAY - 1)

    assert first == await cache.picture(XERO, source.fetch)
    assert {SRC: 1} == source.fetched


async def test_then_it_is_served_while_one_load_runs_and_the_new_one_after_that(
    cache: PictureCache, source: FakePictureSource, clock: FakeClock
) -> None:
    first = await cache.picture(XERO, source.fetch)
    clock.advance(DAY)
    source.pictures[SRC] = NEWER
    source.may_answer.clear()

    for _ in range(3):
        assert first == await cache.picture(XERO, source.fetch)
    await until(lambda: source.fetched == {SRC: 2})
    source.may_answer.set()
    await asyncio.sleep(0.02)

    assert NEWER == await cache.picture(XERO, source.fetch)
    assert {SRC: 2} == source.fetched


async def test_it_is_served_for_thirty_days_where_no_load_succeeds(
    cache: PictureCache, source: FakePictureSource, clock: FakeClock
) -> None:
    first = await cache.picture(XERO, source.fetch)
    source.errors[SRC] = CodatUnavailable()
    clock.advance(30 * DAY - 1)

    assert first == await cache.picture(XERO, source.fetch)
    await until(lambda: source.fetched == {SRC: 2})
    await asyncio.sleep(0.01)
    clock.advance(15 * MINUTE)

    assert await cache.picture(XERO, source.fetch) is None


async def test_an_old_one_is_not_served_while_it_is_loaded_anew(
    cache: PictureCache, source: FakePictureSource, clock: FakeClock
) -> None:
    await cache.picture(XERO, source.fetch)
    clock.advance(30 * DAY)
    source.pictures[SRC] = NEWER

    assert NEWER == await cache.picture(XERO, source.fetch)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (CodatTimedOut(), 30),
        (CodatUnavailable(), 30),
        (CodatNotFound(), 15 * MINUTE),
        (CodatAnswerInvalid(reason="its picture cannot be shown"), 15 * MINUTE),
    ],
)
async def test_that_there_is_none_is_believed_for_a_while(
    cache: PictureCache,
    source: FakePictureSource,
    clock: FakeClock,
    error: Exception,
    seconds: int,
) -> None:
    source.errors[SRC] = error
    for _ in range(3):
        assert await cache.picture(XERO, source.fetch) is None
        clock.advance(seconds / 3 - 0.01)
    assert {SRC: 1} == source.fetched
    source.errors.clear()
    clock.advance(0.03)

    assert await cache.picture(XERO, source.fetch) is not None


async def test_a_thousand_who_ask_at_once_cost_one_load(
    cache: PictureCache, source: FakePictureSource
) -> None:
    source.may_answer.clear()
    asking = [asyncio.create_task(cache.picture(XERO, source.fetch)) for _ in range(1000)]
    await until(lambda: source.fetched == {SRC: 1})
    source.may_answer.set()

    assert {True: 1000} == Counter(one is not None for one in await asyncio.gather(*asking))
    assert {SRC: 1} == source.fetched


async def test_a_thousand_who_ask_at_once_for_what_is_not_there_cost_one_load(
    cache: PictureCache, source: FakePictureSource
) -> None:
    source.errors[SRC] = CodatNotFound()

    answers = await asyncio.gather(*(cache.picture(XERO, source.fetch) for _ in range(1000)))

    assert {None: 1000} == Counter(answers)
    assert {SRC: 1} == source.fetched


async def test_who_stops_waiting_does_not_stop_the_load_for_the_others(
    cache: PictureCache, source: FakePictureSource
) -> None:
    source.may_answer.clear()
    impatient = asyncio.create_task(cache.picture(XERO, source.fetch))
    await until(lambda: source.fetched == {SRC: 1})
    patient = asyncio.create_task(cache.picture(XERO, source.fetch))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    source.may_answer.set()

    assert await patient is not None
    assert {SRC: 1} == source.fetched


async def test_a_picture_of_another_address_takes_the_place(
    cache: PictureCache, source: FakePictureSource
) -> None:
    moved = PicturePlace(key=XERO.key, kind=XERO.kind, src="https://static.codat.io/new.png")
    before = await cache.picture(XERO, source.fetch)

    after = await cache.picture(moved, source.fetch)

    assert before != after == await source.fetch(moved.src)


async def test_a_refresh_loads_even_what_is_fresh(
    cache: PictureCache, source: FakePictureSource
) -> None:
    await cache.picture(XERO, source.fetch)
    source.pictures[SRC] = NEWER

    assert NEWER == await cache.refresh(XERO, source.fetch)
    assert NEWER == await cache.picture(XERO, source.fetch)
    assert {SRC: 2} == source.fetched


async def test_a_refresh_that_fails_tells_so_and_leaves_the_copy(
    cache: PictureCache, source: FakePictureSource
) -> None:
    first = await cache.picture(XERO, source.fetch)
    source.errors[SRC] = CodatTimedOut()

    with pytest.raises(CodatTimedOut):
        await cache.refresh(XERO, source.fetch)

    assert first == await cache.picture(XERO, source.fetch)

"""What only the cache of pictures over a shelf does: restarts, damage, room."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import attrs
import pytest

from adapters.branding.pictures import ReadThroughPictureCache
from adapters.branding.shelf import Shelf, Shelved
from adapters.branding.sql import SqlShelf
from adapters.branding.wire import StoredPicture, Superseded, picture_from
from adapters.database.database import Database
from domain.errors import CodatUnavailable
from domain.ids import PlatformKey
from domain.model.picture import PictureKind, parse_picture
from domain.ports.picture_cache import PicturePlace
from tests.adapters.branding.process import CountingShelf
from tests.adapters.branding.upstream import until
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START, FakeClock
from tests.fakes.pictures import FakePictureSource, png
from tests.fakes.shelf import FakeShelf


pytestmark = pytest.mark.anyio

SRC = "https://static.codat.io/xero.png"
XERO = PicturePlace(key=PlatformKey("gbol"), kind=PictureKind.LOGO, src=SRC)
NAME = "picture logo of gbol"
DAY = 24 * 3600


def place(number: int) -> PicturePlace:
    return attrs.evolve(XERO, src=f"https://static.codat.io/{number}.png")


@pytest.fixture(params=["memory", "sqlite"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Shelf]:
    if request.param == "memory":
        yield FakeShelf()
        return
    async with Database(fresh_database(tmp_path)) as database:
        yield SqlShelf(database)


async def test_pictures_survive_a_restart_and_an_outage_after_it(shelf: Shelf) -> None:
    clock, source = FakeClock(), FakePictureSource()
    async with ReadThroughPictureCache(shelf=shelf, clock=clock) as first:
        before = await first.picture(XERO, source.fetch)
    source.errors[SRC] = CodatUnavailable()
    clock.advance(29 * DAY)

    async with ReadThroughPictureCache(shelf=shelf, clock=clock) as second:
        after = await second.picture(XERO, source.fetch)
        await until(lambda: source.fetched == {SRC: 2})

    assert before == after
    assert before is not None


async def test_a_fresh_picture_costs_another_process_no_load(shelf: Shelf) -> None:
    clock, source = FakeClock(), FakePictureSource()
    for _ in range(3):
        async with ReadThroughPictureCache(shelf=shelf, clock=clock) as cache:
            assert await cache.picture(XERO, source.fetch) is not None

    assert {SRC: 1} == source.fetched


async def test_the_shelf_holds_one_picture_for_each_kind_wherever_it_came_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf, clock, source = CountingShelf(), FakeClock(), FakePictureSource()
    for number in range(5):
        async with ReadThroughPictureCache(shelf=shelf, clock=clock) as cache:
            await cache.picture(place(number), source.fetch)

    kept = await shelf.get(NAME)
    assert kept is not None
    assert await source.fetch(place(4).src) == picture_from(place(4).src).unseal(NAME, kept)
    assert 5 == shelf.puts
    assert "damaged" not in caplog.text
    with pytest.raises(Superseded):
        picture_from(place(3).src).unseal(NAME, kept)


async def test_what_is_damaged_on_the_shelf_is_fetched_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf, clock, source = FakeShelf(), FakeClock(), FakePictureSource()
    async with ReadThroughPictureCache(shelf=shelf, clock=clock) as cache:
        before = await cache.picture(XERO, source.fetch)
    kept = await shelf.get(NAME)
    assert kept is not None
    await shelf.put(NAME, kept.body[:-1] + b"!", kept.fetched_at)

    async with ReadThroughPictureCache(shelf=shelf, clock=clock) as cache:
        assert before == await cache.picture(XERO, source.fetch)

    assert {SRC: 2} == source.fetched
    assert "is damaged; it is made anew" in caplog.text


def test_what_is_kept_is_looked_at_as_strictly_as_what_comes() -> None:
    kept = picture_from(SRC)
    svg = attrs.evolve(parse_picture(png()), content=b"<svg/>")

    with pytest.raises(ValueError, match="it is not PNG"):
        kept.unseal(NAME, Shelved(kept.seal(NAME, svg, START), START))


def test_what_is_kept_is_the_address_and_the_bytes() -> None:
    assert ("src", "content") == StoredPicture.__struct_fields__


async def test_only_so_many_are_in_memory_and_those_that_were_asked_for_last() -> None:
    shelf, clock, source = CountingShelf(), FakeClock(), FakePictureSource()
    async with ReadThroughPictureCache(shelf=shelf, clock=clock, most=3) as cache:
        for number in (0, 1, 2, 0, 3):
            await cache.picture(place(number), source.fetch)
        gets = shelf.gets
        for number in (0, 2, 3):
            await cache.picture(place(number), source.fetch)
        assert gets == shelf.gets

        await cache.picture(place(1), source.fetch)

    assert gets < shelf.gets
    assert {place(number).src for number in range(4)} == set(source.fetched)
    assert 2 == source.fetched[place(1).src]


async def test_what_is_being_loaded_is_not_forgotten() -> None:
    source = FakePictureSource()
    source.may_answer.clear()
    async with ReadThroughPictureCache(shelf=FakeShelf(), clock=FakeClock(), most=1) as cache:
        asking = [
            asyncio.create_task(cache.picture(place(number), source.fetch))
            for number in (0, 1, 0, 1, 2)
        ]
        await until(lambda: len(source.fetched) == 3)
        source.may_answer.set()

        assert None not in await asyncio.gather(*asking)

    assert {1} == set(source.fetched.values())


async def test_only_a_few_loads_run_at_once() -> None:
    source = FakePictureSource()
    source.may_answer.clear()
    async with ReadThroughPictureCache(shelf=FakeShelf(), clock=FakeClock(), at_once=2) as cache:
        asking = [
            asyncio.create_task(cache.picture(place(number), source.fetch)) for number in range(6)
        ]
        await asyncio.sleep(0.02)
        assert 2 == source.fetched.total()
        source.may_answer.set()
        await asyncio.gather(*asking)

    assert 6 == source.fetched.total()


async def test_closing_calls_off_what_is_being_loaded() -> None:
    source = FakePictureSource()
    source.may_answer.clear()
    async with ReadThroughPictureCache(shelf=FakeShelf(), clock=FakeClock()) as cache:
        waiting = asyncio.create_task(cache.picture(XERO, source.fetch))
        await until(lambda: source.fetched == {SRC: 1})

    await asyncio.wait([waiting])
    assert waiting.cancelled()

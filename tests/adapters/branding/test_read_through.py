"""What only the branding cache over a shelf does: restarts, damage, failing shelves."""

import asyncio
import datetime as dt
import logging
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.branding.read_through import LOADS_AT_ONCE
from adapters.branding.shelf import Shelf, Shelved
from adapters.branding.sql import SqlShelf
from adapters.branding.wire import BRANDING, INTEGRATIONS
from adapters.database.database import Database
from domain.errors import (
    CodatNotFound,
    StorageUnavailable,
)
from domain.ids import PlatformKey
from domain.model.freshness import Dated
from domain.model.integration import Branding
from domain.model.supported import SUPPORTED
from tests.adapters.branding.process import CountingShelf, a_process
from tests.adapters.branding.upstream import (
    QUICKBOOKS,
    XERO,
    Upstream,
    branding,
    reported,
    until,
)
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START, FakeClock
from tests.fakes.shelf import FakeShelf


pytestmark = pytest.mark.anyio

LISTED, SHOWN = reported(XERO, QUICKBOOKS), branding(1)


@pytest.fixture(params=["memory", "sqlite"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Shelf]:
    if request.param == "memory":
        yield FakeShelf()
        return
    async with Database(fresh_database(tmp_path)) as database:
        yield SqlShelf(database)


async def test_copies_survive_a_restart(shelf: Shelf) -> None:
    clock, codat = FakeClock(), Upstream()
    async with a_process(shelf, clock) as first:
        await first.integrations(codat.integrations)
        await first.brandings([XERO], codat.branding)

    async with a_process(shelf, clock) as second:
        listed = await second.integrations(codat.integrations)
        shown = await second.brandings([XERO], codat.branding)

    assert Dated(value=LISTED, fetched_at=START) == listed
    assert {XERO: Dated(value=SHOWN, fetched_at=START)} == shown
    assert 2 == codat.calls.total()


async def test_a_shelf_holds_what_was_put_there_last(shelf: Shelf) -> None:
    assert await shelf.get("a") is None
    await shelf.put("a", b"1", START)
    await shelf.put("b", b"2", START)
    await shelf.put("a", b"3", START + dt.timedelta(seconds=1))

    assert Shelved(b"3", START + dt.timedelta(seconds=1)) == await shelf.get("a")


async def test_a_cold_process_looks_on_the_shelf_at_first_and_before_it_calls() -> None:
    shelf, codat = CountingShelf(), Upstream()
    async with a_process(shelf, FakeClock()) as cache:
        for _ in range(3):
            await asyncio.gather(*(cache.integrations(codat.integrations) for _ in range(9)))
            await asyncio.gather(*(cache.brandings([XERO], codat.branding) for _ in range(9)))

    assert (4, 2, 2) == (shelf.gets, shelf.puts, codat.calls.total())


async def test_a_process_takes_over_what_another_one_fetched_lately() -> None:
    shelf, clock, codat = FakeShelf(), FakeClock(), Upstream()
    async with a_process(shelf, clock) as one, a_process(shelf, clock) as other:
        await one.brandings([XERO], codat.branding)
        await other.brandings([XERO], codat.branding)
        clock.advance(3600)
        await one.refresh(XERO, codat.branding)
        await other.brandings([XERO], codat.branding)
        await asyncio.sleep(0.01)

        taken_over = await other.brandings([XERO], codat.branding)

    assert clock.now() == taken_over[XERO].fetched_at
    assert 2 == codat.calls.total()


async def test_a_single_flipped_bit_is_noticed_and_what_it_was_in_is_fetched_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, codat, shelf = FakeClock(), Upstream(), FakeShelf()
    async with a_process(shelf, clock) as cache:
        await cache.brandings([XERO], codat.branding)
    kept = await shelf.get("branding of gbol")
    assert kept is not None
    for bit in range(0, len(kept.body) * 8, 37):
        flipped = bytearray(kept.body)
        flipped[bit // 8] ^= 1 << bit % 8
        await shelf.put("branding of gbol", bytes(flipped), kept.fetched_at)
        calls = codat.calls.total()

        async with a_process(shelf, clock) as cache:
            shown = await cache.brandings([XERO], codat.branding)

        assert (SHOWN, calls + 1) == (shown[XERO].value, codat.calls.total())
        assert kept == await shelf.get("branding of gbol")
    assert "is damaged; it is made anew" in caplog.text


async def test_one_copy_is_never_taken_for_another_nor_for_a_newer_one() -> None:
    sealed = INTEGRATIONS.seal("integrations", LISTED, START)

    with pytest.raises(ValueError, match="digest"):
        INTEGRATIONS.unseal("something else", Shelved(sealed, START))
    later = START + dt.timedelta(seconds=1)
    with pytest.raises(ValueError, match="digest"):
        INTEGRATIONS.unseal("integrations", Shelved(sealed, later))


async def test_what_another_version_wrote_is_not_guessed_at() -> None:
    sealed = INTEGRATIONS.seal("x", LISTED, START)

    with pytest.raises(ValueError, match="another version"):
        BRANDING.unseal("x", Shelved(sealed, START))


async def test_a_failing_shelf_does_not_break_reading(caplog: pytest.LogCaptureFixture) -> None:
    shelf, codat = CountingShelf(fails=True), Upstream()
    async with a_process(shelf, FakeClock()) as cache:
        for _ in range(3):
            assert LISTED == (await cache.integrations(codat.integrations)).value
            assert {XERO} == set(await cache.brandings([XERO], codat.branding))
        assert SHOWN == (await cache.refresh(XERO, codat.branding)).value
        with pytest.raises(StorageUnavailable):
            await cache.ping()

    assert 3 == codat.calls.total()
    assert "cannot be read: the shelf was told to fail" in caplog.text
    assert "cannot be kept: the shelf was told to fail" in caplog.text


async def test_only_a_few_loads_run_at_once() -> None:
    codat = Upstream()
    keys = [PlatformKey(f"aaa{letter}") for letter in "abcdefghij"]
    async with a_process(FakeShelf(), FakeClock(), at_once=3) as cache:
        assert set(keys) == set(await cache.brandings(keys, codat.branding))

    assert 3 == codat.most_at_once


def test_no_integration_that_is_supported_waits_for_another_and_codat_has_room_for_a_start() -> (
    None
):
    most = max(Counter(row.side for row in SUPPORTED).values())

    assert most <= LOADS_AT_ONCE < 10


async def test_closing_calls_off_what_is_being_loaded() -> None:
    codat = Upstream()
    codat.may_answer.clear()
    async with a_process(FakeShelf(), FakeClock()) as cache:
        waiting = asyncio.create_task(cache.integrations(codat.integrations))
        await until(lambda: codat.at_once == 1)

    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_that_codat_has_no_branding_is_believed_for_a_quarter_of_an_hour() -> None:
    clock, codat = FakeClock(), Upstream(error=CodatNotFound())
    async with a_process(FakeShelf(), clock) as cache:
        for _ in range(3):
            assert {} == await cache.brandings([XERO], codat.branding)
            clock.advance(299)
        assert 1 == codat.calls.total()
        clock.advance(3)
        await cache.brandings([XERO], codat.branding)

    assert 2 == codat.calls.total()


async def test_a_mistake_of_ours_is_not_hidden_behind_an_old_copy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, codat = FakeClock(), Upstream()
    async with a_process(FakeShelf(), clock) as cache:
        codat.error = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            await cache.brandings([XERO], codat.branding)
        codat.error = None
        clock.advance(30)
        await cache.brandings([XERO], codat.branding)
        clock.advance(3600)
        codat.error = ZeroDivisionError()
        await cache.brandings([XERO], codat.branding)
        await codat.noticed({XERO: 3})

    with_traceback = [record for record in caplog.records if record.exc_info]
    assert 2 == len(with_traceback)


async def test_a_load_during_the_look_on_the_shelf_is_not_undone_by_it() -> None:
    shelf, clock, codat = CountingShelf(), FakeClock(), Upstream()
    old = BRANDING.seal("branding of gbol", Branding(), START)
    await shelf.inner.put("branding of gbol", old, START)
    async with a_process(shelf, clock) as cache:
        refreshing = asyncio.create_task(cache.refresh(XERO, codat.branding))
        looking = asyncio.create_task(cache.peek(XERO))
        await asyncio.gather(refreshing, looking)

        assert SHOWN == (await cache.brandings([XERO], codat.branding))[XERO].value


def test_nothing_is_logged_while_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    async def all_is_well() -> None:
        codat = Upstream()
        async with a_process(FakeShelf(), FakeClock()) as cache:
            await cache.integrations(codat.integrations)

    with caplog.at_level(logging.INFO):
        asyncio.run(all_is_well())

    assert [] == [r.message for r in caplog.records if r.name.startswith("adapters")]

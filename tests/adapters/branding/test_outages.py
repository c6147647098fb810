"""What the branding cache shows while Codat is away, and when it asks again."""

import datetime as dt

import pytest

from adapters.branding.wire import INTEGRATIONS
from domain.errors import CodatError, CodatRateLimited, CodatTimedOut, CodatUnavailable
from domain.model.freshness import Dated
from tests.adapters.branding.process import CountingShelf, a_process
from tests.adapters.branding.upstream import (
    QUICKBOOKS,
    XERO,
    Upstream,
    branding,
    reported,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.shelf import FakeShelf


pytestmark = pytest.mark.anyio

LISTED, SHOWN = reported(XERO, QUICKBOOKS), branding(1)


@pytest.mark.parametrize(("wished", "paused"), [(1, 30), (60, 60), (6 * 3600, 900)])
async def test_codats_wish_for_a_pause_is_heeded_within_reason(wished: int, paused: int) -> None:
    clock = FakeClock()
    codat = Upstream(error=CodatUnavailable(retry_after=dt.timedelta(seconds=wished)))
    async with a_process(FakeShelf(), clock) as cache:
        await cache.brandings([XERO], codat.branding)
        clock.advance(paused - 0.5)
        await cache.brandings([XERO], codat.branding)
        assert 1 == codat.calls.total()
        clock.advance(0.5)
        await cache.brandings([XERO], codat.branding)

    assert 2 == codat.calls.total()


async def test_a_process_with_no_copy_takes_over_what_another_one_fetched_meanwhile() -> None:
    shelf, clock, codat = FakeShelf(), FakeClock(), Upstream(error=CodatUnavailable())
    async with a_process(shelf, clock) as one, a_process(shelf, clock) as other:
        with pytest.raises(CodatUnavailable):
            await one.integrations(codat.integrations)
        assert {} == await one.brandings([XERO], codat.branding)
        codat.error = None
        await other.integrations(codat.integrations)
        await other.brandings([XERO], codat.branding)
        calls = codat.calls.total()
        clock.advance(30)

        listed = await one.integrations(codat.integrations)
        shown = await one.brandings([XERO], codat.branding)

    assert Dated(value=LISTED, fetched_at=START) == listed
    assert {XERO: Dated(value=SHOWN, fetched_at=START)} == shown
    assert calls == codat.calls.total()


async def test_an_old_list_that_turns_up_on_the_shelf_is_shown_while_codat_is_away() -> None:
    shelf, clock, codat = CountingShelf(fails=True), FakeClock(), Upstream()
    kept = INTEGRATIONS.seal("integrations", LISTED, START)
    await shelf.inner.put("integrations", kept, START)
    clock.advance(3600)
    codat.error = CodatUnavailable()
    async with a_process(shelf, clock) as cache:
        with pytest.raises(CodatUnavailable):
            await cache.integrations(codat.integrations)
        shelf.fails = False
        clock.advance(5)

        assert LISTED == (await cache.integrations(codat.integrations)).value

    assert {"integrations": 2} == codat.calls


@pytest.mark.parametrize(("hours", "last_known"), [(23.9, False), (24, True), (24 * 90, True)])
async def test_what_lay_on_the_shelf_for_a_day_is_the_last_known_from_the_first_answer_on(
    *, hours: float, last_known: bool
) -> None:
    shelf, clock, codat = FakeShelf(), FakeClock(), Upstream()
    async with a_process(shelf, clock) as before:
        await before.integrations(codat.integrations)
        await before.refresh(XERO, codat.branding)
    clock.advance(hours * 3600)
    codat.may_answer.clear()

    async with a_process(shelf, clock) as cache:
        listed = await cache.integrations(codat.integrations)
        shown = await cache.peek(XERO)

    assert Dated(value=LISTED, fetched_at=START, last_known=last_known) == listed
    assert Dated(value=SHOWN, fetched_at=START, last_known=last_known) == shown


async def test_what_was_the_last_known_is_current_again_once_codat_confirmed_it() -> None:
    shelf, clock, codat = FakeShelf(), FakeClock(), Upstream()
    async with a_process(shelf, clock) as before:
        await before.integrations(codat.integrations)
    clock.advance(48 * 3600)
    async with a_process(shelf, clock) as cache:
        await cache.integrations(codat.integrations)
        await codat.noticed({"integrations": 2})

        again = await cache.integrations(codat.integrations)

    assert Dated(value=LISTED, fetched_at=clock.now()) == again


@pytest.mark.parametrize(
    ("error", "paused"),
    [
        (CodatTimedOut(), 5),
        (CodatUnavailable(retry_after=dt.timedelta(seconds=900)), 5),
        (CodatRateLimited(retry_after=dt.timedelta(seconds=1)), 5),
        (CodatRateLimited(retry_after=dt.timedelta(seconds=20)), 20),
        (CodatRateLimited(retry_after=dt.timedelta(hours=6)), 30),
    ],
)
async def test_without_a_list_codat_is_asked_again_soon(error: CodatError, paused: int) -> None:
    clock, codat = FakeClock(), Upstream(error=error)
    async with a_process(FakeShelf(), clock) as cache:
        for seconds in (paused - 0.5, 0.5):
            with pytest.raises(type(error)):
                await cache.integrations(codat.integrations)
            clock.advance(seconds)
        assert 1 == codat.calls.total()
        codat.error = None

        assert LISTED == (await cache.integrations(codat.integrations)).value


async def test_a_mistake_of_ours_is_never_told_as_if_codat_had_failed() -> None:
    clock, codat = FakeClock(), Upstream(error=CodatTimedOut())
    async with a_process(FakeShelf(), clock) as cache:
        with pytest.raises(CodatTimedOut):
            await cache.integrations(codat.integrations)
        clock.advance(5)
        codat.error = ZeroDivisionError()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await cache.integrations(codat.integrations)

    assert {"integrations": 3} == codat.calls

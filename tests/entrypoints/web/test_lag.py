"""How long the event loop was blocked, as operators see it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.system import SystemClock
from entrypoints.web.lag import EVERY, WINDOW, LoopLag
from tests.entrypoints.web.asking import Service
from tests.entrypoints.web.test_lifespan import running
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

HELD_UP = 0.15


@contextmanager
def watched(lag: LoopLag) -> Iterator[None]:
    watching = asyncio.ensure_future(lag.watch())
    try:
        yield
    finally:
        watching.cancel()


async def test_whatever_keeps_the_loop_is_noticed() -> None:
    clock = SystemClock()
    lag = LoopLag(clock)
    with watched(lag):
        await asyncio.sleep(2 * EVERY)
        until = clock.monotonic() + HELD_UP
        while clock.monotonic() < until:
            """Keep everybody waiting."""
        await asyncio.sleep(2 * EVERY)

    assert HELD_UP - EVERY <= lag.longest


def test_where_nothing_was_measured_nothing_was_late() -> None:
    assert 0.0 == LoopLag(FakeClock()).longest


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(-0.01, 5)), max_size=30))
def test_the_longest_of_the_last_minute_is_told(steps: list[tuple[float, float]]) -> None:
    clock = FakeClock()
    lag, seen = LoopLag(clock), []
    for pause, late in steps:
        clock.advance(pause)
        lag.note(clock.monotonic(), late)
        seen.append((clock.monotonic(), max(late, 0.0)))

    lately = [late for at, late in seen if at > clock.monotonic() - WINDOW]
    assert max(lately, default=0.0) == lag.longest


async def test_operators_see_it_while_the_service_runs(service: Service) -> None:
    async with running(service.app):
        told = (await service.get("/metrics", {})).text

    assert "tillbridge_event_loop_lag_seconds 0.0" in told

"""What limits that replicas count together do, and what they do alone."""

import datetime as dt
from collections.abc import AsyncGenerator

import pytest

from adapters.redis.server import RedisServer
from adapters.start_limits.redis import RedisLimits
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from tests.adapters.branding.upstream import until
from tests.fakes.clock import FakeClock
from tests.fakes.redis import FakeRedis
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

ONE, OTHER = MerchantIdentifier("m-1"), MerchantIdentifier("m-2")
KEY = "tillbridge:starts:merchant:m-1"
HOUR = 3_600_000_000
"""In microseconds."""


def three_a_minute(server: RedisServer, clock: FakeClock | None = None) -> RedisLimits:
    rates = (Rate(3, dt.timedelta(minutes=1)),)
    return RedisLimits(
        per_merchant=rates,
        per_key=rates,
        together=(Rate(5, dt.timedelta(minutes=1)),),
        clock=clock or FakeClock(),
        server=server,
    )


async def refused(limits: RedisLimits, who: MerchantIdentifier = ONE) -> str | None:
    with pytest.raises(TooManyRequests) as caught:
        await limits.admit(who, "till")
    return caught.value.limit


@pytest.fixture
async def server(valkey: Valkey) -> AsyncGenerator[RedisServer]:
    async with RedisServer.at(valkey.fresh(), budget=PATIENT) as opened:
        yield opened


async def test_replicas_count_together(valkey: Valkey) -> None:
    url = valkey.fresh()
    async with (
        RedisServer.at(url, budget=PATIENT) as here,
        RedisServer.at(url, budget=PATIENT) as there,
    ):
        one, other = three_a_minute(here), three_a_minute(there)
        for limits in (one, other, one):
            await limits.admit(ONE, None)

        assert "merchant" == await refused(one)
        assert "merchant" == await refused(other)
        for limits in (one, other):
            await limits.admit(OTHER, None)
        assert "all" == await refused(other, MerchantIdentifier("m-3"))


async def test_nothing_is_kept_for_longer_than_it_counts(server: RedisServer) -> None:
    limits = three_a_minute(server)
    for _ in range(3):
        await limits.admit(ONE, "till")

    keys = await server.ask("KEYS", "*")
    kept = {key: await server.ask("PTTL", key) for key in keys}
    assert 4 == len(kept)
    assert all(0 < milliseconds <= 60_000 for milliseconds in kept.values())
    assert 3 == await server.ask("LLEN", KEY)


async def test_no_more_starts_are_kept_than_the_largest_rate_needs(server: RedisServer) -> None:
    limits = RedisLimits(
        per_merchant=(
            Rate(2, dt.timedelta(microseconds=1)),
            Rate(1, dt.timedelta(microseconds=1)),
        ),
        per_key=(),
        together=(),
        clock=FakeClock(),
        server=server,
    )
    for _ in range(5):
        await limits.admit(ONE, None)

    assert await server.ask("LLEN", KEY) <= 2


async def test_starts_that_are_still_to_come_lock_nobody_out(server: RedisServer) -> None:
    limits = three_a_minute(server)
    seconds, micros = await server.ask("TIME")
    now = int(seconds) * 1_000_000 + int(micros)
    for _ in range(3):
        await server.ask("RPUSH", KEY, now + HOUR)

    for _ in range(3):
        await limits.admit(ONE, None)
    assert "merchant" == await refused(limits)


async def test_what_somebody_else_left_under_a_key_locks_nobody_out(server: RedisServer) -> None:
    limits = three_a_minute(server)
    await server.ask("SET", KEY, "scribbles")

    for _ in range(3):
        await limits.admit(ONE, None)
    # Then this process counts for itself.
    assert "merchant" == await refused(limits)


async def test_while_redis_is_away_each_process_goes_by_what_it_saw(valkey: Valkey) -> None:
    clock = FakeClock()
    async with RedisServer.at(valkey.fresh(), budget=PATIENT) as server:
        limits = three_a_minute(server, clock)
        for _ in range(2):
            await limits.admit(ONE, "till")
        await server.__aexit__(None, None, None)

        await limits.admit(ONE, "till")
        assert "merchant" == await refused(limits)
        clock.advance(60)
        await limits.admit(ONE, "till")


async def test_after_redis_forgot_everything_it_counts_anew(server: RedisServer) -> None:
    limits = three_a_minute(server)
    for _ in range(3):
        await limits.admit(ONE, None)
    await server.ask("FLUSHALL")

    for _ in range(3):
        await limits.admit(ONE, None)
    assert "merchant" == await refused(limits)


async def test_without_rates_redis_is_not_asked() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open) as server:
        before = len(redis.sent)
        limits = RedisLimits(
            per_merchant=(), per_key=(), together=(), clock=FakeClock(), server=server
        )
        await limits.admit(ONE, "till")

    assert before == len(redis.sent)


async def test_counting_together_begins_again_when_redis_is_there_again(valkey: Valkey) -> None:
    url = valkey.fresh()
    async with (
        RedisServer.at(url, pause=0.001, budget=PATIENT) as here,
        RedisServer.at(url, budget=PATIENT) as there,
    ):
        one, other = three_a_minute(here), three_a_minute(there)
        await there.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await one.admit(ONE, None)
        assert 1 == here.outages
        await until(lambda: here.away is None)
        for limits in (other, one, other):
            await limits.admit(ONE, None)

        assert "merchant" == await refused(one)

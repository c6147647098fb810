"""What turns over several replicas do."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from adapters.merchant_turns.redis import RedisTurns
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from tests.fakes.redis import FakeRedis
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

ONE = MerchantIdentifier("m-1")
KEY = "tillbridge:turn:m-1"


@pytest.fixture
async def replicas(valkey: Valkey) -> AsyncGenerator[list[RedisTurns]]:
    url = valkey.fresh()
    async with (
        RedisServer.at(url, budget=PATIENT) as one,
        RedisServer.at(url, budget=PATIENT) as two,
        RedisServer.at(url, budget=PATIENT) as more,
    ):
        servers = (one, two, more)
        yield [RedisTurns(RedisLeases(each, "turn"), between_looks=0.001) for each in servers]


async def test_a_merchant_has_one_turn_at_a_time_over_all_replicas(
    replicas: list[RedisTurns],
) -> None:
    at_once, most, done = 0, 0, 0

    async def work(turns: RedisTurns) -> None:
        nonlocal at_once, most, done
        async with turns.turn(ONE):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            done += 1

    await asyncio.gather(*(work(replicas[number % 3]) for number in range(12)))

    assert (1, 12) == (most, done)


async def test_who_waits_too_long_for_another_replica_is_turned_away(
    replicas: list[RedisTurns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.merchant_turns.redis.LOOKS", 3)
    one, other, _ = replicas

    async with one.turn(ONE):
        with pytest.raises(TooManyRequests) as refused:
            async with other.turn(ONE):
                raise AssertionError

    assert 1 == refused.value.retry_after.total_seconds()
    async with other.turn(ONE):
        pass


async def test_the_turn_of_a_replica_that_died_ends_soon(
    valkey: Valkey,
) -> None:
    url = valkey.fresh()
    async with RedisServer.at(url, budget=PATIENT) as server:
        await server.ask("SET", KEY, "of one that is no more", "PX", 20)

        async with RedisTurns(RedisLeases(server, "turn"), between_looks=0.005).turn(ONE):
            assert b"of one that is no more" != await server.ask("GET", KEY)


@pytest.mark.parametrize("trouble", ["before", "meanwhile"])
async def test_without_redis_each_process_has_turns_of_its_own(trouble: str) -> None:
    redis = FakeRedis(down="it is gone" if trouble == "before" else None)
    async with RedisServer(redis.open, pause=3600) as server:
        turns = RedisTurns(RedisLeases(server, "turn"))
        async with turns.turn(ONE):
            redis.breaks = "it is gone"
        async with turns.turn(ONE):
            waiting = asyncio.create_task(turns.turn(ONE).__aenter__())
            await asyncio.sleep(0.01)
            assert not waiting.done()
        await waiting

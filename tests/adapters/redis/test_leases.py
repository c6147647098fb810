"""Leases on a real server: whose they are, and how long."""

from collections.abc import AsyncGenerator

import pytest

from adapters.redis.leases import RUNS_OUT, RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import StorageUnavailable
from tests.fakes.redis import FakeRedis
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

KEY = "tillbridge:load:a"


@pytest.fixture
async def server(valkey: Valkey) -> AsyncGenerator[RedisServer]:
    async with RedisServer.at(valkey.fresh(), budget=PATIENT) as opened:
        yield opened


async def left(server: RedisServer) -> int:
    """Milliseconds until the lease runs out."""
    milliseconds = await server.ask("PTTL", KEY)
    assert isinstance(milliseconds, int)
    return milliseconds


async def test_a_lease_is_one_holders_until_it_is_given_back(server: RedisServer) -> None:
    one, other = RedisLeases(server, "load"), RedisLeases(server, "load")
    held = await one.claim("a")
    assert held is not None

    assert await other.claim("a") is None
    assert await one.claim("a") is None
    assert await other.claim("b") is not None
    assert await RedisLeases(server, "turn").claim("a") is not None
    await held.give_back()

    assert await other.claim("a") is not None


async def test_a_lease_runs_out_by_itself(server: RedisServer) -> None:
    assert await RedisLeases(server, "load").claim("a") is not None

    assert 0 < await left(server) <= RUNS_OUT * 1000


async def test_a_lease_that_is_another_s_by_now_is_neither_given_back_nor_prolonged(
    server: RedisServer,
) -> None:
    late = await RedisLeases(server, "load").claim("a")
    assert late is not None
    await server.ask("DEL", KEY)
    await server.ask("SET", KEY, "another's", "PX", 1000)

    late.prolong()
    await late.give_back()

    assert b"another's" == await server.ask("GET", KEY)
    assert await left(server) <= 1000


async def test_a_holder_who_is_still_at_it_keeps_its_lease(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.redis.leases.PROLONGED", 0.001)
    held = await RedisLeases(server, "load").claim("a")
    assert held is not None
    await server.ask("PEXPIRE", KEY, 500)
    while await left(server) <= 500:
        pass
    await held.give_back()

    assert await server.ask("GET", KEY) is None


async def test_who_has_it_is_not_known_while_redis_is_away() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open) as server:
        leases = RedisLeases(server, "load")
        held = await leases.claim("a")
        assert held is not None
        redis.breaks = "the connection broke"

        with pytest.raises(StorageUnavailable):
            await leases.claim("b")
        held.prolong()
        await held.give_back()

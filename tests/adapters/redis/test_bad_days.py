"""
What merchants notice when Redis has a bad day: nothing.

A real server is killed, stalled, flushed, filled, demoted, or given another password under a
process that runs, and under one that starts.
"""

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager

import attrs
import pytest

from adapters.branding.read_through import ReadThroughBrandingCache
from adapters.branding.redis import RedisShelf
from adapters.merchant_turns.redis import RedisTurns
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from adapters.start_limits.redis import RedisLimits
from domain.errors import StorageUnavailable, TooManyRequests
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.rate import Rate
from tests.adapters.branding.upstream import QUICKBOOKS, XERO, Upstream, until
from tests.fakes.clock import FakeClock
from tests.servers import valkey as servers
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

ONE, OTHER, LATER = (MerchantIdentifier(f"m-{number}") for number in (1, 2, 3))
LITTLE = 0.3
"""Seconds to wait for one that answers nothing; see `PATIENT`."""

PASSWORD = "another-word"  # noqa: S105 - it opens nothing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Valkey]:
    with servers.running(tmp_path_factory.mktemp("breakable")) as running:
        yield running


@pytest.fixture
def breakable(server: Valkey) -> Generator[Valkey]:
    """A server for one test, which is mended afterwards."""
    server.order("FLUSHALL")
    yield server
    server.kill()
    server.start()


def change_the_password(server: Valkey) -> None:
    server.order("CONFIG", "SET", "requirepass", PASSWORD)
    server.password = PASSWORD
    server.order("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def change_it_back(server: Valkey) -> None:
    server.order("CONFIG", "SET", "requirepass", "")
    server.password = None


def fill(server: Valkey) -> None:
    server.order("CONFIG", "SET", "maxmemory-policy", "noeviction", then="CONFIG SET maxmemory 1")


@attrs.frozen
class Trouble:
    """What is done to a server, how it ends, and what operators are told meanwhile."""

    begin: Callable[[Valkey], object]
    end: Callable[[Valkey], object]
    why: str | None
    budget: float = PATIENT


TROUBLES = {
    "killed": Trouble(Valkey.kill, Valkey.start, "it cannot be reached, or the connection broke"),
    "stalled": Trouble(Valkey.stall, Valkey.go_on, "it does not answer within 300 ms", LITTLE),
    "paused": Trouble(
        lambda server: server.order("CLIENT", "PAUSE", "60000", "WRITE"),
        lambda server: server.order("CLIENT", "UNPAUSE"),
        "it does not answer within 300 ms",
        LITTLE,
    ),
    "full": Trouble(
        fill, lambda server: server.order("CONFIG", "SET", "maxmemory", "0"), "it is full"
    ),
    "a replica": Trouble(
        lambda server: server.order("REPLICAOF", "127.0.0.1", "1"),
        lambda server: server.order("REPLICAOF", "NO", "ONE"),
        "it is a replica that cannot be written",
    ),
    "another password": Trouble(
        change_the_password, change_it_back, "it does not accept the user or the password"
    ),
    "flushed": Trouble(lambda server: server.order("FLUSHALL"), lambda _: None, None),
    "evicting": Trouble(
        lambda server: server.order(
            "CONFIG", "SET", "maxmemory-policy", "allkeys-lru", then="CONFIG SET maxmemory 1"
        ),
        lambda server: server.order("CONFIG", "SET", "maxmemory", "0"),
        "it is full",
    ),
}


@attrs.frozen
class Process:
    """All that a process does with Redis."""

    server: RedisServer
    cache: ReadThroughBrandingCache
    limits: RedisLimits
    turns: RedisTurns
    codat: Upstream

    async def a_merchant_comes(self, who: MerchantIdentifier) -> set[PlatformKey]:
        """Look at the picker, and start; what is on the picker comes back."""
        await self.cache.integrations(self.codat.integrations)
        shown = await self.cache.brandings([XERO, QUICKBOOKS], self.codat.branding)
        await self.limits.admit(who, "till")
        async with self.turns.turn(who):
            pass
        return set(shown)


@asynccontextmanager
async def a_process(
    server: Valkey, codat: Upstream, clock: FakeClock, budget: float = PATIENT
) -> AsyncGenerator[Process]:
    rates = (Rate(2, dt.timedelta(minutes=1)),)
    opening = RedisServer.at(server.url, pause=0.005, budget=budget)
    async with (
        opening as redis,
        ReadThroughBrandingCache(
            shelf=RedisShelf(redis), clock=clock, leases=RedisLeases(redis, "load")
        ) as cache,
    ):
        limits = RedisLimits(
            per_merchant=rates, per_key=(), together=(), clock=clock, server=redis
        )
        yield Process(redis, cache, limits, RedisTurns(RedisLeases(redis, "turn")), codat)


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_merchants_notice_nothing(breakable: Valkey, trouble: Trouble) -> None:
    codat, clock = Upstream(), FakeClock()
    async with a_process(breakable, codat, clock, trouble.budget) as old:
        await old.a_merchant_comes(ONE)
        # What was given back without waiting is through then.
        await old.server.ping()
        trouble.begin(breakable)

        assert {XERO, QUICKBOOKS} == await old.a_merchant_comes(ONE)
        assert {1} == set(codat.calls.values())
        if trouble.why is not None:
            with pytest.raises(TooManyRequests):
                await old.a_merchant_comes(ONE)
        # What is stale is renewed all the same, by a call of this process.
        clock.advance(15 * 60)
        await old.a_merchant_comes(OTHER)
        await codat.noticed({"integrations": 2, XERO: 2, QUICKBOOKS: 2})
        async with a_process(breakable, codat, clock, trouble.budget) as new:
            assert {XERO, QUICKBOOKS} == await new.a_merchant_comes(OTHER)
            await told(new.server, trouble.why)
            await told(old.server, trouble.why)

            trouble.end(breakable)
            await until(lambda: old.server.away is None and new.server.away is None)
            await new.a_merchant_comes(LATER)
            await old.a_merchant_comes(LATER)
            # Counted together again, whoever saw them.
            for process in (old, new):
                with pytest.raises(TooManyRequests):
                    await process.a_merchant_comes(LATER)


async def told(server: RedisServer, why: str | None) -> None:
    """What operators are told by /readyz and doctor: *why* it cannot be used, if anything."""
    if why is None:
        await server.ping()
    else:
        with pytest.raises(StorageUnavailable, match="cannot store") as caught:
            await server.ping()
        assert f"Redis cannot be used: {why}" == caught.value.reason


async def test_what_is_evicted_is_a_miss_and_nothing_else(breakable: Valkey) -> None:
    codat, clock = Upstream(), FakeClock()
    breakable.order("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    async with a_process(breakable, codat, clock) as process:
        await process.a_merchant_comes(ONE)
        used = int(
            (await process.server.ask("INFO", "memory")).split(b"used_memory:")[1].split()[0]
        )
        await process.server.ask("CONFIG", "SET", "maxmemory", used + 300_000)
        for number in range(30):
            await RedisShelf(process.server).put(f"filler {number}", bytes(100_000), clock.now())
        assert await process.server.ask("EXISTS", "tillbridge:copy:integrations") == 0

        async with a_process(breakable, codat, clock) as new:
            assert {XERO, QUICKBOOKS} == await new.a_merchant_comes(OTHER)
            assert new.server.away is None
        assert 0 == process.server.outages
    assert {2} == set(codat.calls.values())

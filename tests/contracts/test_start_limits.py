"""What everything that counts starts promises."""

import datetime as dt
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.redis.server import RedisServer
from adapters.start_limits.in_process import InProcessLimits
from adapters.start_limits.redis import RedisLimits
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from domain.ports.start_limits import StartLimits
from tests.fakes.clock import FakeClock
from tests.fakes.limits import FakeLimits
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

ONE, OTHER = MerchantIdentifier("m-1"), MerchantIdentifier("m-2")


def a_minute(most: int) -> tuple[Rate, ...]:
    return (Rate(most, dt.timedelta(minutes=1)),)


def a_day(most: int) -> tuple[Rate, ...]:
    return (Rate(most, dt.timedelta(days=1)),)


Rates = tuple[Rate, ...]

GROW_OLDER = """
for _, key in ipairs(redis.call('KEYS', 'tillbridge:starts:*')) do
  for i, start in ipairs(redis.call('LRANGE', key, 0, -1)) do
    redis.call('LSET', key, i - 1, string.format('%.0f', start - ARGV[1]))
  end
  redis.call('PEXPIRE', key, math.max(1, redis.call('PTTL', key) - ARGV[1] / 1000))
end
"""


class InProcess:
    """Limits that one process counts, by a clock that stands still."""

    slack = 0.0

    def __init__(self) -> None:
        self.clock = FakeClock()

    def limits(
        self, merchant: Rates = (), key: Rates = (), together: Rates = ()
    ) -> InProcessLimits:
        return InProcessLimits(
            per_merchant=merchant, per_key=key, together=together, clock=self.clock
        )

    async def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


@attrs.define
class InValkey:
    """Limits that a real server counts; instead of waiting, all starts are made older."""

    server: RedisServer
    slack = 0.5
    """Seconds that may really pass during a test."""

    def limits(self, merchant: Rates = (), key: Rates = (), together: Rates = ()) -> RedisLimits:
        return RedisLimits(
            per_merchant=merchant,
            per_key=key,
            together=together,
            clock=FakeClock(),
            server=self.server,
        )

    async def wait(self, seconds: float) -> None:
        await self.server.ask("EVAL", GROW_OLDER, 0, int(seconds * 1_000_000))


World = InProcess | InValkey
KINDS = ["in process", "in valkey"]


@asynccontextmanager
async def a_world(kind: str, valkey: Valkey) -> AsyncGenerator[World]:
    if kind == "in process":
        yield InProcess()
    else:
        async with RedisServer.at(valkey.fresh(), budget=PATIENT) as server:
            yield InValkey(server)


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, valkey: Valkey) -> AsyncGenerator[World]:
    async with a_world(request.param, valkey) as made:
        yield made


@pytest.fixture(params=["fake", *KINDS])
async def limits(request: pytest.FixtureRequest, valkey: Valkey) -> AsyncGenerator[StartLimits]:
    """Three starts for each merchant."""
    if request.param == "fake":
        yield FakeLimits(most=3)
    else:
        async with a_world(request.param, valkey) as made:
            yield made.limits(merchant=a_minute(3))


async def refusal(
    limits: StartLimits, merchant: MerchantIdentifier = ONE, key: str | None = None
) -> TooManyRequests:
    with pytest.raises(TooManyRequests) as caught:
        await limits.admit(merchant, key)
    return caught.value


async def admit(limits: StartLimits, times: int, key: str | None = None) -> None:
    for _ in range(times):
        await limits.admit(ONE, key)


# Every adapter.


async def test_a_merchant_has_its_share_and_no_more(limits: StartLimits) -> None:
    await admit(limits, 3)

    assert "merchant" == (await refusal(limits)).limit


async def test_who_is_refused_is_told_when_to_come_back(limits: StartLimits) -> None:
    await admit(limits, 3)

    assert (await refusal(limits)).retry_after > dt.timedelta(0)


async def test_merchants_do_not_use_up_each_others_share(limits: StartLimits) -> None:
    await admit(limits, 3)

    await limits.admit(OTHER, None)


async def test_it_does_not_matter_who_asks_for_a_merchant(limits: StartLimits) -> None:
    await limits.admit(ONE, None)
    await limits.admit(ONE, "till")
    await limits.admit(ONE, "shop")

    assert "merchant" == (await refusal(limits, key="other")).limit


# Every adapter that counts by rates.


async def told(world: World, limits: StartLimits, seconds: float) -> None:
    """Who comes now is told to come back in so many seconds."""
    wait = (await refusal(limits)).retry_after.total_seconds()
    assert pytest.approx(seconds, abs=world.slack or 1e-6) == wait
    # Whoever came back earlier than was possible would be refused again.
    assert wait <= seconds + 1e-6


async def test_a_share_is_had_again_as_starts_grow_old_one_by_one(world: World) -> None:
    limits = world.limits(merchant=a_minute(2))
    await limits.admit(ONE, None)
    await world.wait(40)
    await limits.admit(ONE, None)

    await told(world, limits, 20)
    await world.wait(20)
    await limits.admit(ONE, None)
    await told(world, limits, 40)


async def test_of_several_rates_the_longest_wait_counts(world: World) -> None:
    limits = world.limits(merchant=(*a_minute(2), *a_day(3)))
    await admit(limits, 2)
    await told(world, limits, 60)
    await world.wait(60)
    await admit(limits, 1)

    await told(world, limits, 86_400 - 60)


async def test_an_operator_key_has_a_share_over_all_its_merchants(world: World) -> None:
    limits = world.limits(key=a_minute(2))
    await limits.admit(ONE, "till")
    await limits.admit(OTHER, "till")

    assert "key" == (await refusal(limits, key="till")).limit
    await limits.admit(ONE, "shop")
    await limits.admit(ONE, None)


async def test_all_together_have_a_share(world: World) -> None:
    limits = world.limits(together=a_minute(2))
    await limits.admit(ONE, "till")
    await limits.admit(OTHER, None)

    assert "all" == (await refusal(limits, MerchantIdentifier("m-3"))).limit


async def test_a_start_that_is_refused_counts_nowhere(world: World) -> None:
    limits = world.limits(merchant=a_minute(1), key=a_minute(2), together=a_minute(3))
    await limits.admit(ONE, "till")

    for _ in range(10):
        assert "merchant" == (await refusal(limits, key="till")).limit

    await limits.admit(OTHER, "till")
    await limits.admit(MerchantIdentifier("m-3"), None)


async def test_of_all_limits_the_longest_wait_is_told_and_whose_it_is(world: World) -> None:
    limits = world.limits(merchant=a_minute(1), key=a_day(1), together=a_minute(1))
    await limits.admit(ONE, "till")

    refused = await refusal(limits, key="till")

    assert "key" == refused.limit
    assert pytest.approx(86_400, abs=1) == refused.retry_after.total_seconds()


async def test_without_rates_there_is_no_limit(world: World) -> None:
    await admit(world.limits(), 1000, key="till")


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=50)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 7.0, 59.5, 61.0]), st.integers(0, 2)), max_size=80
    ),
    most=st.integers(1, 4),
)
async def test_nobody_ever_has_more_than_the_rate_within_any_minute(
    valkey: Valkey, kind: str, steps: list[tuple[float, int]], most: int
) -> None:
    async with a_world(kind, valkey) as world:
        limits = world.limits(merchant=a_minute(most))
        granted: dict[str, list[float]] = defaultdict(list)
        now = 0.0

        for pause, number in steps:
            now += pause
            await world.wait(pause)
            who = MerchantIdentifier(f"m-{number}")
            lately = [at for at in granted[who] if at + 60 > now]
            if len(lately) < most:
                await limits.admit(who, None)
                granted[who].append(now)
            else:
                # Exactly where it has to be, and for exactly as long.
                wait = (await refusal(limits, who)).retry_after.total_seconds()
                assert pytest.approx(lately[0] + 60 - now, abs=world.slack or 1e-6) == wait


# In one process.


async def test_nothing_is_kept_without_rates() -> None:
    limits = InProcess().limits()

    await admit(limits, 10, key="till")

    assert 0 == limits.remembered


async def test_whose_starts_are_long_ago_is_forgotten() -> None:
    world = InProcess()
    limits = world.limits(merchant=(*a_minute(10), *a_day(100)))
    for number in range(100):
        await limits.admit(MerchantIdentifier(f"m-{number}"), None)
    await world.wait(86_400)

    await admit(limits, 1)

    assert 1 == limits.remembered


async def test_setting_the_wall_clock_gives_nobody_more() -> None:
    world = InProcess()
    limits = world.limits(merchant=a_day(1))
    await admit(limits, 1)

    world.clock.wall += dt.timedelta(days=2)

    assert dt.timedelta(days=1) == (await refusal(limits)).retry_after

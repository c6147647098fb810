"""What everything that counts starts promises."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.start_limits.in_process import InProcessLimits
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from domain.ports.start_limits import StartLimits
from tests.fakes.clock import FakeClock
from tests.fakes.limits import FakeLimits


pytestmark = pytest.mark.anyio

ONE, OTHER = MerchantIdentifier("m-1"), MerchantIdentifier("m-2")


def a_minute(most: int) -> tuple[Rate, ...]:
    return (Rate(most, dt.timedelta(minutes=1)),)


def a_day(most: int) -> tuple[Rate, ...]:
    return (Rate(most, dt.timedelta(days=1)),)


def in_process(
    clock: FakeClock,
    merchant: tuple[Rate, ...] = (),
    key: tuple[Rate, ...] = (),
    together: tuple[Rate, ...] = (),
) -> InProcessLimits:
    return InProcessLimits(per_merchant=merchant, per_key=key, together=together, clock=clock)


MAKERS: dict[str, Callable[[], StartLimits]] = {
    "fake": lambda: FakeLimits(most=3),
    "in process": lambda: in_process(FakeClock(), merchant=a_minute(3)),
}


@pytest.fixture(params=list(MAKERS))
def limits(request: pytest.FixtureRequest) -> StartLimits:
    """Three starts for each merchant."""
    return MAKERS[request.param]()


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


# In one process.


async def test_a_share_is_had_again_as_starts_grow_old_one_by_one() -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=a_minute(2))
    await limits.admit(ONE, None)
    clock.advance(40)
    await limits.admit(ONE, None)

    assert dt.timedelta(seconds=20) == (await refusal(limits)).retry_after
    clock.advance(20)
    await limits.admit(ONE, None)
    assert dt.timedelta(seconds=40) == (await refusal(limits)).retry_after


async def test_of_several_rates_the_longest_wait_counts() -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=(*a_minute(2), *a_day(3)))
    await admit(limits, 2)
    assert dt.timedelta(minutes=1) == (await refusal(limits)).retry_after
    clock.advance(60)
    await admit(limits, 1)

    assert dt.timedelta(days=1) - dt.timedelta(minutes=1) == (await refusal(limits)).retry_after


async def test_an_operator_key_has_a_share_over_all_its_merchants() -> None:
    limits = in_process(FakeClock(), key=a_minute(2))
    await limits.admit(ONE, "till")
    await limits.admit(OTHER, "till")

    assert "key" == (await refusal(limits, key="till")).limit
    await limits.admit(ONE, "shop")
    await limits.admit(ONE, None)


async def test_all_together_have_a_share() -> None:
    limits = in_process(FakeClock(), together=a_minute(2))
    await limits.admit(ONE, "till")
    await limits.admit(OTHER, None)

    assert "all" == (await refusal(limits, MerchantIdentifier("m-3"))).limit


async def test_a_start_that_is_refused_counts_nowhere() -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=a_minute(1), key=a_minute(2), together=a_minute(3))
    await limits.admit(ONE, "till")

    for _ in range(10):
        assert "merchant" == (await refusal(limits, key="till")).limit

    await limits.admit(OTHER, "till")
    await limits.admit(MerchantIdentifier("m-3"), None)


async def test_without_rates_there_is_no_limit_and_nothing_is_kept() -> None:
    limits = in_process(FakeClock())

    await admit(limits, 1000, key="till")

    assert 0 == limits.remembered


async def test_whose_starts_are_long_ago_is_forgotten() -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=(*a_minute(10), *a_day(100)))
    for number in range(100):
        await limits.admit(MerchantIdentifier(f"m-{number}"), None)
    clock.advance(86_400)

    await admit(limits, 1)

    assert 1 == limits.remembered


async def test_setting_the_wall_clock_gives_nobody_more() -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=a_day(1))
    await admit(limits, 1)

    clock.wall += dt.timedelta(days=2)

    assert dt.timedelta(days=1) == (await refusal(limits)).retry_after


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 7.0, 59.5, 61.0]), st.integers(0, 2)), max_size=120
    ),
    most=st.integers(1, 4),
)
async def test_nobody_ever_has_more_than_the_rate_within_any_minute(
    steps: list[tuple[float, int]], most: int
) -> None:
    clock = FakeClock()
    limits = in_process(clock, merchant=a_minute(most))
    granted: dict[str, list[float]] = defaultdict(list)

    for pause, number in steps:
        clock.advance(pause)
        now, who = clock.monotonic(), MerchantIdentifier(f"m-{number}")
        lately = [at for at in granted[who] if at + 60 > now]
        if len(lately) < most:
            await limits.admit(who, None)
            granted[who].append(now)
        else:
            # Exactly where it has to be, and for exactly as long.
            wait = (await refusal(limits, who)).retry_after.total_seconds()
            assert pytest.approx(lately[0] + 60 - now) == wait

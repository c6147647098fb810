"""What everything that lets merchants take turns promises."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from adapters.merchant_turns.in_process import InProcessTurns
from adapters.merchant_turns.redis import RedisTurns
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier
from domain.ports.merchant_turns import MerchantTurns
from tests.fakes.turns import FakeTurns
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

ONE, OTHER = MerchantIdentifier("m-1"), MerchantIdentifier("m-2")
CROWD = MerchantIdentifier("crowd")


@pytest.fixture(params=["fake", "in process", "in valkey"])
async def turns(request: pytest.FixtureRequest) -> AsyncGenerator[MerchantTurns]:
    if request.param == "fake":
        yield FakeTurns(crowded={CROWD})
    elif request.param == "in process":
        yield InProcessTurns(longest_queue=4)
    else:
        valkey: Valkey = request.getfixturevalue("valkey")
        async with RedisServer.at(valkey.fresh(), budget=PATIENT) as server:
            yield RedisTurns(RedisLeases(server, "turn"), longest_queue=4)


async def test_a_merchant_has_one_turn_at_a_time(turns: MerchantTurns) -> None:
    at_once, most = 0, 0

    async def work() -> None:
        nonlocal at_once, most
        async with turns.turn(ONE):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(work() for _ in range(5)))

    assert 1 == most


async def test_who_came_first_is_served_first(turns: MerchantTurns) -> None:
    served: list[int] = []

    async def work(number: int) -> None:
        async with turns.turn(ONE):
            await asyncio.sleep(0)
            served.append(number)

    await asyncio.gather(*(work(number) for number in range(5)))

    assert [0, 1, 2, 3, 4] == served


async def test_merchants_do_not_wait_for_each_other(turns: MerchantTurns) -> None:
    async with turns.turn(ONE), turns.turn(OTHER):
        pass


async def test_a_turn_ends_with_an_error_too(turns: MerchantTurns) -> None:
    with pytest.raises(LookupError):
        async with turns.turn(ONE):
            raise LookupError

    async with turns.turn(ONE):
        pass


async def test_who_stops_waiting_does_not_hold_up_the_line(turns: MerchantTurns) -> None:
    async def wait() -> None:
        async with turns.turn(ONE):
            pass

    async with turns.turn(ONE):
        gone, patient = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)

    await patient
    assert gone.cancelled()


async def test_a_crowd_is_turned_away_with_a_time_to_come_back(turns: MerchantTurns) -> None:
    async def wait() -> None:
        async with turns.turn(CROWD):
            await asyncio.sleep(0)

    answers = await asyncio.gather(*(wait() for _ in range(6)), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, TooManyRequests)]
    assert refused
    assert 1 == refused[0].retry_after.total_seconds()

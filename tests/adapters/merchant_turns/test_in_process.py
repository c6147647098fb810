"""What only turns within one process do."""

import asyncio

import pytest

from adapters.merchant_turns.in_process import InProcessTurns
from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier


pytestmark = pytest.mark.anyio

ONE = MerchantIdentifier("m-1")


async def test_a_full_line_takes_nobody_in_until_somebody_leaves() -> None:
    turns = InProcessTurns(longest_queue=1)

    async def take_a_turn() -> None:
        async with turns.turn(ONE):
            pass

    async with turns.turn(ONE):
        waiting = asyncio.create_task(take_a_turn())
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await take_a_turn()

    await waiting
    await take_a_turn()


async def test_nobody_waits_for_longer_than_was_said() -> None:
    turns = InProcessTurns(longest_wait=0.02)

    async with turns.turn(ONE):
        with pytest.raises(TooManyRequests):
            async with turns.turn(ONE):
                raise AssertionError

    async with turns.turn(ONE):
        pass


async def test_who_comes_while_a_turn_changes_hands_waits_no_longer_either() -> None:
    turns = InProcessTurns(longest_wait=0.02)
    done = asyncio.Event()

    async def work() -> None:
        async with turns.turn(ONE):
            await done.wait()

    async with turns.turn(ONE):
        next_one = asyncio.create_task(work())
        await asyncio.sleep(0)
    # The lock is free now, and the next one does not know it yet.
    with pytest.raises(TooManyRequests):
        async with asyncio.timeout(5), turns.turn(ONE):
            raise AssertionError
    done.set()
    await next_one


async def test_the_work_itself_may_take_longer_than_anybody_waits() -> None:
    turns = InProcessTurns(longest_wait=0.01)

    async with turns.turn(ONE):
        await asyncio.sleep(0.03)


async def test_merchants_who_left_are_forgotten() -> None:
    turns = InProcessTurns(longest_wait=0.01)
    async with turns.turn(ONE):
        assert 1 == len(turns)
        with pytest.raises(TooManyRequests):
            async with turns.turn(ONE):
                raise AssertionError

    assert 0 == len(turns)


async def test_a_line_that_empties_and_fills_again_is_still_one_line() -> None:
    turns = InProcessTurns()
    at_once, most = 0, 0

    async def work(steps: int) -> None:
        nonlocal at_once, most
        for _ in range(steps):
            async with turns.turn(ONE):
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0)
                at_once -= 1
            await asyncio.sleep(0)

    await asyncio.gather(*(work(steps) for steps in range(1, 20)))

    assert (1, 0) == (most, len(turns))

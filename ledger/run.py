"""One run from beginning to end: processes, clients, faults and kills; then the evidence."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from ledger import faults
from ledger.clients import Crowd, open_browser
from ledger.measuring import Sample, Watch
from ledger.notebook import Evidence, Notebook
from ledger.plan import Blow, Plan, Wish
from ledger.stage import Stage, staged


TOLD_EVERY: Final = 500
"""Starts, after which somebody who waits is told how far it is."""

Say = Callable[[str], None]


@attrs.frozen
class Outcome:
    """What a run found: the *evidence* to be joined, and the *samples* of the service."""

    evidence: Evidence
    samples: Sequence[Sample]


async def run(plan: Plan, directory: Path, say: Say, *, log_level: str = "debug") -> Outcome:
    """
    Carry the *plan* out, with all files in *directory*; *say* is told how far it is.

    Raises:
        TimeoutError: it took longer than the plan allows.
    """
    async with (
        asyncio.timeout(plan.seconds),
        staged(
            directory, log_level=log_level, replicas=plan.replicas, database=plan.database
        ) as stage,
    ):
        book = Notebook()
        watch = Watch(stage)
        async with open_browser(stage.plan.tillbridge) as http:
            keys = await stage.keys()
            crowd = Crowd(stage=stage, plan=plan, notebook=book, http=http, keys=keys)
            await crowd.come_in()
            if plan.faults or plan.background_faults:
                change = faults.scenario(plan.faults, plan.background_faults, plan.seed)
                await stage.control("POST", "scenario", change)
            await _let_loose(crowd, watch, _told(plan.wishes(keys), say))
        return Outcome(await gather(stage, plan, book), watch.samples)


async def gather(stage: Stage, plan: Plan, book: Notebook) -> Evidence:
    """Collect what the simulator, the service and its files have to say; ends the service."""
    await stage.control("DELETE", "scenario")
    minted, calls = await stage.minted()
    kept = await stage.kept()
    stage.end_service()
    found = stage.search({entry.canary for entry in minted})
    return Evidence(
        planned_starts=plan.starts,
        planned_kills=len(plan.blows()),
        planned_replicas=plan.replicas,
        notebook=book,
        minted=minted,
        kept=kept,
        start_calls=calls,
        at_rest=found.found,
        searched=found.size,
    )


async def _let_loose(crowd: Crowd, watch: Watch, wishes: Iterable[Wish]) -> None:
    """Have clients, viewers and kills at work until the last of the *wishes* is done."""
    plan, stop = crowd.plan, asyncio.Event()
    due: asyncio.Queue[Blow] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        for number in range(plan.viewers):
            group.create_task(crowd.view(number, stop))
        group.create_task(watch.keep(stop))
        killing = group.create_task(_kill(crowd, due))
        coming = _with_kills(wishes, plan.blows(), due)
        if plan.rate:
            await _at_a_rate(crowd, coming)
        else:
            await _as_fast_as_they_can(crowd, coming)
        await killing
        stop.set()


async def _as_fast_as_they_can(crowd: Crowd, wishes: Iterator[Wish]) -> None:
    async with asyncio.TaskGroup() as clients:
        for _ in range(crowd.plan.workers):
            clients.create_task(crowd.work(wishes))


async def _at_a_rate(crowd: Crowd, wishes: Iterator[Wish]) -> None:
    """Start at equal distances of time, whether or not earlier starts are done."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as clients:
        for number, wish in enumerate(wishes):
            await asyncio.sleep(began + number / crowd.plan.rate - loop.time())
            clients.create_task(crowd.start(wish))


async def _kill(crowd: Crowd, due: "asyncio.Queue[Blow]") -> None:
    """Deal each blow when it is due, even if another replica has not got over its own yet."""
    turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def kill(blow: Blow) -> None:
        async with turns[blow.replica]:
            crowd.notebook.kills.append(await crowd.stage.kill(blow.replica))

    async with asyncio.TaskGroup() as group:
        for _ in crowd.plan.blows():
            blow = await due.get()
            await asyncio.sleep(blow.fuse)
            group.create_task(kill(blow))


def _with_kills(
    wishes: Iterable[Wish], blows: Iterable[Blow], due: "asyncio.Queue[Blow]"
) -> Iterator[Wish]:
    by_number = {blow.number: blow for blow in blows}
    for wish in wishes:
        if wish.number in by_number:
            due.put_nowait(by_number[wish.number])
        yield wish


def _told(wishes: Sequence[Wish], say: Say) -> Iterator[Wish]:
    for wish in wishes:
        if wish.number and wish.number % TOLD_EVERY == 0:
            say(f"{wish.number} of {len(wishes)} starts")
        yield wish

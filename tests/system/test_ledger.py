"""
The ledger run on a small scale: real processes, faults, kills, and the join at the end.

The full one is `make ledger`; `docs/ledger.md` has its figures. Figures that tell how fast this
machine is are not judged here.
"""

import asyncio
import datetime as dt
from pathlib import Path

import attrs
import pytest
from ledger.clients import Crowd, open_browser
from ledger.figures import Figure, missed
from ledger.join import join
from ledger.notebook import Notebook
from ledger.outage import outage
from ledger.plan import Plan
from ledger.run import gather, run
from ledger.stage import staged

from adapters.database.driver import driver


SERVED = "starts served"
LEAST_SERVED = 92
"""Between 95 and 96 % are expected. Of so few starts, many a run has below 95, none below this."""

LEAST_SERVED_OF_FEW = 88
"""The same for 300 starts; besides, a service that has just begun has few second tries."""


def judged(
    figures: list[Figure], least_served: float = LEAST_SERVED
) -> list[tuple[str, list[str]]]:
    """What is missed, of all that does not depend on how busy the machine is."""
    eased = [
        attrs.evolve(figure, at_least=least_served) if figure.name == SERVED else figure
        for figure in figures
    ]
    return [(f.name, list(f.offenders)) for f in missed(eased) if not f.timed]


def say(_: str) -> None:
    """Nobody is waiting."""


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_given_twice_through_faults_and_kills(tmp_path: Path) -> None:
    plan = Plan(starts=1_000, kill_every=500, seed=20, seconds=280)

    outcome = asyncio.run(run(plan, tmp_path / "run", say))

    figures = join(outcome.evidence)
    assert [] == judged(figures)
    assert 2 == len(outcome.evidence.notebook.kills)
    # Faults did strike: Codat was asked more often than it minted, and more often than needed.
    assert outcome.evidence.start_calls > plan.starts
    assert outcome.evidence.start_calls > len(outcome.evidence.minted)


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_given_twice_over_two_replicas_of_which_one_is_killed(
    tmp_path: Path,
) -> None:
    plan = Plan(starts=300, kill_every=300, seed=20, replicas=2, seconds=280)

    outcome = asyncio.run(run(plan, tmp_path / "run", say))

    assert [] == judged(join(outcome.evidence), LEAST_SERVED_OF_FEW)
    assert 1 == len(outcome.evidence.notebook.kills)
    # What was looked through is not only their logs.
    assert outcome.evidence.searched > 20e6


@pytest.mark.timeout(300)
def test_merchants_see_the_picker_through_a_day_without_codat(tmp_path: Path) -> None:
    figures = asyncio.run(outage(24, tmp_path / "run", say, step=dt.timedelta(hours=1)))

    assert [] == missed(figures)


@pytest.mark.timeout(300)
def test_what_goes_wrong_in_real_processes_is_found(tmp_path: Path) -> None:
    """A URL in a log, a sync session that is gone: the run sees the harm that is done to it."""
    figures = asyncio.run(_harmed(tmp_path / "run"))

    assert {"URLs found at rest", "acknowledged sync sessions lost"} <= {
        name for name, _ in judged(figures)
    }


async def _harmed(directory: Path) -> list[Figure]:
    plan = Plan(starts=12, merchants=3, kill_every=0, faults=0.0, background_faults=0.0)
    book = Notebook()
    async with staged(directory) as stage, open_browser(stage.plan.tillbridge) as http:
        keys = await stage.keys()
        crowd = Crowd(stage=stage, plan=plan, notebook=book, http=http, keys=keys)
        for wish in plan.wishes(keys):
            await crowd.start(wish)
        ledger = await stage.control("GET", "ledger")
        planted = stage.written / "some.log"
        planted.write_text(ledger["minted"][0]["url"])
        with driver.connect(stage.written / "tillbridge.db", timeout=10) as database:
            lost = [book.opened[0].session]
            database.execute("DELETE FROM timeline WHERE session_id = ?", lost)
            database.execute("DELETE FROM sync_sessions WHERE id = ?", lost)
        database.close()
        try:
            return join(await gather(stage, plan, book))
        finally:
            # The whole suite's own search would find it, too.
            planted.unlink()

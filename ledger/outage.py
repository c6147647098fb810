"""
Hours of an outage in a minute: Codat is gone, and merchants still see the picker.

The simulator is ended, so that connections to it are refused. Then the service's clock is put
forward, step by step; after each the list is looked at, and the page, by a merchant who has
just come in, and by the one who came in at the step before. The service runs as it is; only
its clock is another (`ledger.ahead`). So what a cache does with age is done in full, while
what it does in the seconds between is not repeated for a day.
"""

import asyncio
import datetime as dt
import signal
import sys
from pathlib import Path
from typing import Final

import httpx

from ledger.clients import Crowd, open_browser
from ledger.figures import Figure, none_of
from ledger.join import availability
from ledger.notebook import Notebook, now
from ledger.plan import Plan, Wish
from ledger.run import Say
from ledger.stage import Stage, staged


STEP: Final = dt.timedelta(minutes=5)
TOLD_EVERY: Final = 48
LOGIN: Final = dt.timedelta(minutes=15)
"""How long a merchant who came in is known."""

LONGEST: Final = 600.0
"""Seconds that a whole run may take."""


async def outage(
    hours: float, directory: Path, say: Say, step: dt.timedelta = STEP
) -> list[Figure]:
    """
    Have Codat be away for *hours*, with all files in *directory*; give what was seen.

    Raises:
        TimeoutError: it took far longer than it should.
    """
    steps = round(dt.timedelta(hours=hours) / step)
    serving = (sys.executable, "-m", "ledger.ahead", "--step", str(step.total_seconds()))
    book = Notebook()
    async with (
        asyncio.timeout(LONGEST),
        staged(directory, log_level="info", serving=serving) as stage,
        open_browser(stage.plan.tillbridge) as http,
    ):
        keys = await stage.keys()
        crowd = Crowd(stage=stage, plan=Plan(), notebook=book, http=http, keys=keys)
        await crowd.look("/v1/integrations", "early")
        before = await _ahead(stage)
        stage.simulator.stop()
        for number in range(steps):
            await _live_through(crowd, number, keys[number % len(keys)], stay=step < LOGIN)
            if number % TOLD_EVERY == 0:
                say(f"{number * step} of {steps * step}")
        passed = await _ahead(stage) - before
    refused = [start for start in book.starts if start.fate != "refused"]
    return [
        availability(book),
        Figure(
            name="hours that passed on the service's clock",
            value=round(passed / dt.timedelta(hours=1), 1),
            at_least=hours,
        ),
        none_of("starts that were not refused", [f"{start.number}" for start in refused]),
        none_of("answers of 5xx without a type", book.untyped),
        Figure(name="views of the picker and the list", value=len(book.views)),
        Figure(name="starts that were refused with a reason", value=len(book.starts)),
    ]


async def _live_through(crowd: Crowd, number: int, key: str, *, stay: bool) -> None:
    """
    One step: put the clock forward, look at everything, try to start.

    Merchants who came in at the step before *stay* where they are still known.
    """
    [service] = crowd.stage.replicas
    service.child.process.send_signal(signal.SIGUSR1)
    newcomer = f"came-in-at-{number:04d}"
    if stay and number:
        await crowd.look("/connect", f"came-in-at-{number - 1:04d}")
    await crowd.look("/connect", newcomer)
    await crowd.look("/v1/integrations", newcomer)
    await crowd.start(Wish(number=number, merchant=newcomer, key=key, way="form"))


async def _ahead(stage: Stage) -> dt.timedelta:
    """How far the service's clock is ahead of this machine's, by what it writes down."""
    wanted = {"merchantIdentifier": "watch"}
    issued: httpx.Response = await stage.ask("POST", "/v1/connect-tokens", json=wanted)
    return dt.datetime.fromisoformat(issued.json()["expiresAt"]) - now()

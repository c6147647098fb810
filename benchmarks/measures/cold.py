"""How long does the very first catalogue take, beside the slowest single answer it needs?"""

import asyncio
import itertools
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import attrs

from benchmarks.installation import Installation, upstream
from benchmarks.plan import Plan
from benchmarks.processes import SERVICE_CORES, on
from benchmarks.sampling import Findings, Sample, Target, budget, in_turns
from domain.ids import PlatformKey
from domain.model.caller import Backend
from domain.model.connector import Side
from domain.model.supported import SUPPORTED
from entrypoints.container import Container, running
from entrypoints.settings import Settings


SLOWEST_MS: Final = 200
TIMES_THE_SLOWEST: Final = 1.3
ALL: Final = tuple(row.key for row in SUPPORTED if row.side is Side.ACCOUNTING)
CATALOGUE, SLOWEST = "cold catalogue", "slowest branding"


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Ask for everything with nothing in any cache, and for the slowest branding alone.

    Each time with new connections and a new database. In this process, since the service
    itself asks for everything as soon as it starts.
    """
    timing = ("--delay-ms", str(plan.delay_ms), "--slowest-branding-ms", str(SLOWEST_MS))
    with upstream(directory, *timing) as (codat_port, _), on(SERVICE_CORES):
        installation = Installation(
            directory=directory / "pristine", codat_port=codat_port, integrations=",".join(ALL)
        ).prepare()
        copies = (directory / f"copy-{number}" for number in itertools.count())

        def timed(ask: Callable[[Container], Awaitable[object]]) -> Callable[[], Sample]:
            def take() -> Sample:
                copy = shutil.copytree(installation.directory, next(copies))
                settings = attrs.evolve(installation, directory=copy).settings
                return Sample.timing(asyncio.run(_time(settings, ask)))

            return take

        targets = [Target(SLOWEST, timed(_slowest)), Target(CATALOGUE, timed(_catalogue))]
        about = f"cold, {len(ALL)} integrations, brandings after up to {SLOWEST_MS} ms"
        group = in_turns(about, targets, plan.repetitions, [(CATALOGUE, SLOWEST)])
    times = group.ratio(CATALOGUE, SLOWEST, "p50_ms")
    promise = "cold catalogue, times the slowest branding"
    return Findings([group], budget(promise, times, TIMES_THE_SLOWEST, at_most=True))


async def _time(settings: Settings, ask: Callable[[Container], Awaitable[object]]) -> float:
    async with running(Container(settings=settings)) as container:
        began = time.perf_counter()
        await ask(container)
        return time.perf_counter() - began


async def _catalogue(container: Container) -> None:
    offer = await container.list_integrations()(Backend(name="benchmark"))
    bare = [each.key for each in offer.catalogue.offered if each.branding.logo_full is None]
    if bare or len(offer.catalogue.offered) != len(ALL):
        raise RuntimeError(f"The catalogue lacks something: {bare}")


async def _slowest(container: Container) -> None:
    await container.codat().branding(PlatformKey(ALL[-1]))

"""What becomes of the cost as merchants, sync sessions and integrations grow tenfold?"""

import functools
import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

from benchmarks.installation import Installation, upstream
from benchmarks.load import Load, write_paths
from benchmarks.plan import Plan
from benchmarks.prefill import redirect_paths
from benchmarks.processes import Process
from benchmarks.sampling import Findings, Target, budget, in_turns


CONNECTIONS: Final = 16
TIMES_THE_COST: Final = 1.2
REDIRECTED: Final = 500
"""
Sessions that are redirected, however many there are: so timelines grow alike everywhere.

Each of them once before anything counts. A store made of copies is packed tighter than one that
grew, so that the first change to each of its pages splits that, and mostly fetches it.
"""

NEWEST: Final = "just begun"
OTHERS: Final = "begun at any time"


@attrs.frozen
class Step:
    """How many *sessions* Tillbridge keeps, of as many merchants; *integrations* Codat has."""

    name: str
    sessions: int
    integrations: int


def measure(plan: Plan, directory: Path) -> Findings:
    """Measure the same requests at each size, all sizes in turns."""
    base = Step("base", plan.sizes[0], plan.integrations[0])
    larger = [Step(f"{n:,} sessions", n, base.integrations) for n in plan.sizes[1:]]
    longer = [Step(f"{n:,} integrations", base.sessions, n) for n in plan.integrations[1:]]
    with ExitStack() as stack:
        catalogues: list[Target] = []
        redirects: dict[str, list[Target]] = {NEWEST: [], OTHERS: []}
        for step in (base, *larger, *longer):
            place = directory / step.name.replace(" ", "-")
            installation, process = stack.enter_context(_serving(plan, place, step))
            load = functools.partial(
                Load,
                process=process,
                port=installation.port,
                connections=CONNECTIONS,
                window=1,
                headers=(installation.authorization, "Accept: application/json"),
            )
            catalogue = write_paths(place / "catalogue", ["/v1/integrations"])
            catalogues.append(Target(step.name, load(paths=catalogue).warm_up().sample))
            for kind, chosen in _chosen(step).items():
                paths = write_paths(place / kind.replace(" ", "-"), redirect_paths(chosen))
                starting = load(paths=paths, method="POST").warm_up().go_round(REDIRECTED)
                redirects[kind].append(Target(step.name, starting.sample))
        series = [base, *larger], [base, *longer]
        pairs = [(b.name, a.name) for steps in series for a, b in itertools.pairwise(steps)]
        if len(larger) > 1:
            pairs.append((larger[-1].name, base.name))
        rounds = plan.growth_rounds
        about = f"{CONNECTIONS} clients; base: {base.sessions:,} sessions, "
        about += f"{base.integrations} integrations"
        groups = [in_turns(f"catalogue as things grow, {about}", catalogues, rounds, pairs)]
        promises = []
        for kind, targets in redirects.items():
            name = f"redirect of what was {kind}"
            group = in_turns(f"{name}, as things grow, {about}", targets, rounds, pairs)
            times = group.ratio(larger[-1].name, base.name, "cpu_us")
            promise = f"{name}: CPU with {larger[-1].name}, times that with {base.sessions:,}"
            groups.append(group)
            promises += budget(promise, times, TIMES_THE_COST, at_most=True)
        return Findings(groups, promises)


def _chosen(step: Step) -> dict[str, Sequence[int]]:
    """Which sync sessions are redirected; none of one kind is of the other."""
    older = range(step.sessions - REDIRECTED)
    dice = random.Random(step.sessions)  # noqa: S311  # the same in every run
    return {NEWEST: range(older.stop, step.sessions), OTHERS: dice.sample(older, REDIRECTED)}


@contextmanager
def _serving(plan: Plan, directory: Path, step: Step) -> Iterator[tuple[Installation, Process]]:
    directory.mkdir(parents=True)
    options = ("--delay-ms", str(plan.delay_ms), "--integrations", str(step.integrations))
    with upstream(directory, *options) as (codat_port, _):
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(step.sessions)
        with installation.serving() as process:
            yield installation, process

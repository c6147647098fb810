"""What does a second worker bring?"""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.installation import Installation, upstream
from benchmarks.load import Load, write_paths
from benchmarks.plan import Plan
from benchmarks.prefill import redirect_paths
from benchmarks.processes import CORES
from benchmarks.sampling import Findings, Target, budget, in_turns


CONNECTIONS: Final = 50
TIMES_AS_MANY: Final = 1.5
ONE, TWO = "1 worker", "2 workers"


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Redirect many merchants, with one worker and with two, each on its own database.

    Both may use every core; where there are but two, load and upstream take their share of them.
    """
    with ExitStack() as stack:
        codat_port, _ = stack.enter_context(upstream(directory, "--delay-ms", str(plan.delay_ms)))
        targets = []
        for workers, name in enumerate((ONE, TWO), start=1):
            place = directory / f"service-{workers}"
            installation = Installation(directory=place, codat_port=codat_port)
            installation.prepare(plan.sessions)
            process = stack.enter_context(installation.serving(workers, frozenset(CORES)))
            paths = write_paths(place / "paths", redirect_paths(range(plan.sessions)))
            load = Load(
                process=process,
                port=installation.port,
                paths=paths,
                connections=CONNECTIONS,
                window=plan.window,
                method="POST",
                headers=(installation.authorization, "Accept: application/json"),
            )
            targets.append(Target(name, load.warm_up().sample))
        about = f"redirect, {CONNECTIONS} clients, workers on {len(CORES)} cores"
        group = in_turns(about, targets, plan.rounds, [(TWO, ONE)])
    times = group.ratio(TWO, ONE, "per_second")
    promise = "redirect: requests/s of 2 workers, times those of 1"
    return Findings([group], budget(promise, times, TIMES_AS_MANY))

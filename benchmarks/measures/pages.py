"""What do the catalogue and the hosted picker cost, beside an application that only sends them?"""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.installation import Installation, bare, upstream
from benchmarks.load import Load, write_paths
from benchmarks.plan import Plan
from benchmarks.sampling import Findings, Group, Target, budget, in_turns


CONNECTIONS: Final = 16
CATALOGUE_SHARE: Final = 0.70
PICKER_SHARE: Final = 0.50
PAIR: Final = (("tillbridge", "bare"),)


def measure(plan: Plan, directory: Path) -> Findings:
    """Ask for each, warm, from 16 connections at once."""
    with ExitStack() as stack:
        codat_port, _ = stack.enter_context(upstream(directory))
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(sessions=plan.sizes[0])
        service = stack.enter_context(installation.serving())

        def compare(path: str, header: str, name: str) -> Group:
            paths = write_paths(directory / f"{name}.paths", [path])
            body = installation.fetch(path, header)
            bare_port, process = stack.enter_context(bare(installation, body, name))
            targets = []
            for target, answering, port in (
                ("bare", process, bare_port),
                ("tillbridge", service, installation.port),
            ):
                load = Load(
                    process=answering,
                    port=port,
                    paths=paths,
                    connections=CONNECTIONS,
                    window=plan.window,
                    headers=[header],
                )
                targets.append(Target(target, load.warm_up().sample))
            about = f"{name}, {len(body):,} bytes, {CONNECTIONS} clients"
            return in_turns(about, targets, plan.rounds, PAIR)

        catalogue = compare("/v1/integrations", installation.authorization, "warm catalogue")
        picker = compare("/connect", installation.log_in(), "warm hosted picker")
    budgets = []
    for what, group, limit in (
        ("catalogue", catalogue, CATALOGUE_SHARE),
        ("hosted picker", picker, PICKER_SHARE),
    ):
        share = group.ratio("tillbridge", "bare", "per_second")
        budgets += budget(f"{what}: requests/s, as a share of the bare application", share, limit)
    return Findings([catalogue, picker], budgets)

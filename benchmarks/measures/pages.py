"""What do the catalogue and the hosted picker cost, beside an application that only sends them?"""

from collections.abc import Sequence
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
FIRST_PICKER_SHARE: Final = 0.25
NEWCOMERS: Final = 1_000
"""More than there are pages that lie ready, so that each merchant's is the first."""

PAIR: Final = (("tillbridge", "bare"),)


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Ask for each, warm, from 16 connections at once.

    The picker twice: by one browser again and again, for whom it lies ready, and by a thousand
    merchants in turn, each of whom sees it for the first time as far as that goes.
    """
    with ExitStack() as stack:
        codat_port, _ = stack.enter_context(upstream(directory))
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(sessions=plan.sizes[0])
        service = stack.enter_context(installation.serving())

        def compare(path: str, headers: Sequence[str], name: str) -> Group:
            asked = [f"{path}\t{header}" for header in headers]
            paths = write_paths(directory / f"{name}.paths", asked)
            body = installation.fetch(path, headers[0])
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
                )
                targets.append(Target(target, load.warm_up().sample))
            about = f"{name}, {len(body):,} bytes, {CONNECTIONS} clients"
            return in_turns(about, targets, plan.rounds, PAIR)

        catalogue = compare("/v1/integrations", [installation.authorization], "warm catalogue")
        picker = compare("/connect", [installation.log_in()], "warm hosted picker, asked again")
        newcomers = installation.newcomers(NEWCOMERS)
        each = compare("/connect", newcomers, "warm hosted picker, merchants in turn")
    budgets = []
    for what, group, limit in (
        ("catalogue", catalogue, CATALOGUE_SHARE),
        ("hosted picker asked again", picker, PICKER_SHARE),
        ("hosted picker, merchants in turn", each, FIRST_PICKER_SHARE),
    ):
        share = group.ratio("tillbridge", "bare", "per_second")
        budgets += budget(f"{what}: requests/s, as a share of the bare application", share, limit)
    return Findings([catalogue, picker, each], budgets)

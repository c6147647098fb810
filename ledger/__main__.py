"""`python -m ledger`: one run, its table, and an exit code that tells whether it passed."""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

import attrs
from benchmarks.processes import ROOT
from benchmarks.report import write_json
from rich.console import Console

from ledger import report, soak
from ledger.figures import Figure, missed
from ledger.join import join
from ledger.measuring import taken
from ledger.notebook import now
from ledger.outage import outage
from ledger.plan import Kind, Plan
from ledger.run import Say, run


STATE: Final = ROOT / ".state"
NARROWEST: Final = 92
"""Columns that the table needs, even where there is no terminal."""

SECONDS_A_START: Final = 0.2
LEAST_SECONDS: Final = 180.0
"""A run is bounded in time, however slow the machine is; most need a tenth of it."""


def main() -> None:
    """Do what the command line says; the exit code is 1 if any goal was missed."""
    parser = _parser()
    given = parser.parse_args()
    if given.outage is not None and (given.replicas > 1 or given.database != "sqlite"):
        parser.error("--outage looks at one service alone; leave --replicas and --database out.")
    signal.signal(signal.SIGTERM, _end)
    progress = Console(stderr=True)
    STATE.mkdir(exist_ok=True)
    # On the disk of the project, for a temporary directory may be in memory.
    with tempfile.TemporaryDirectory(prefix="ledger-", dir=STATE) as directory:
        kind, plan, figures = asyncio.run(_carried_out(given, Path(directory), progress.print))
    console = Console()
    at = now()
    title = f"{kind}, {', '.join(f'{name} {value}' for name, value in plan.items())}"
    report.show(f"{title}, {at:%Y-%m-%d}", figures, Console(width=max(NARROWEST, console.width)))
    write_json(report.as_json(kind, plan, figures, at), given.json)
    progress.print(f"[dim]Written to {given.json}.[/]")
    sys.exit(bool(missed(figures)))


async def _carried_out(
    given: argparse.Namespace, directory: Path, say: Say
) -> tuple[str, dict[str, Any], list[Figure]]:
    folder = directory / "run"
    if given.outage is not None:
        return "outage", {"hours": given.outage}, await outage(given.outage, folder, say)
    if given.soak is not None:
        plan = attrs.evolve(
            soak.plan_of(given.soak, given.rate, given.merchants, given.seed),
            replicas=given.replicas,
            database=given.database,
        )
        outcome = await run(plan, folder, say, log_level="info")
        figures = join(outcome.evidence, soak.LEAST_SERVED) + soak.judge(outcome.samples)
        told = {"minutes": given.soak, "rate": given.rate, "seed": given.seed}
        figures.append(soak.second_half(outcome.samples))
        return "soak", told | _place(given), [*figures, *taken(outcome.samples)]
    plan = Plan(
        starts=given.starts,
        merchants=given.merchants,
        workers=given.workers,
        kill_every=given.kill_every,
        faults=given.faults,
        seed=given.seed,
        seconds=LEAST_SECONDS + SECONDS_A_START * given.starts,
        replicas=given.replicas,
        database=given.database,
    )
    outcome = await run(plan, folder, say)
    told = {"starts": plan.starts, "merchants": plan.merchants, "workers": plan.workers}
    told |= {"faults": plan.faults, "seed": plan.seed}
    return "ledger", told | _place(given), [*join(outcome.evidence), *taken(outcome.samples)]


def _place(given: argparse.Namespace) -> dict[str, Any]:
    """What is told of where it ran, unless it is the usual."""
    if given.replicas > 1:
        return {"replicas": given.replicas, "database": "postgres"}
    return {} if given.database == "sqlite" else {"database": given.database}


def _parser() -> argparse.ArgumentParser:
    usual = Plan()
    parser = argparse.ArgumentParser(
        prog="make ledger",
        description="Start redirects through faults and kills, and join what was minted with "
        "what was given away.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--starts", type=_count, default=usual.starts, help="how many redirects are started")
    add("--merchants", type=_count, default=usual.merchants, help="by how many merchants")
    add("--workers", type=_count, default=usual.workers, help="over how many clients at once")
    add("--kill-every", type=int, default=usual.kill_every, help="starts a SIGKILL; 0 for none")
    add("--faults", type=_share, default=usual.faults, help="the share of faulty calls to Codat")
    add("--seed", type=int, default=usual.seed, help="the same one gives the same plan")
    add("--replicas", type=_count, default=1, help="services; several share PostgreSQL and Valkey")
    add("--database", choices=get_args(Kind), default="sqlite", help="what one service alone has")
    add("--soak", type=float, metavar="MINUTES", help="run at a steady rate, without faults")
    add("--rate", type=float, default=50.0, help="starts a second of --soak")
    add("--outage", type=float, metavar="HOURS", help="look at the picker while Codat is away")
    add("--json", type=Path, default=STATE / "ledger.json", help="where the JSON goes")
    return parser


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _share(text: str) -> float:
    if not 0 <= (share := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to below 1, such as 0.2")
    return share


def _end(*_: object) -> NoReturn:
    # By an exception, so that everything that was started is ended on the way out.
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()

"""`python -m benchmarks`: one run, everything side by side."""

import argparse
import datetime as dt
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from rich.console import Console

from benchmarks import pages_of, report
from benchmarks.measures import (
    cold,
    command_line,
    commits,
    first_view,
    growth,
    pages,
    redirect,
    stampede,
    workers,
)
from benchmarks.plan import FULL, QUICK, WHOLE, Plan
from benchmarks.processes import ROOT
from benchmarks.sampling import Findings


STATE: Final = ROOT / ".state"
NARROWEST: Final = 92
"""Columns that the table needs, even where there is no terminal."""

MEASURES: Final[Mapping[str, Callable[[Plan, Path], Findings]]] = {
    "pages": pages.measure,
    "first-view": first_view.measure,
    "redirect": redirect.measure,
    "workers": workers.measure,
    "cold": cold.measure,
    "stampede": stampede.measure,
    "commits": commits.measure,
    "growth": growth.measure,
    "command-line": command_line.measure,
}


def main() -> None:
    """Measure what was asked for; the exit code is 0 whatever was found."""
    given = _parser().parse_args()
    signal.signal(signal.SIGTERM, _end)
    progress = Console(stderr=True)
    plan = QUICK if given.quick else WHOLE if given.whole else FULL
    findings = []
    STATE.mkdir(exist_ok=True)
    for name in given.only or MEASURES:
        began = time.monotonic()
        # On the disk of the project, for a temporary directory may be in memory.
        with tempfile.TemporaryDirectory(prefix="bench-", dir=STATE) as directory:
            findings.append(MEASURES[name](plan, Path(directory)))
        progress.print(f"[dim]{name}: measured in {time.monotonic() - began:.0f} s[/]")
    console = Console()
    report.show(findings, Console(width=max(NARROWEST, console.width)))
    at = dt.datetime.now(dt.UTC)  # noqa: TID251  # the run has no clock port
    document = report.as_json(plan, findings, at)
    report.write_json(document, given.json)
    progress.print(f"[dim]Written to {given.json}.[/]")
    if given.write_docs:
        pages_of.write(document, ROOT / "docs")
        progress.print("[dim]Written into docs/performance.md and its chart.[/]")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure Tillbridge, side by side."
    )
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="a first look in about a minute")
    much.add_argument(
        "--whole", action="store_true", help="with ten million sync sessions, on a large disk"
    )
    parser.add_argument(
        "--write-docs", action="store_true", help="put the figures into docs/performance.md"
    )
    parser.add_argument(
        *("--json", "-o"), type=Path, default=STATE / "bench.json", help="where the JSON goes"
    )
    parser.add_argument(
        "--only", action="append", choices=MEASURES, help="measure only this; may be repeated"
    )
    return parser


def _end(*_: object) -> NoReturn:
    # By an exception, so that everything that was started is ended on the way out.
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()

"""What a run found, as a table for people and as JSON for programs; no URL is in either."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.report import machine
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ledger.figures import NAMED, Figure, missed


def as_json(
    kind: str, plan: Mapping[str, object], figures: Sequence[Figure], at: dt.datetime
) -> dict[str, Any]:
    """One document: the machine, the plan, and each figure with what stands against it."""
    return {
        "kind": kind,
        "at": at.isoformat(),
        "machine": machine(),
        "plan": dict(plan),
        "reached": not missed(figures),
        "figures": [
            {
                "name": figure.name,
                # JSON has no word for what is not a number, or has no end.
                "value": figure.value if figure.is_finite else None,
                "unit": figure.unit.strip(),
                "goal": figure.goal or None,
                "reached": figure.reached,
                "offenders": list(figure.offenders),
            }
            for figure in figures
        ],
    }


def show(title: str, figures: Sequence[Figure], console: Console) -> None:
    """Print every figure, then what stands against those that are not as they should be."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("", min_width=48)
    for heading in ("measured", "goal", ""):
        table.add_column(heading, justify="right")
    for figure in figures:
        outcome = "[green]reached[/]" if figure.reached else "[bold red]missed[/]"
        table.add_row(
            figure.name,
            figure.shown,
            figure.goal,
            outcome if figure.has_goal else "",
        )
    console.print(table)
    for figure in figures:
        if figure.reached and figure.offenders:
            console.print(f"[dim]{figure.name}, but not: {escape(', '.join(figure.offenders))}[/]")
    for figure in missed(figures):
        console.print(f"[bold red]missed[/]: {figure.name}")
        for offender in figure.offenders[:NAMED]:
            console.print(f"  {escape(offender)}", highlight=False)
        more = len(figure.offenders) - NAMED
        if more > 0:
            console.print(f"  and {more} more")

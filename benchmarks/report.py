"""What was found, as a table for people and as JSON for programs."""

import datetime as dt
import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.plan import Plan
from benchmarks.sampling import METRICS, Budget, Findings, Group, Metric


NAMES: Final[dict[Metric, str]] = {
    "per_second": "requestsPerSecond",
    "p50_ms": "p50Ms",
    "p99_ms": "p99Ms",
    "cpu_us": "cpuMicrosPerRequest",
}
HEADINGS: Final = ("", "req/s", "p50 ms", "p99 ms", "CPU µs", "failed")
DISTRIBUTIONS: Final = ("tillbridge", "uvicorn", "litestar", "httpx", "sqlalchemy", "uvloop")


def as_json(plan: Plan, findings: Sequence[Findings], at: dt.datetime) -> dict[str, Any]:
    """One document: the machine, the plan, a list of groups and a list of budgets."""
    return {
        "at": at.isoformat(),
        "machine": machine(),
        "plan": attrs.asdict(plan),
        "groups": [_group(group) for found in findings for group in found.groups],
        "budgets": [
            attrs.asdict(budget) | {"holds": budget.holds}
            for found in findings
            for budget in found.budgets
        ],
    }


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "loadAverage": os.getloadavg()[0],
        "versions": {name: importlib.metadata.version(name) for name in DISTRIBUTIONS},
    }


def write_json(document: dict[str, Any], file: Path) -> None:
    """Write the *document* for programs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def show(findings: Sequence[Findings], console: Console) -> None:
    """Print the figures, then what was promised of them."""
    for group in (group for found in findings for group in found.groups):
        console.print(_table(group))
    budgets = [budget for found in findings for budget in found.budgets]
    if budgets:
        console.print(_promises(budgets))


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "targets": [
            {"name": target, "samples": len(samples), "failures": group.failures(target)}
            | {NAMES[metric]: group.figure(target, metric) for metric in METRICS}
            for target, samples in group.samples.items()
        ],
        "ratios": [
            {"of": of, "against": against}
            | {NAMES[metric]: group.ratio(of, against, metric) for metric in METRICS}
            for of, against in group.pairs
        ],
    }


def _table(group: Group) -> Table:
    table = Table(title=group.name, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column(HEADINGS[0], min_width=34)
    for heading in HEADINGS[1:]:
        table.add_column(heading, justify="right")
    for target in group.samples:
        figures = [_short(group.figure(target, metric)) for metric in METRICS]
        table.add_row(target, *figures, str(group.failures(target) or "-"))
    for of, against in group.pairs:
        ratios = [_short(group.ratio(of, against, metric), "x") for metric in METRICS]
        table.add_row(f"{of} ÷ {against}", *ratios, "", style="cyan")
    return table


def _promises(budgets: Sequence[Budget]) -> Table:
    table = Table(title="Budgets", title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("", min_width=34)
    for heading in ("measured", "budget", ""):
        table.add_column(heading, justify="right")
    for each in budgets:
        bound = "≤" if each.at_most else "≥"
        table.add_row(
            each.promise,
            f"{_short(each.measured)} {each.unit}".strip(),
            f"{bound} {_short(each.limit)} {each.unit}".strip(),
            "[green]holds[/]" if each.holds else "[bold red]broken[/]",
        )
    return table


def _short(value: float | None, sign: str = "") -> str:
    """Three digits are more than a shared machine can tell apart."""
    if value is None:
        return "-"
    for least, form in ((100, ",.0f"), (10, ".1f"), (1, ".2f")):
        if value >= least:
            return f"{sign}{value:{form}}"
    return f"{sign}{value:.3f}"

"""The figures of a run, written into the documentation."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.chart import draw


BEGIN: Final = "<!-- The figures: `make bench ARGS=--write-docs` writes them. -->"
END: Final = "<!-- The end of the figures. -->"
KEYS: Final = ("requestsPerSecond", "p50Ms", "p99Ms", "cpuMicrosPerRequest")


def write(document: dict[str, Any], docs: Path) -> None:
    """
    Put the figures of *document*, which `report.as_json` made, into the folder *docs*.

    Raises:
        ValueError: `performance.md` has no place for them.
    """
    page = docs / "performance.md"
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} does not say where the figures are.")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    figures = "\n".join(_lines(document))
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}")
    (docs / "images" / "performance.svg").write_text(draw(document["budgets"]))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    machine = document["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"## Figures of {document['at'][:10]}"
    yield ""
    yield f"{machine['system']}, {machine['cores']} cores, {machine['python']}; {versions}."
    yield f"Load of the machine when it was done: {machine['loadAverage']:.1f}."
    failed = sum(target["failures"] for group in document["groups"] for target in group["targets"])
    yield f"Answers that were not good ones: {failed or 'none'}."
    yield ""
    yield "| | req/s | p50 ms | p99 ms | CPU µs |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for group in document["groups"]:
        yield from _group(group)
    yield ""
    yield "## Budgets"
    yield ""
    yield "![What was promised, and what was measured](images/performance.svg)"
    yield ""
    yield "| | measured | budget | |"
    yield "| --- | ---: | ---: | --- |"
    for budget in document["budgets"]:
        bound, unit = "≤" if budget["at_most"] else "≥", f" {budget['unit']}".rstrip()
        holds = "holds" if budget["holds"] else "**broken**"
        figures = f"{short(budget['measured'])}{unit} | {bound} {short(budget['limit'])}{unit}"
        yield f"| {budget['promise']} | {figures} | {holds} |"


def _group(group: dict[str, Any]) -> Iterator[str]:
    yield f"| **{group['name']}** | | | | |"
    for target in group["targets"]:
        yield f"| {target['name']} | {_figures(target)} |"
    for ratio in group["ratios"]:
        yield f"| *{ratio['of']} ÷ {ratio['against']}* | {_figures(ratio)} |"


def _figures(of: dict[str, Any]) -> str:
    values: Sequence[float | None] = [of[key] for key in KEYS]
    return " | ".join("" if value is None else short(value) for value in values)


def short(value: float) -> str:
    """Three digits are more than a shared machine can tell apart."""
    for least, form in ((100, ",.0f"), (10, ".1f"), (1, ".2f")):
        if value >= least:
            return f"{value:{form}}"
    return f"{value:.3f}"

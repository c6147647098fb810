"""Figures as they are written into the documentation, and as they are drawn."""

import datetime as dt
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from benchmarks import pages_of
from benchmarks.chart import GOAL, LABELS, draw, share
from benchmarks.plan import QUICK
from benchmarks.report import as_json

from tests.benchmarks.test_report import FOUND


AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    text = f"# P\n\n{pages_of.BEGIN}\nold\n{pages_of.END}\n\n## After\n"
    (tmp_path / "performance.md").write_text(text)
    return tmp_path


def test_the_figures_take_the_place_of_those_before_and_of_nothing_else(docs: Path) -> None:
    for _ in range(2):
        pages_of.write(as_json(QUICK, FOUND, AT), docs)

    text = (docs / "performance.md").read_text()
    lines = text.splitlines()
    assert text.startswith("# P\n\n")
    assert text.endswith(f"{pages_of.END}\n\n## After\n")
    assert "old" not in lines
    assert 1 == lines.count("## Figures of 2026-11-23")
    assert "| bare | 10,000 | 1.00 | 2.00 | 20.0 |" in lines
    assert "| *ours ÷ bare* | 0.400 | 2.00 | 4.00 | 2.52 |" in lines
    assert "| start |  | 250 | 250 |  |" in lines
    assert "| a share | 0.400 | ≥ 0.350 | holds |" in lines
    assert "| a wait | 700 ms | ≤ 500 ms | **broken** |" in lines
    assert "Answers that were not good ones: 3." in lines


def test_a_page_without_a_place_for_them_is_left_alone(docs: Path) -> None:
    (docs / "performance.md").write_text("# P\n")

    with pytest.raises(ValueError, match="where the figures are"):
        pages_of.write(as_json(QUICK, FOUND, AT), docs)

    assert "# P\n" == (docs / "performance.md").read_text()


def a_budget(measured: float, limit: float, *, at_most: bool = False) -> dict[str, Any]:
    holds = measured <= limit if at_most else measured >= limit
    return {
        "promise": "<this> & that",
        "measured": measured,
        "limit": limit,
        "at_most": at_most,
        "unit": "ms",
        "holds": holds,
    }


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (a_budget(5, 10), 0.5),
        (a_budget(10, 10), 1),
        (a_budget(100, 10), 2),
        (a_budget(20, 10, at_most=True), 0.5),
        (a_budget(10, 10, at_most=True), 1),
        (a_budget(1, 10, at_most=True), 2),
        (a_budget(0, 10, at_most=True), 2),
    ],
)
def test_the_better_the_longer_whatever_was_promised(
    budget: dict[str, Any], expected: float
) -> None:
    assert expected == share(budget)


def test_a_bar_reaches_the_line_where_its_promise_is_just_kept() -> None:
    root = ET.fromstring(draw([a_budget(10, 10), a_budget(5, 10), a_budget(50, 10)]))  # noqa: S314  # our own

    bars = root.findall(f"{SVG}rect")
    ends = [int(bar.attrib["x"]) + int(bar.attrib["width"]) for bar in bars]
    assert [GOAL, (GOAL + LABELS) // 2] == ends[:2]
    assert ["kept", "broken", "kept"] == [bar.attrib["class"] for bar in bars]
    assert "<this> & that" in [text.text for text in root.iter(f"{SVG}text")]
    assert not root.findall(f"{SVG}script")

import datetime as dt
import io
import json
from pathlib import Path

from benchmarks import report
from benchmarks.plan import QUICK
from benchmarks.sampling import Budget, Findings, Group, Sample
from rich.console import Console


BASE = Sample(p50_ms=1, p99_ms=2, per_second=10_000, cpu_us=20)
OURS = Sample(p50_ms=2, p99_ms=8, per_second=4_000, cpu_us=50.5, failures=3)
FOUND = [
    Findings(
        [Group(name="a page", samples={"bare": [BASE], "ours": [OURS]}, pairs=[("ours", "bare")])],
        [
            Budget(promise="a share", measured=0.4, limit=0.35),
            Budget(promise="a wait", measured=700, limit=500, at_most=True, unit="ms"),
        ],
    ),
    Findings([Group(name="a start", samples={"start": [Sample.timing(0.25)]})]),
]


def test_people_get_figures_ratios_and_promises() -> None:
    out = io.StringIO()

    report.show(FOUND, Console(file=out, width=100))

    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["bare", "10,000", "1.00", "2.00", "20.0", "-"] in lines
    assert ["ours", "4,000", "2.00", "8.00", "50.5", "3"] in lines
    assert ["ours", "÷", "bare", "x0.400", "x2.00", "x4.00", "x2.52"] in lines
    assert ["start", "-", "250", "250", "-", "-"] in lines
    assert ["a", "share", "0.400", "≥", "0.350", "holds"] in lines
    assert ["a", "wait", "700", "ms", "≤", "500", "ms", "broken"] in lines


def test_a_run_of_nothing_prints_nothing() -> None:
    out = io.StringIO()

    report.show([Findings()], Console(file=out))

    assert not out.getvalue()


def test_programs_get_the_same_as_json(tmp_path: Path) -> None:
    at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    file = tmp_path / "new" / "bench.json"

    report.write_json(report.as_json(QUICK, FOUND, at), file)

    document = json.loads(file.read_text())
    assert ["a page", "a start"] == [group["name"] for group in document["groups"]]
    [ratio] = document["groups"][0]["ratios"]
    assert ("ours", "bare", 0.4, 4) == (
        ratio["of"],
        ratio["against"],
        ratio["requestsPerSecond"],
        ratio["p99Ms"],
    )
    assert [True, False] == [budget["holds"] for budget in document["budgets"]]
    assert 1 == document["plan"]["window"]
    assert {"cores", "system", "python", "loadAverage", "versions"} == set(document["machine"])

import datetime as dt
import io
import json
import math
import sys

import pytest
from ledger import __main__ as command
from ledger import report
from ledger.figures import Figure, missed, none_of
from ledger.measuring import Sample, lag_in, longest_lag, slope, taken
from ledger.soak import judge, second_half
from rich.console import Console


AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
GOOD = none_of("URLs delivered twice", [])
BAD = none_of("sessions lost", [f"ss_{number}" for number in range(12)])
NEVER = Figure(name="time", value=math.inf, unit=" s", at_most=3)
SERVED = Figure(name="served", value=96, unit=" %", at_least=95, offenders=["[lost]: 4"])
TOLD = Figure(name="p50", value=1234.5, unit=" ms")


def samples(
    memory: float, descriptors: float = 0, lag: float | None = None, count: int = 100
) -> list[Sample]:
    """A minute apart; *memory* and *descriptors* grow by so much in ten minutes."""
    return [
        Sample(
            at=60.0 * n,
            life=1,
            memory_mb=100 + memory * n / 10 + (20 if n < 10 else 0),
            descriptors=round(40 + descriptors * n / 10),
            lag=lag,
        )
        for n in range(count)
    ]


def test_people_get_every_figure_and_what_stands_against_it() -> None:
    out = io.StringIO()

    report.show("a run", [GOOD, BAD, NEVER, TOLD, SERVED], Console(file=out, width=100))

    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["URLs", "delivered", "twice", "0", "0", "reached"] in lines
    assert ["sessions", "lost", "12", "0", "missed"] in lines
    assert ["time", "none", "≤", "3", "s", "missed"] in lines
    assert ["p50", "1,234", "ms"] in lines
    assert ["served,", "but", "not:", "[lost]:", "4"] in lines
    assert ["ss_9"] in lines
    assert ["ss_10"] not in lines
    assert ["and", "2", "more"] in lines


def test_programs_get_the_same_as_json() -> None:
    document = json.loads(
        json.dumps(report.as_json("ledger", {"seed": 1}, [BAD, NEVER, TOLD], AT))
    )

    assert ("ledger", {"seed": 1}, False) == (
        document["kind"],
        document["plan"],
        document["reached"],
    )
    bad, never, told = document["figures"]
    assert (12, "0", False, 12) == (
        bad["value"],
        bad["goal"],
        bad["reached"],
        len(bad["offenders"]),
    )
    assert (None, "≤ 3 s") == (never["value"], never["goal"])
    assert (None, True) == (told["goal"], told["reached"])


GOALS = {
    "no more": (Figure(name="x", value=3, at_most=3), True),
    "too many": (Figure(name="x", value=3.1, at_most=3), False),
    "enough": (Figure(name="x", value=3, at_least=3), True),
    "too few": (Figure(name="x", value=2.9, at_least=3), False),
    "exactly": (Figure(name="x", value=100, at_least=100, at_most=100), True),
    "not a number": (Figure(name="x", value=math.nan, at_most=3), False),
    "of no consequence": (Figure(name="x", value=math.nan), True),
}


@pytest.mark.parametrize("case", GOALS)
def test_a_goal_is_reached_or_missed(case: str) -> None:
    figure, reached = GOALS[case]

    assert reached is figure.reached
    assert ([] if reached else [figure]) == missed([figure])


def test_memory_that_grows_only_at_first_is_flat() -> None:
    assert pytest.approx(0, abs=1e-6) == slope(samples(0), "memory_mb")
    assert pytest.approx(2, abs=1e-6) == slope(samples(2), "memory_mb")


def test_the_second_half_of_a_soak_tells_whether_growth_has_ended() -> None:
    filling = [
        Sample(at=float(at), life=1, memory_mb=min(at, 300) / 100, descriptors=9)
        for at in range(601)
    ]

    figure = second_half(filling)

    assert pytest.approx(0, abs=1e-6) == figure.value
    assert slope(filling, "memory_mb") > 1
    assert not figure.has_goal


def test_a_soak_is_judged_by_memory_descriptors_and_lag() -> None:
    assert [True, True, True] == [f.reached for f in judge(samples(0.5, 0, 0.05))]
    assert [False, True, True] == [f.reached for f in judge(samples(1.5, 0, 0.05))]
    assert [True, False, True] == [f.reached for f in judge(samples(0, 5, 0.05))]
    assert [True, True, False] == [f.reached for f in judge(samples(0, 0, 0.2))]


def test_what_was_not_measured_is_not_passed() -> None:
    assert [False, False, False] == [f.reached for f in judge(samples(0, count=5))]
    assert [False, False, False] == [f.reached for f in judge([])]


def test_only_the_last_process_counts_for_what_it_takes() -> None:
    earlier = Sample(at=0, life=1, memory_mb=500, descriptors=9, lag=0.3)
    first = Sample(at=1, life=2, memory_mb=100, descriptors=40, lag=0.1)
    last = Sample(at=2, life=2, memory_mb=110, descriptors=41)

    figures = taken([earlier, first, last])

    assert [100, 40, 110, 41] == [figure.value for figure in figures[:4]]
    assert pytest.approx(300) == longest_lag([earlier, first, last]).value
    assert [] == taken([])


def test_the_lag_is_read_from_the_metrics() -> None:
    gauge = (
        "# TYPE tillbridge_event_loop_lag_seconds gauge\ntillbridge_event_loop_lag_seconds 0.02\n"
    )

    assert pytest.approx(0.02) == lag_in(f"other 1.0\n{gauge}more 2.0\n")
    assert lag_in("other 1.0\n") is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--outage", "24", "--replicas", "2"],
        ["--outage", "24", "--database", "postgres"],
        ["--database", "mysql"],
        ["--replicas", "0"],
        ["--starts", "0"],
        ["--faults", "1"],
    ],
)
def test_what_cannot_be_run_is_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ledger", *arguments])

    with pytest.raises(SystemExit) as ended:
        command.main()

    assert 2 == ended.value.code
    assert arguments[0] in capsys.readouterr().err

"""
A long run at a steady rate, without faults: nothing that the service takes may grow.

What is delivered is joined all the same; the same figures have to be zero.
"""

from collections.abc import Sequence
from typing import Final

from ledger.figures import Figure
from ledger.measuring import Sample, longest_lag, slope
from ledger.plan import Plan


LEAST_SERVED: Final = 99.95
"""Percent of the starts, where Codat is well."""

MOST_MEMORY: Final = 1.0
"""MB that the service may grow by in ten minutes, once it is warm."""

MOST_DESCRIPTORS: Final = 1.0
LONGEST_LAG: Final = 100.0
"""Milliseconds."""

HALF: Final = 0.5
"""From which share of a run on it is told apart whether growth comes to an end."""

HEADROOM: Final = 300.0
"""Seconds that a run may take besides, to come up and to be counted."""


def plan_of(minutes: float, rate: float, merchants: int, seed: int) -> Plan:
    """As many starts as it takes, without faults and kills."""
    seconds = 60 * minutes
    return Plan(
        starts=max(1, round(seconds * rate)),
        merchants=merchants,
        kill_every=0,
        faults=0.0,
        background_faults=0.0,
        seed=seed,
        rate=rate,
        seconds=2 * seconds + HEADROOM,
    )


def judge(samples: Sequence[Sample]) -> list[Figure]:
    """Whether memory and descriptors stayed flat, and the event loop was never late."""
    return [
        Figure(
            name="memory, growth in 10 minutes",
            value=slope(samples, "memory_mb"),
            unit=" MB",
            at_most=MOST_MEMORY,
        ),
        Figure(
            name="descriptors, growth in 10 minutes",
            value=slope(samples, "descriptors"),
            at_most=MOST_DESCRIPTORS,
        ),
        longest_lag(samples, at_most=LONGEST_LAG),
    ]


def second_half(samples: Sequence[Sample]) -> Figure:
    """How much memory still grew then: far less than before, where it only fills up."""
    return Figure(
        name="the same of memory, in the second half alone",
        value=slope(samples, "memory_mb", HALF),
        unit=" MB",
    )

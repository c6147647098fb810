"""Figures with goals: what a run is judged by, and what it only reports."""

import math
from collections.abc import Sequence
from typing import Final

import attrs


NAMED: Final = 10
"""Offending rows that are named; the rest are counted."""

MANY: Final = 1000
"""From here on, what comes after the point says nothing."""


@attrs.frozen(kw_only=True)
class Figure:
    """
    One line of the outcome: *value* in *unit*, and what it has to be, if anything.

    *offenders* say what stands against the goal, by ids; *timed* figures depend on how busy
    the machine is.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    offenders: Sequence[str] = ()
    timed: bool = False

    @property
    def has_goal(self) -> bool:
        """Whether it is judged, and not only reported."""
        return self.at_most is not None or self.at_least is not None

    @property
    def reached(self) -> bool:
        """Whether it is as it should be; a figure that is not a number never is."""
        if not self.has_goal:
            return True
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= self.value <= high

    @property
    def is_finite(self) -> bool:
        """Whether the value is a number with an end."""
        return math.isfinite(self.value)

    @property
    def shown(self) -> str:
        """The value as people read it: counts as they are, the rest with three digits."""
        if not self.is_finite:
            return "none"
        whole = float(self.value).is_integer() or abs(self.value) >= MANY
        return f"{self.value:,.0f}{self.unit}" if whole else f"{self.value:.3g}{self.unit}"

    @property
    def goal(self) -> str:
        """What it has to be, in words; empty where nothing is asked of it."""
        if self.at_most is not None and self.at_most == self.at_least:
            return f"{self.at_most:g}{self.unit}"
        if self.at_most is not None:
            return f"≤ {self.at_most:g}{self.unit}" if self.at_most else "0"
        return f"≥ {self.at_least:g}{self.unit}" if self.at_least is not None else ""


def none_of(name: str, offenders: Sequence[str]) -> Figure:
    """A count that has to be zero."""
    return Figure(name=name, value=len(offenders), at_most=0, offenders=tuple(offenders))


def missed(figures: Sequence[Figure]) -> list[Figure]:
    """Those that are not as they should be."""
    return [figure for figure in figures if not figure.reached]

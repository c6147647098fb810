"""A clock that stands still until it is told otherwise."""

import datetime as dt

import attrs


START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@attrs.define
class FakeClock:
    """Keeps the Clock port; both hands move together unless only the wall clock is set."""

    wall: dt.datetime = START
    ticks: float = 1000.0

    def now(self) -> dt.datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += dt.timedelta(seconds=seconds)
        self.ticks += seconds

    def set_back(self, seconds: float) -> None:
        """Let somebody correct the wall clock."""
        self.wall -= dt.timedelta(seconds=seconds)

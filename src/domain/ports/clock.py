"""Time."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """The wall clock for what is recorded, the monotonic one for how long things take."""

    def now(self) -> dt.datetime:
        """The time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

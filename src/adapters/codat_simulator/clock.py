"""The simulated clock: real time until somebody moves or stops it."""

from datetime import UTC, datetime, timedelta


FURTHEST = timedelta(days=3650)


def iso(moment: datetime) -> str:
    """The *moment* as Codat prints it: UTC with seven digits of a second."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


class SimulatedClock:
    """A clock that runs like any other, can be put forward, and can be stopped."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._stopped_at: datetime | None = None

    @property
    def ahead(self) -> timedelta:
        """How far this clock was put forward."""
        return self._ahead

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._stopped_at is not None

    def now(self) -> datetime:
        """What time it is here."""
        return (self._stopped_at or _real_time()) + self._ahead

    def advance(self, seconds: float) -> None:
        """Put the clock forward by *seconds*."""
        self._ahead += timedelta(seconds=seconds)

    def freeze(self) -> None:
        """Stop the clock; it can still be put forward by hand."""
        self._stopped_at = self._stopped_at or _real_time()

    def thaw(self) -> None:
        """Let the clock run on from where it stands."""
        if self._stopped_at is not None:
            self._ahead -= _real_time() - self._stopped_at
            self._stopped_at = None

    def reset(self) -> None:
        """Back to real time."""
        self._ahead = timedelta()
        self._stopped_at = None


def _real_time() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the simulator's own clock starts from the real one

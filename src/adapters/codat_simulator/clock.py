"""The simulated clock: real time until somebody moves or stops it."""

from datetime import UTC, datetime, timedelta


FURTHEST = timedelta(days=3650)
FASTEST = 3600


def iso(moment: datetime) -> str:
    """The *moment* as Codat prints it: UTC with seven digits of a second."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


class SimulatedClock:
    """A clock that runs like any other, can be put forward, and can be stopped."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._stopped_at: datetime | None = None
        self._speed = 1.0
        self._settled_at = _real_time()

    @property
    def ahead(self) -> timedelta:
        """How far this clock was put forward, or has run ahead."""
        return self._ahead_at(self._stopped_at or _real_time())

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._stopped_at is not None

    @property
    def speed(self) -> float:
        """Its seconds to a second of real time, while it runs."""
        return self._speed

    def now(self) -> datetime:
        """What time it is here."""
        real = self._stopped_at or _real_time()
        return real + self._ahead_at(real)

    def advance(self, seconds: float) -> None:
        """Put the clock forward by *seconds*."""
        self._ahead += timedelta(seconds=seconds)

    def run_at(self, speed: float) -> None:
        """Run so many times as fast as real time, from now on."""
        self._settle(self._stopped_at or _real_time())
        self._speed = speed

    def freeze(self) -> None:
        """Stop the clock; it can still be put forward by hand."""
        self._stopped_at = self._stopped_at or _real_time()

    def thaw(self) -> None:
        """Let the clock run on from where it stands."""
        if self._stopped_at is not None:
            real = _real_time()
            self._settle(self._stopped_at)
            self._ahead -= real - self._stopped_at
            self._settled_at = real
            self._stopped_at = None

    def reset(self) -> None:
        """Back to real time."""
        self._ahead = timedelta()
        self._stopped_at = None
        self._speed = 1.0

    def _ahead_at(self, real: datetime) -> timedelta:
        return self._ahead + (real - self._settled_at) * (self._speed - 1)

    def _settle(self, real: datetime) -> None:
        self._ahead = self._ahead_at(real)
        self._settled_at = real


def _real_time() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the simulator's own clock starts from the real one

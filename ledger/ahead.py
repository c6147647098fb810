"""
The service with a clock that can be put forward: `python -m ledger.ahead --port N --step S`.

Every SIGUSR1 puts it forward by S seconds. It is the whole service, with its own settings,
database and server; only the port for the clock is another one. Everything that asks what time
it is asks that port, for nothing else may (the linter bans the others).
"""

import argparse
import datetime as dt
import os
import signal
from typing import Final

import attrs
import uvicorn
from benchmarks.processes import HOST

from adapters.system import SystemClock
from entrypoints.container import Container, migrate
from entrypoints.logs import configure_logs
from entrypoints.serving import PROTOCOL
from entrypoints.settings import load
from entrypoints.web.app import create_app
from entrypoints.web.shell import Shell


STEP: Final = "LEDGER_STEP"
"""Names the variable of the environment that holds the seconds of a step."""


@attrs.define
class ClockAhead:
    """The machine's clocks, put forward, both by the same."""

    _step: dt.timedelta
    _real: SystemClock = attrs.field(factory=SystemClock)
    _ahead: dt.timedelta = attrs.field(default=dt.timedelta(0), init=False)

    def now(self) -> dt.datetime:
        """The time in UTC."""
        return self._real.now() + self._ahead

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return self._real.monotonic() + self._ahead.total_seconds()

    def step(self, *_: object) -> None:
        """Put it forward by one step."""
        self._ahead += self._step


def application() -> Shell:
    """The service as the environment configures it, but for its clock."""
    settings = load(os.environ)
    configure_logs(settings.log_level)
    clock = ClockAhead(dt.timedelta(seconds=float(os.environ[STEP])))
    signal.signal(signal.SIGUSR1, clock.step)
    migrate(settings)
    return create_app(Container(settings=settings, clock=clock))


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--step", required=True, help="seconds")
    given = parser.parse_args()
    os.environ[STEP] = given.step
    uvicorn.run(
        "ledger.ahead:application",
        factory=True,
        host=HOST,
        port=given.port,
        http=PROTOCOL,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
    )


if __name__ == "__main__":
    main()

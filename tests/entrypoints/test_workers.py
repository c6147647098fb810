"""Which workers are replaced, and when that ends."""

import signal
from collections.abc import Generator

import attrs
import pytest
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from entrypoints import workers
from entrypoints.workers import PAUSE, Workers


@attrs.define(eq=False)
class Made(Process):
    """A worker that is what it is made to be; *exitcode* is nothing while it runs."""

    exitcode: int | None = None
    serves: bool = True
    started: bool = False
    pid: int = 0

    def start(self) -> None:
        self.started = True

    def is_alive(self, timeout: float = 5) -> bool:
        return self.exitcode is None

    def is_ready(self, timeout: float = 5) -> bool:
        return self.serves

    def kill(self) -> None:
        """It is dead already."""

    def join(self) -> None:
        """The same."""


def dead() -> Made:
    return Made(exitcode=STARTUP_FAILURE)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, each time; nobody does wait."""
    waited: list[float] = []
    monkeypatch.setattr("entrypoints.workers.time.sleep", waited.append)
    monkeypatch.setattr(workers, "Process", lambda *_: Made())
    return waited


@pytest.fixture
def supervisor(pauses: list[float]) -> Generator[Workers]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Workers(uvicorn.Config("no:app", workers=2), sockets=[])
    for number, handler in before.items():
        signal.signal(number, handler)


def test_while_another_serves_one_that_cannot_begin_is_tried_again(
    supervisor: Workers, pauses: list[float]
) -> None:
    serving = Made()
    supervisor.processes = [dead(), serving]

    supervisor.keep_subprocess_alive()

    first, second = supervisor.processes
    assert isinstance(first, Made)
    assert first.started
    assert second is serving
    assert [PAUSE] == pauses
    assert not supervisor.should_exit.is_set()
    assert supervisor.could_start


@pytest.mark.parametrize("other", [dead(), Made(serves=False)], ids=["dead", "not yet serving"])
def test_where_none_serves_all_are_ended(supervisor: Workers, other: Made) -> None:
    supervisor.processes = [dead(), other]

    supervisor.keep_subprocess_alive()

    assert supervisor.should_exit.is_set()
    assert not supervisor.could_start


def test_whoever_is_to_end_replaces_nobody(supervisor: Workers) -> None:
    gone: list[Process] = [dead(), Made()]
    supervisor.processes = list(gone)
    supervisor.should_exit.set()

    supervisor.keep_subprocess_alive()

    assert supervisor.should_exit.is_set()
    assert gone == supervisor.processes


def test_workers_that_serve_are_left_alone(supervisor: Workers, pauses: list[float]) -> None:
    both: list[Process] = [Made(), Made()]
    supervisor.processes = list(both)

    supervisor.keep_subprocess_alive()

    assert both == supervisor.processes
    assert [] == pauses

"""Starting the demo, watching over it, and stopping it without a trace."""

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

from entrypoints.demo.child import Child
from entrypoints.demo.directions import directions, rehearsal
from entrypoints.demo.plan import HOST, Part, Plan
from entrypoints.refused import Refused
from entrypoints.serving import expect_free
from entrypoints.simulating import Scenario


LONGEST_START: Final = 60.0
LOOK_EVERY: Final = 0.05
WATCH_EVERY: Final = 0.25
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Say = Callable[[str], None]


def launch(
    environ: Mapping[str, str],
    *,
    port: int,
    ready_file: Path | None,
    say: Say,
    warn: Say,
    scenario: Scenario | None = None,
    parts: Callable[[Plan], Sequence[Part]] = Plan.parts,
    tell: Callable[[Plan], Sequence[str]] = directions,
    patience: float = LONGEST_START,
) -> int:
    """
    Run the demo until SIGINT, SIGTERM or SIGHUP; the exit code is 0 then, 1 if a part fails.

    The *scenario* begins once all parts answer, so that it meets a demo that is well.
    *parts* are what it consists of, and *tell* is what is said once all of them answer;
    *patience* is how many seconds they have for that.

    Raises:
        Refused: one of the four ports is taken, the ready file cannot be written, or the
            simulator does not play the scenario.
    """
    with (
        _stop_signal() as stop,
        tempfile.TemporaryDirectory(prefix="tillbridge-demo-") as directory,
    ):
        plan = Plan(port=port, directory=Path(directory))
        for each, name in plan.ports.items():
            expect_free(HOST, each, "--port (it is the first of four)", name)
        _write_privately(plan.env_file, _env_lines(plan))
        if ready_file is not None:
            with suppress(OSError):  # if it cannot be written, that is told when it is
                ready_file.unlink()
        say("Starting Tillbridge, a Codat simulator and a demo shop ...")
        # Stopped in reverse, and so whoever asks before whoever answers.
        with ExitStack() as running:
            children = [
                running.enter_context(Child.start(part, _clean(environ), plan.directory))
                for part in parts(plan)
            ]
            failed = _wait_until_up(children, stop, patience)
            if failed is None and not stop.is_set():
                if scenario is not None:
                    scenario.begin(plan.codat_api)
                if ready_file is not None:
                    running.enter_context(_announced(ready_file, plan))
                for line in (*tell(plan), *_on_rehearsal(plan, scenario)):
                    say(line)
                failed = _watch(children, stop)
        if failed is not None:
            warn(failed)
            return 1
        say("The demo is over; nothing of it is left.")
        return 0


def _on_rehearsal(plan: Plan, scenario: Scenario | None) -> Sequence[str]:
    return [] if scenario is None else rehearsal(plan, scenario)


@contextmanager
def _stop_signal() -> Generator[threading.Event, None, None]:
    """An event that the signals to stop set; they do nothing else meanwhile."""
    stop = threading.Event()

    def note(_: int, __: FrameType | None) -> None:
        stop.set()

    # Under nohup the terminal may go away: that is what it is for.
    heeded = [n for n in STOPPING if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heeded}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_up(
    children: Sequence[Child], stop: threading.Event, patience: float
) -> str | None:
    """Wait until all answer, or it is time to stop; what went wrong, if something did."""
    until = time.monotonic() + patience
    waiting = list(children)
    while waiting and not stop.is_set():
        failed = _ended(children)
        if failed is not None:
            return failed
        if time.monotonic() > until:
            return _report(waiting[0], f"did not answer within {patience:.0f} seconds")
        waiting = [child for child in waiting if not child.up]
        if waiting:
            stop.wait(LOOK_EVERY)
    return None


def _watch(children: Sequence[Child], stop: threading.Event) -> str | None:
    failed = None
    while failed is None and not stop.wait(WATCH_EVERY):
        failed = _ended(children)
    return failed


def _ended(children: Sequence[Child]) -> str | None:
    for child in children:
        if child.ended:
            return _report(child, f"ended by itself (exit code {child.process.returncode})")
    return None


def _report(child: Child, what: str) -> str:
    return "\n".join(
        [
            f"The {child.part.name} {what}, so the demo stops. Its last lines:",
            *(f"  {line}" for line in child.last_lines or ["(it wrote nothing)"]),
        ]
    )


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's settings, and without a proxy in between."""
    kept = {name: value for name, value in environ.items() if not name.startswith("TILLBRIDGE_")}
    return {**kept, "no_proxy": HOST, "NO_PROXY": HOST}


def _env_lines(plan: Plan) -> str:
    heading = "# The settings of the demo that runs now; they are gone when it stops."
    lines = (f"{name}={value}" for name, value in plan.settings.items())
    return "\n".join([heading, *lines, ""])


@contextmanager
def _announced(ready_file: Path, plan: Plan) -> Generator[None, None, None]:
    """Have *ready_file* there for as long as the demo answers."""
    try:
        nascent = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        _write_privately(nascent, json.dumps(plan.announcement, indent=2) + "\n")
        # At once and whole, or not at all: somebody may be waiting for it.
        nascent.replace(ready_file)
    except OSError as error:
        reason = f"{ready_file} cannot be written: {error.strerror}."
        raise Refused(reason, "Choose another place with --ready-file.") from None
    try:
        yield
    finally:
        ready_file.unlink(missing_ok=True)


def _write_privately(path: Path, text: str) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)

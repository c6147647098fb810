"""Processes: where they run, when they are up, what they have used, and their end."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import attrs


HOST: Final = "127.0.0.1"
ROOT: Final = Path(__file__).resolve().parent.parent
CORES: Final = sorted(os.sched_getaffinity(0))
SERVICE_CORES: Final = frozenset(CORES[:1])
OTHER_CORES: Final = frozenset(CORES[1:] or CORES)
"""The service has one core to itself, where there are two: so the load takes none of its time."""

LONGEST_START: Final = 30.0
LONGEST_END: Final = 10.0


@attrs.frozen
class Process:
    """A process that was started here, with all of its children."""

    popen: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """Its own process id, then those of its descendants."""
        children = _children()
        found = [self.popen.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """CPU time that the whole tree has used so far."""
        return sum(map(_cpu_seconds, self.pids))

    def memory_mb(self) -> float:
        """The largest resident set of a process of the tree, in MB of 1024² bytes."""
        return max(map(_resident_mb, self.pids))

    def descriptors(self) -> int:
        """The files and sockets that the process itself has open."""
        with suppress(OSError):
            return len(list(Path(f"/proc/{self.popen.pid}/fd").iterdir()))
        return 0

    def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        self.popen.terminate()
        try:
            self.popen.wait(LONGEST_END)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextmanager
def running(
    command: Sequence[str],
    *,
    cores: frozenset[int] = SERVICE_CORES,
    environ: Mapping[str, str] | None = None,
    log: Path,
    is_up: Callable[[], bool],
) -> Generator[Process, None, None]:
    """
    Run *command* on *cores*, from when it *is_up* until the end of the block.

    What it says goes to the file *log*.

    Raises:
        RuntimeError: it ended, or took too long to be up; the end of its log tells why.
    """
    with log.open("ab") as file, on(cores):
        process = Process(spawn(command, environ, file))
    try:
        _wait_until_up(process, is_up, log)
        yield process
    finally:
        process.stop()


def spawn(
    command: Sequence[str], environ: Mapping[str, str] | None, output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start *command* at the project's root; it can still be importing when this returns."""
    return subprocess.Popen(  # noqa: S603  # the commands are the benchmark's own
        command,
        cwd=ROOT,
        env=None if environ is None else dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


@contextmanager
def on(cores: frozenset[int]) -> Generator[None, None, None]:
    """Run the block, and whatever is started in it, on these *cores*."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def free_ports(count: int) -> int:
    """The first of *count* ports in a row on which nobody listens."""
    for first in range(20_000 + os.getpid() % 10_000, 60_000, count):
        if not any(accepts(first + offset) for offset in range(count)):
            return first
    raise OSError(f"There are no {count} free ports in a row.")


def accepts(port: int) -> bool:
    """Whether somebody listens on *port*."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex((HOST, port)) == 0


def _wait_until_up(process: Process, is_up: Callable[[], bool], log: Path) -> None:
    give_up = time.monotonic() + LONGEST_START
    while not is_up():
        if process.popen.poll() is not None or time.monotonic() > give_up:
            last_words = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{process.popen.args!r} does not come up: {last_words}")
        time.sleep(0.02)


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with suppress(ValueError, FileNotFoundError, ProcessLookupError):
            pid = int(entry.name)
            # After the name, which is in brackets and may hold anything: state, parent (proc(5)).
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(pid)
    return found


def _cpu_seconds(pid: int) -> float:
    # The clock of a process (clock_getcpuclockid(3)) counts in nanoseconds, where
    # /proc/PID/stat counts in hundredths of a second, too coarse for a quiet service.
    with suppress(OSError):
        return time.clock_gettime(~pid << 3 | 2)
    return 0.0


def _resident_mb(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0

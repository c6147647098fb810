"""Load: wrk, and what it costs the process that answers."""

import itertools
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
import httpx
import msgspec

from benchmarks.processes import HOST, OTHER_CORES, Process, on
from benchmarks.sampling import Sample


SCRIPT: Final = Path(__file__).with_name("load.lua")
FIRST: Final = 10
"""Requests before the first window."""

SETTLING: Final = 0.15
"""Seconds after a window in which requests that were cut off come to their end."""


class Result(msgspec.Struct):
    """What `load.lua` writes; *failures* are broken connections and statuses of 400 and more."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int


@attrs.define(kw_only=True)
class Load:
    """
    Requests for the paths of a file, in turn, as fast as *connections* connections can.

    *process* is the one that answers; a window begins where the last one stopped.
    """

    process: Process
    port: int
    paths: Path
    connections: int
    window: int
    method: str = "GET"
    headers: Sequence[str] = ()
    _at: int = attrs.field(default=0, init=False)

    def sample(self) -> Sample:
        """Put on load for one window."""
        before = self.process.cpu_seconds()
        result = self._run()
        cpu = self.process.cpu_seconds() - before
        self._at += result.requests + self.connections
        time.sleep(SETTLING)
        return Sample(
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            per_second=result.requests / result.seconds,
            cpu_us=cpu / max(1, result.requests) * 1e6,
            failures=result.failures,
        )

    def warm_up(self) -> "Load":
        """
        Have what is made at first use be made before anything counts.

        Raises:
            RuntimeError: the answer is not a good one.
        """
        headers = dict(line.split(": ", 1) for line in self.headers)
        with httpx.Client(base_url=f"http://{HOST}:{self.port}", trust_env=False) as http:
            for line in self.paths.read_text().splitlines()[:FIRST]:
                path, _, own = line.partition("\t")
                mine = dict([own.split(": ", 1)]) if own else {}
                answer = http.request(self.method, path, headers=headers | mine)
                if not answer.is_success:
                    raise RuntimeError(f"{path}: {answer.status_code}")
        return self

    def go_round(self, paths: int) -> "Load":
        """Ask for each of the first *paths* of the file once, at least, before anything counts."""
        while self._at < paths:
            self._at += self._run().requests
        return self

    def _run(self) -> Result:
        command = [
            *(shutil.which("wrk") or "wrk", "-t1", f"-c{self.connections}", f"-d{self.window}s"),
            *("--timeout", "10s", "-s", str(SCRIPT), f"http://{HOST}:{self.port}", "--"),
            *(self.method, str(self.paths), str(self._at), *self.headers),
        ]
        with on(OTHER_CORES):
            told = subprocess.run(  # noqa: S603  # the command is the benchmark's own
                command, capture_output=True, text=True, check=True
            ).stdout
        return read_result(told)


def read_result(told: str) -> Result:
    """
    Find the line of `load.lua` in what wrk *told*.

    Raises:
        ValueError: there is none.
    """
    for line in told.splitlines():
        _, found, result = line.partition("RESULT ")
        if found:
            return msgspec.json.decode(result, type=Result)
    raise ValueError(f"wrk gave no result: {told}")


def write_paths(file: Path, paths: Sequence[str]) -> Path:
    """Write what `load.lua` reads; a path may have a header line behind it, after a tab."""
    file.write_text("".join(itertools.chain.from_iterable((path, "\n") for path in paths)))
    return file

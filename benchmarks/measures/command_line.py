"""How long does one wait for the command line, and for the first redirect after a start?"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.installation import Installation, upstream
from benchmarks.plan import Plan
from benchmarks.prefill import redirect_paths
from benchmarks.processes import Process, spawn
from benchmarks.sampling import Findings, Sample, Target, budget, in_turns


HELP_MS: Final = 500
FIRST_REDIRECT_MS: Final = 5_000
LONGEST: Final = 30.0
PYTHON, HELP, REDIRECT = "python -c pass", "tillbridge --help", "start to first redirect"


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Time the help beside Python itself, and a start up to the first good redirect.

    On all cores: here nothing else is at work.
    """
    program = str(Path(sys.executable).with_name("tillbridge"))
    waiting = in_turns(
        "command line",
        [
            Target(PYTHON, lambda: _run(sys.executable, "-c", "pass")),
            Target(HELP, lambda: _run(program, "--help")),
        ],
        plan.repetitions,
        [(HELP, PYTHON)],
    )
    with upstream(directory, "--delay-ms", str(plan.delay_ms)) as (codat_port, _):
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(sessions=100)
        starting = in_turns(
            "service, warm folder",
            [Target(REDIRECT, lambda: _first_redirect(installation))],
            plan.starts,
        )
    helped = waiting.figure(HELP, "p50_ms")
    redirected = starting.figure(REDIRECT, "p50_ms")
    return Findings(
        [waiting, starting],
        [
            *budget("tillbridge --help", helped, HELP_MS, at_most=True, unit="ms"),
            *budget(REDIRECT, redirected, FIRST_REDIRECT_MS, at_most=True, unit="ms"),
        ],
    )


def _run(*command: str) -> Sample:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    return Sample.timing(time.perf_counter() - began)


def _first_redirect(installation: Installation) -> Sample:
    began = time.perf_counter()
    process = Process(spawn(installation.command, installation.environ, subprocess.DEVNULL))
    try:
        while not _redirects(installation):
            if process.popen.poll() is not None or time.perf_counter() - began > LONGEST:
                raise RuntimeError("The service does not redirect.")
            time.sleep(0.01)
        return Sample.timing(time.perf_counter() - began)
    finally:
        process.stop()


def _redirects(installation: Installation) -> bool:
    name, _, value = installation.authorization.partition(": ")
    [path] = redirect_paths([0])
    try:
        headers = {name: value, "Accept": "application/json"}
        answer = httpx.post(installation.url + path, headers=headers, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.is_success

"""`tillbridge serve` as a process, and the same application under another server."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from adapters.database.migrate import migrate
from tests.servers.ports import free_ports
from tests.support import OPERATOR_KEY, make_environ


TILLBRIDGE = (sys.executable, "-m", "entrypoints.cli.main")
PATIENT = 60.0
"""Seconds to wait where nobody answers before new workers are up: as long as a start may take."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Enough to serve, over a new database and a Codat that is not there."""
    url = f"sqlite:///{tmp_path / 'tillbridge.db'}"
    migrate(url)
    nobody = f"http://127.0.0.1:{free_ports(1)}"
    return {**os.environ, **make_environ(database_url=url, codat_url=nobody)}


@contextmanager
def serving(
    environ: Mapping[str, str], command: tuple[str, ...], port: int
) -> Generator[subprocess.Popen[str], None, None]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def goes_silent(port: int) -> bool:
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            return True
        time.sleep(0.05)
    return False


def test_sigterm_lets_the_service_end_in_peace(environ: dict[str, str]) -> None:
    port = free_ports(1)
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", "2")
    with serving(environ, command, port) as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert 0 == process.returncode
    assert f"Tillbridge serves https://connect.example.test on 127.0.0.1, port {port}." in err
    assert "Traceback" not in err


def test_alone_it_ends_by_sighup_as_by_sigterm(environ: dict[str, str]) -> None:
    port = free_ports(1)
    with serving(environ, (*TILLBRIDGE, "serve", "--port", str(port)), port) as process:
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=20)

    assert 0 == process.returncode
    assert "Traceback" not in err


def test_sighup_replaces_all_workers_and_no_request_fails(environ: dict[str, str]) -> None:
    port = free_ports(1)
    answers = []
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", "2")
    with serving(environ, command, port) as process:
        before = workers_of(process)
        process.send_signal(signal.SIGHUP)
        while before & workers_of(process):
            url = f"http://127.0.0.1:{port}/healthz"
            answers.append(httpx.get(url, trust_env=False, timeout=PATIENT).status_code)
        after = workers_of(process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert 2 == len(before) == len(after)
    assert {200} == set(answers)
    assert 0 == process.returncode


def test_a_request_in_flight_is_answered_before_the_service_ends(
    environ: dict[str, str],
) -> None:
    port = free_ports(1)
    url = f"http://127.0.0.1:{port}/v1/integrations"
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    with socket.create_server(("127.0.0.1", 0)) as codat, ThreadPoolExecutor() as browser:
        environ["TILLBRIDGE_CODAT_URL"] = f"http://127.0.0.1:{codat.getsockname()[1]}"
        with serving(environ, (*TILLBRIDGE, "serve", "--port", str(port)), port) as process:
            waiting = browser.submit(httpx.get, url, headers=headers, trust_env=False, timeout=20)
            asked, _ = codat.accept()
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            codat.close()
            asked.close()
            answer = waiting.result(timeout=20)
            process.communicate(timeout=20)

    assert 503 == answer.status_code
    assert 0 == process.returncode


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    pid = process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return {child for child, command in commands.items() if b"spawn_main" in command}


def test_a_worker_that_dies_is_replaced(environ: dict[str, str]) -> None:
    port = free_ports(1)
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", "2")
    with serving(environ, command, port) as process:
        before = workers_of(process)
        os.kill(min(before), signal.SIGKILL)
        for _ in range(200):
            if workers_of(process) - before:
                break
            time.sleep(0.05)
        after = workers_of(process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert 2 == len(before) == len(after)
    assert min(before) not in after
    assert 0 == process.returncode


def test_workers_count_together_and_what_the_dead_have_counted_stays(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ["TMPDIR"] = str(tmp_path)
    port = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", "2")
    with serving(environ, command, port) as process:
        for _ in range(20):
            httpx.get(f"{url}/v1/integrations", trust_env=False)
        before = workers_of(process)
        first = numbers(url)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        for _ in range(400):
            if len(workers_of(process) - before) == len(before):
                break
            time.sleep(0.05)
        second = numbers(url)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    refused = 'tillbridge_requests_total{method="GET",route="/v1/integrations",status="401"}'
    assert (20.0, 20.0) == (first[refused], second[refused])
    assert 2.0 == first['tillbridge_codat_breaker{state="closed"}']
    assert 1.0 <= second['tillbridge_codat_breaker{state="closed"}'] <= 2.0
    assert "tillbridge_event_loop_lag_seconds" in first
    assert [] == [path for path in tmp_path.iterdir() if path.name.startswith("tillbridge-m")]


def numbers(url: str) -> dict[str, float]:
    """The metrics, by name and labels."""
    told = httpx.get(f"{url}/metrics", trust_env=False, timeout=PATIENT).text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in told if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_a_worker_ends_when_the_service_is_killed(environ: dict[str, str]) -> None:
    port = free_ports(1)
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", "2")
    with serving(environ, command, port) as process:
        process.kill()
        process.wait()

        assert goes_silent(port)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_head_that_never_ends_is_refused_before_it_fills_the_memory(
    environ: dict[str, str], workers: str
) -> None:
    port = free_ports(1)
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--workers", workers)
    with serving(environ, command, port):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 33 * 1024)
            told = b"".join(iter(lambda: client.recv(4096), b""))
        after = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)

    assert told.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"server:" not in told.lower()
    assert 200 == after.status_code


def test_an_outdated_database_is_refused_with_the_remedy(environ: dict[str, str]) -> None:
    Path(environ["TILLBRIDGE_DATABASE_URL"].removeprefix("sqlite:///")).write_bytes(b"")
    command = (*TILLBRIDGE, "serve", "--port", str(free_ports(1)))

    ended = subprocess.run(  # noqa: S603 - our own command
        command, env=environ, capture_output=True, text=True, timeout=30, check=False
    )

    assert (1, "") == (ended.returncode, ended.stdout)
    assert "Run `tillbridge migrate`." in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("migrating", [(), ("--migrate",)], ids=["as it is", "migrating"])
def test_a_damaged_database_stops_the_start_with_instructions_and_is_left_alone(
    environ: dict[str, str], tmp_path: Path, migrating: tuple[str, ...]
) -> None:
    path = tmp_path / "tillbridge.db"
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    before = path.read_bytes()
    command = (*TILLBRIDGE, "serve", "--port", str(free_ports(1)), *migrating)

    ended = subprocess.run(  # noqa: S603 - our own command
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )

    assert (1, "") == (ended.returncode, ended.stdout)
    assert "it was left as it is. Stop Tillbridge, keep a copy" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
    assert before == path.read_bytes()


def test_the_database_can_be_migrated_on_the_way(environ: dict[str, str], tmp_path: Path) -> None:
    environ["TILLBRIDGE_DATABASE_URL"] = f"sqlite:///{tmp_path / 'another.db'}"
    port = free_ports(1)
    command = (*TILLBRIDGE, "serve", "--port", str(port), "--migrate")
    with serving(environ, command, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)

    assert "ok" == answer.json()["checks"]["database"]

import ctypes
import errno
import gc
import os
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, values

from entrypoints import seats, serving
from entrypoints.refused import Refused
from entrypoints.seats import SHARED
from entrypoints.settings import SettingsInvalid
from tests.servers.ports import free_ports
from tests.support import make_environ


PR_GET_PDEATHSIG = 2


@contextmanager
def listening(host: str = "127.0.0.1") -> Generator[int, None, None]:
    with socket.create_server((host, 0)) as server:
        yield server.getsockname()[1]


def say_nothing(_: str) -> None:
    """Nobody listens."""


def serve(environ: dict[str, str], port: int) -> bool:
    return serving.serve(environ, host="127.0.0.1", port=port, workers=1, say=say_nothing)


def test_a_free_port_is_no_reason_to_complain() -> None:
    serving.expect_free("127.0.0.1", free_ports(1), "--port", "Tillbridge")


def test_a_taken_port_is_refused() -> None:
    with listening() as port, pytest.raises(Refused) as refused:
        serving.expect_free("127.0.0.1", port, "--port", "Tillbridge")

    expected = f"Port {port} (Tillbridge) is taken: something listens on 127.0.0.1:{port} already."
    assert expected == refused.value.reason
    assert "Choose another one with --port." == refused.value.remedy
    assert str(refused.value) == f"{expected} Choose another one with --port."


def test_a_host_that_is_not_this_machines_is_refused() -> None:
    with pytest.raises(Refused, match=r"cannot listen on 192.0.2.1:8000: Cannot assign"):
        serving.expect_free("192.0.2.1", 8000, "--port", "Tillbridge")


def test_a_host_that_is_no_address_is_refused() -> None:
    with pytest.raises(Refused, match=r"not an address of this machine. Try 127.0.0.1."):
        serving.expect_free("not a host", 8000, "--port", "Tillbridge")


def test_wrong_settings_are_refused_all_together() -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        serve(make_environ(codat_api_key=None, connector_key="LQAI"), 8000)

    assert 2 == len(invalid.value.problems)


def test_a_taken_port_is_refused_before_the_database_is_looked_at() -> None:
    with listening() as port, pytest.raises(Refused, match="is taken"):
        serve(make_environ(), port)


def test_nobody_can_connect_before_the_database_was_looked_at(tmp_path: Path) -> None:
    port, seen = free_ports(1), []

    def try_to_connect(_: str) -> None:
        with socket.socket() as client:
            seen.append(client.connect_ex(("127.0.0.1", port)))
        raise Refused("That was enough.", "")

    environ = make_environ(database_url=f"sqlite:///{tmp_path / 't.db'}")
    with pytest.raises(Refused, match="That was enough"):
        serving.serve(
            environ, host="127.0.0.1", port=port, workers=1, migrate=True, say=try_to_connect
        )

    assert [errno.ECONNREFUSED] == seen


def test_a_worker_runs_the_web_service_and_ends_with_its_parent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in make_environ(database_url=f"sqlite:///{tmp_path / 't.db'}").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("entrypoints.logs.configure_logs", say_nothing)
    monkeypatch.setattr("entrypoints.web.app.configure_logs", say_nothing)
    libc, at_death = ctypes.CDLL(None), ctypes.c_int()
    try:
        assert callable(serving.worker())
        libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(at_death))
    finally:
        libc.prctl(serving.PR_SET_PDEATHSIG, 0)

    assert signal.SIGTERM == at_death.value
    assert gc.isenabled()


@pytest.fixture
def as_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have `worker` find a room for what it counts, and serve nothing; where that room is."""
    monkeypatch.setenv(SHARED, str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setattr(serving, "stop_with_parent", lambda: None)
    monkeypatch.setattr(serving, "application", lambda: None)
    return tmp_path


def test_a_worker_counts_at_its_seat(as_a_worker: Path) -> None:
    counted = as_a_worker / "counter_0.db"

    serving.worker()
    Counter("seen", "How often.", registry=CollectorRegistry()).inc()

    assert str(as_a_worker) == os.environ[SHARED]
    assert b"seen_total" in counted.read_bytes()


def test_a_worker_whose_files_find_no_room_serves_all_the_same_and_says_what_to_do(
    as_a_worker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (as_a_worker / "counter_0.db").symlink_to("/dev/full")

    serving.worker()

    assert SHARED not in os.environ
    assert "TMPDIR" in capsys.readouterr().err


def test_a_worker_without_any_room_counts_by_itself(
    as_a_worker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SHARED)

    serving.worker()

    assert [] == list(as_a_worker.iterdir())


def test_without_any_room_for_files_whoever_starts_the_service_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(SHARED, raising=False)
    monkeypatch.setattr(seats, "room", lambda: nullcontext(None))
    said: list[str] = []

    with serving.counting_together(said.append):
        assert SHARED not in os.environ

    assert [serving.COUNTED_APART] == said

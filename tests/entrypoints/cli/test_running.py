"""`serve`, `simulator`, `migrate` and `demo`, as far as they can be run inside of a test."""

import gc
import io
import os
import signal
import socket
from pathlib import Path

import pytest

from entrypoints.cli.main import run
from entrypoints.cli.terminal import Terminal
from tests.entrypoints.cli.desk import Desk
from tests.servers.ports import free_ports
from tests.support import make_environ


class Onlooker(io.StringIO):
    """Presses Ctrl-C as soon as it reads how to."""

    def write(self, text: str) -> int:
        if "Ctrl-C stops it." in text:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


@pytest.fixture
def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_migrate_says_what_it_did(desk: Desk, tmp_path: Path) -> None:
    desk.environ = make_environ(database_url=f"sqlite:///{tmp_path / 'new' / 't.db'}")

    first, second = desk.type("migrate"), desk.type("migrate")

    assert (0, "") == (first.code, first.err)
    assert "at schema" in first.out
    assert (0, "") == (second.code, second.err)
    assert first.out != second.out
    assert (tmp_path / "new" / "t.db").exists()


def test_migrate_brings_the_database_of_the_cache_along(desk: Desk, tmp_path: Path) -> None:
    desk.environ = make_environ(
        database_url=f"sqlite:///{tmp_path / 't.db'}", cache_url=f"sqlite:///{tmp_path / 'c.db'}"
    )

    assert 2 == len(desk.type("migrate").out.splitlines())
    assert {"t.db", "c.db"} == {path.name for path in tmp_path.glob("*.db")}


def test_migrate_refuses_what_is_no_database(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "t.db").write_text("a diary " * 1000, encoding="utf-8")
    desk.environ = make_environ(database_url=f"sqlite:///{tmp_path / 't.db'}")

    answer = desk.type("migrate")

    assert (1, "") == (answer.code, answer.out)
    said, hint = answer.err.splitlines()
    assert said.startswith("The database cannot be used: the database file is damaged")
    assert "restore a backup" in hint


def test_serve_refuses_wrong_settings(desk: Desk) -> None:
    desk.environ = make_environ(connector_side=None, conector_side="commerce")

    answer = desk.type("serve")

    assert (1, "") == (answer.code, answer.out)
    warning, heading, problem = answer.err.splitlines()
    assert warning.startswith("Warning: TILLBRIDGE_CONECTOR_SIDE is not a setting")
    assert "The settings are not complete, or not right:" == heading
    assert problem.startswith("  TILLBRIDGE_CONNECTOR_SIDE is missing")


def test_serve_refuses_a_database_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    desk.environ = make_environ(database_url=f"sqlite:///{tmp_path / 't.db'}")

    answer = desk.type("serve", "--port", str(free_ports(1)))

    assert (1, "") == (answer.code, answer.out)
    assert "run `tillbridge migrate`" in answer.err
    assert [] == list(tmp_path.iterdir())


def test_serve_says_when_the_server_could_not_start(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def come_to_nothing(server: object, sockets: object) -> None:
        """What uvicorn does where the application fails to start: it returns."""

    desk.environ = make_environ(database_url=f"sqlite:///{tmp_path / 't.db'}")
    for name, value in desk.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("uvicorn.Server.run", come_to_nothing)
    try:
        answer = desk.type("serve", "--migrate", "--port", str(free_ports(1)))
    finally:
        gc.enable()

    assert (1, "") == (answer.code, answer.out)
    assert "could not start" in answer.err


def test_serve_refuses_a_taken_port(desk: Desk, taken: socket.socket) -> None:
    with taken:
        port = taken.getsockname()[1]
        answer = desk.type("serve", "--port", str(port))

    assert (1, "") == (answer.code, answer.out)
    assert f"Port {port} (Tillbridge) is taken" in answer.err
    assert "Choose another one with --port.\n" in answer.err


@pytest.mark.parametrize("key", [None, "a-key-of-the-tests"])
def test_simulator_runs_until_ctrl_c(key: str | None, tmp_path: Path) -> None:
    port = free_ports(2)
    out, err = Onlooker(), io.StringIO()
    environ = {} if key is None else {"TILLBRIDGE_CODAT_API_KEY": key}
    terminal = Terminal(environ=environ, out=out, err=err, user="alice")

    code = run(
        [
            *("simulator", "--port", str(port), "--sync-flow-port", str(port + 1)),
            *("--connector-key", "dfxm", "--connector-side", "accounting"),
        ],
        terminal,
    )

    assert (0, "") == (code, err.getvalue())
    shown = "simulator-key" if key is None else "that of TILLBRIDGE_CODAT_API_KEY"
    expected = [
        f"Codat API:  http://127.0.0.1:{port}",
        f"Sync flow:  http://127.0.0.1:{port + 1}",
        f"API key:    {shown}",
        "Connector:  dfxm on the accounting side",
        "Ctrl-C stops it.",
    ]
    assert expected == out.getvalue().splitlines()


def test_simulator_refuses_a_taken_port(desk: Desk, tmp_path: Path, taken: socket.socket) -> None:
    (tmp_path / "key").write_text("a-key-of-the-tests\n", encoding="utf-8")
    desk.environ = {"TILLBRIDGE_CODAT_API_KEY_FILE": str(tmp_path / "key")}
    with taken:
        port = taken.getsockname()[1]
        answer = desk.type("simulator", "--port", str(port), "--sync-flow-port", "0")
        again = desk.type(
            *("simulator", "--port", str(free_ports(1)), "--sync-flow-port", str(port))
        )

    assert 2 == answer.code
    assert (1, "") == (again.code, again.out)
    assert f"Port {port} on 127.0.0.1 is taken" in again.err
    assert "--sync-flow-port" in again.err


def test_simulator_refuses_a_key_file_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    desk.environ = {"TILLBRIDGE_CODAT_API_KEY_FILE": str(tmp_path / "none")}

    answer = desk.type("simulator")

    assert (1, "") == (answer.code, answer.out)
    assert "TILLBRIDGE_CODAT_API_KEY_FILE names a file that cannot be read." in answer.err


def test_simulator_refuses_what_is_no_platform_key(desk: Desk) -> None:
    answer = desk.type("simulator", "--connector-key", "LQAI")

    assert (1, "") == (answer.code, answer.out)
    assert "--connector-key is not a platform key." in answer.err


def test_demo_refuses_a_taken_port(desk: Desk, taken: socket.socket) -> None:
    with taken:
        port = taken.getsockname()[1]
        answer = desk.type("demo", "--port", str(port))

    assert (1, "") == (answer.code, answer.out)
    assert f"Port {port} (Tillbridge) is taken" in answer.err
    assert "--port (it is the first of four)" in answer.err

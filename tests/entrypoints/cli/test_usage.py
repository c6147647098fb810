import io
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrypoints.cli import main as entry
from entrypoints.cli.main import run
from entrypoints.cli.terminal import Terminal
from tests.entrypoints.cli.desk import Desk
from tests.fakes.codat import FakeCodatGateway
from tests.support import make_environ


COMMANDS = [
    "demo",
    "serve",
    "simulator",
    "migrate",
    "doctor",
    "integrations",
    "interest",
    "branding warm",
    "branding show",
    "link",
    "token",
    "sessions",
    "session",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(desk: Desk, command: str) -> None:
    answer = desk.type(*command.split(), "--help")

    assert (0, "") == (answer.code, answer.err)
    assert f"Usage: tillbridge {command}" in answer.out
    assert f"Example: tillbridge {command}" in answer.out


def test_help_names_every_command_with_what_it_does(desk: Desk) -> None:
    answer = desk.type("--help")

    assert 0 == answer.code
    for command in COMMANDS:
        assert f"  {command.split()[0]}: " in answer.out


def test_a_family_of_commands_names_its_members(desk: Desk) -> None:
    answer = desk.type("branding")

    assert 0 == answer.code
    assert "  show: " in answer.out
    assert "  warm: " in answer.out


def test_no_command_at_all_gets_the_help(desk: Desk) -> None:
    assert "Usage: tillbridge COMMAND" in desk.type().out


def test_the_version_is_shown(desk: Desk) -> None:
    assert "0." == desk.type("--version").out[:2]


@pytest.mark.parametrize(
    "typed",
    [
        ["lnk"],
        ["link", "m-1"],
        ["link", "m-1", "gbol", "--loud"],
        ["sessions", "--status", "lost"],
        ["sessions", "--limit", "0"],
        ["serve", "--port", "65536"],
        ["demo", "--port", "65533"],
        ["branding", "paint"],
    ],
)
def test_wrong_usage_is_told_in_two_lines_with_code_2(desk: Desk, typed: list[str]) -> None:
    answer = desk.type(*typed)

    assert (2, "") == (answer.code, answer.out)
    said, hint = answer.err.splitlines()
    assert said
    assert hint.startswith("Try `tillbridge")


def test_wrong_settings_are_all_named(desk: Desk) -> None:
    desk.environ = {"HOME": "/nowhere"}

    answer = desk.type("sessions")

    assert (1, "") == (answer.code, answer.out)
    assert "TILLBRIDGE_CODAT_API_KEY is missing" in answer.err
    assert "TILLBRIDGE_PUBLIC_URL is missing" in answer.err


def test_a_defect_is_told_without_its_message_and_without_a_traceback(desk: Desk) -> None:
    async def fail() -> None:
        raise ValueError("https://sync-flow.codat.io/secret?otp=123")

    desk.world.codat.interruptions["integrations"] = fail

    answer = desk.type("integrations")

    assert (1, "") == (answer.code, answer.out)
    assert "This should not happen: ValueError in test_usage.py" in answer.err
    assert "otp" not in answer.err
    assert "Traceback" not in answer.err


def test_ctrl_c_ends_a_command_quietly(desk: Desk) -> None:
    async def interrupt() -> None:
        raise KeyboardInterrupt

    desk.world.codat.interruptions["integrations"] = interrupt

    answer = desk.type("integrations")

    assert (130, "", "") == (answer.code, answer.out, answer.err)


def test_a_reader_that_goes_away_ends_a_command_quietly(desk: Desk) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    err = io.StringIO()
    with os.fdopen(writing, "w") as out:
        terminal = Terminal(environ=desk.environ, out=out, err=err, user="alice", build=desk.build)
        code = run(["integrations"], terminal)

    assert (1, "") == (code, err.getvalue())


def test_nobody_who_reads_complaints_is_no_reason_for_a_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as err:
        terminal = Terminal(environ={}, out=io.StringIO(), err=err, user="alice")
        code = run(["sessions"], terminal)

    assert 1 == code


def test_the_process_runs_with_its_own_arguments_and_streams(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tillbridge", "link", "--help"])

    with pytest.raises(SystemExit) as ended:
        entry.main()

    assert 0 == ended.value.code
    assert "Usage: tillbridge link" in capsys.readouterr().out


def test_a_user_without_a_name_goes_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_123)

    assert "4000000123" == entry.user_name()


def test_the_real_product_is_built_where_nothing_else_is_said(tmp_path: Path) -> None:
    environ = make_environ(database_url=f"sqlite:///{tmp_path / 'nowhere.db'}")
    out, err = io.StringIO(), io.StringIO()

    code = run(["sessions"], Terminal(environ=environ, out=out, err=err, user="alice"))

    assert (1, "") == (code, out.getvalue())
    assert "The database cannot be used: there is no database at" in err.getvalue()
    assert "tillbridge migrate" in err.getvalue()


def test_what_is_opened_for_a_command_is_closed_after_it(desk: Desk) -> None:
    opened: list[str] = []

    @asynccontextmanager
    async def resource() -> AsyncGenerator[FakeCodatGateway, None]:
        opened.append("opened")
        yield desk.world.codat
        opened.append("closed")

    desk.resources = [resource()]

    assert 0 == desk.type("sessions").code
    assert ["opened", "closed"] == opened

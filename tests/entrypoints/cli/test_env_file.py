from pathlib import Path

import pytest

from tests.entrypoints.cli.desk import Desk
from tests.support import make_environ


def write(path: Path, *lines: str, mode: int = 0o600) -> str:
    path.write_text("\n".join(lines), encoding="utf-8")
    path.chmod(mode)
    return str(path)


def test_settings_may_come_from_a_file(desk: Desk, tmp_path: Path) -> None:
    wanted = make_environ(
        platform_name=" Corner Till",
        jwt_issuer='"https://issuer.example/a=b"',
        jwt_audience="'till'",
        jwks_url="https://issuer.example/keys",
    )
    lines = [f"{name}={value}" for name, value in wanted.items()]
    file = write(tmp_path / "demo.env", "# a comment", "", *lines)
    desk.environ = {"HOME": "/nowhere"}

    answer = desk.type("sessions", "--env-file", file)

    assert (0, "There are no such sync sessions.\n") == (answer.code, answer.err)
    settings = desk.built[0]
    assert "Corner Till" == settings.platform_name
    assert "https://issuer.example/a=b" == settings.jwt_issuer
    assert "till" == settings.jwt_audience


def test_a_line_that_sets_nothing_is_wrong_usage(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "demo.env", "# a comment", "TILLBRIDGE_OPERATOR_KEYS top-secret")

    answer = desk.type("--env-file", file, "sessions")

    assert (2, "") == (answer.code, answer.out)
    assert f"--env-file {file}: line 2 is not KEY=VALUE.\n" == answer.err


@pytest.mark.parametrize("name", ["TILLBRIDGE_PLATFORM_NAME", "TILLBRIDGE_PLATFORM_NAME_FILE"])
def test_the_environment_outdoes_the_file(desk: Desk, tmp_path: Path, name: str) -> None:
    given = tmp_path / "name"
    given.write_text("From the environment", encoding="utf-8")
    desk.environ[name] = str(given) if name.endswith("_FILE") else "From the environment"
    file = write(tmp_path / "demo.env", "TILLBRIDGE_PLATFORM_NAME=From the file")

    assert 0 == desk.type("--env-file", file, "sessions").code

    assert "From the environment" == desk.built[0].platform_name


def test_a_file_that_everyone_can_read_is_warned_of(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "demo.env", mode=0o644)

    answer = desk.type("--env-file", file, "sessions", "--json")

    assert {"syncSessions": []} == answer.json
    assert f"Everyone on this machine can read {file}: chmod 600 {file}\n" == answer.err


def test_a_file_that_is_not_there_is_wrong_usage(desk: Desk, tmp_path: Path) -> None:
    answer = desk.type("--env-file", str(tmp_path / "none"), "sessions")

    assert 2 == answer.code
    assert "cannot be read: No such file or directory." in answer.err


def test_a_file_that_is_no_text_is_wrong_usage(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)

    answer = desk.type("--env-file", str(file), "sessions")

    assert 2 == answer.code
    assert "cannot be read: it is not text in UTF-8." in answer.err

"""The commands over a PostgreSQL database, with nothing faked but Codat, which is not there."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from entrypoints.cli.main import run
from entrypoints.cli.terminal import Terminal
from tests.entrypoints.cli.desk import Answer
from tests.servers.ports import free_ports
from tests.servers.postgres import shared
from tests.support import make_environ


Typing = Callable[..., Answer]


def typing_at(**settings: str | None) -> Typing:
    """Somebody who types commands, with *settings*."""
    nobody = f"http://127.0.0.1:{free_ports(1)}"
    environ = make_environ(codat_url=nobody, **settings)

    def type_in(*arguments: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(environ=environ, out=out, err=err, user="alice")
        return Answer(run(arguments, terminal), out.getvalue(), err.getvalue())

    return type_in


@pytest.mark.parametrize("cache", [None, "sqlite"])
def test_every_command_that_stores_works_over_a_server(tmp_path: Path, cache: str | None) -> None:
    cache_url = cache and f"sqlite:///{tmp_path / 'cache.db'}"
    type_in = typing_at(database_url=shared().new(), cache_url=cache_url)

    migrated, again = type_in("migrate"), type_in("migrate")
    token = type_in("token", "m-1", "--json")
    sessions = type_in("sessions", "--json")
    doctor = type_in("doctor", "--json")

    databases = 1 if cache is None else 2
    assert (0, databases) == (migrated.code, len(migrated.out.splitlines()))
    assert migrated.out.count("before, it was empty") == databases
    assert again.out.count("nothing was to be done") == databases
    assert (0, "") == (token.code, token.err)
    assert 0 == sessions.code
    checks = {check["name"]: check["passed"] for check in doctor.json["checks"]}
    assert (True, True) == (checks["Database"], checks["Cache"])


def test_a_server_that_does_not_let_us_in_is_told_without_the_password() -> None:
    server = shared()
    password = "not-to-be-told"  # noqa: S105 - of nobody
    url = f"postgresql://nobody:{password}@127.0.0.1:{server.port}/postgres"
    type_in = typing_at(database_url=url)

    answers = [type_in(*command.split()) for command in ("migrate", "sessions", "serve", "doctor")]

    assert [1] * 4 == [answer.code for answer in answers]
    assert all("CREATE ROLE" in answer.out + answer.err for answer in answers)
    assert not any(password in answer.out + answer.err for answer in answers)


def test_a_wrong_address_is_refused_without_the_password() -> None:
    type_in = typing_at(database_url="postgresql://tillbridge:s3cr3t@pl@ce@db.test/t")

    answer = type_in("migrate")

    assert (1, "") == (answer.code, answer.out)
    assert "TILLBRIDGE_DATABASE_URL is wrong" in answer.err
    assert "s3cr3t" not in answer.err

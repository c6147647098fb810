"""`simulator --scenario`, `simulator --list-scenarios`, and `demo --scenario`."""

import json
from pathlib import Path

from entrypoints.cli.main import run
from entrypoints.cli.terminal import Terminal
from tests.entrypoints.cli.desk import Desk
from tests.entrypoints.cli.test_running import Onlooker
from tests.servers.ports import free_ports


def test_scenarios_are_shown_with_a_line_each(desk: Desk) -> None:
    answer = desk.type("simulator", "--list-scenarios")

    assert (0, "") == (answer.code, answer.err)
    lines = answer.out.splitlines()
    assert "codat-down       Codat stumbles, goes down for two minutes, and comes back" in lines
    assert lines == sorted(lines)
    assert all(len(line) < 100 for line in lines)


def test_scenarios_are_shown_as_a_document(desk: Desk) -> None:
    answer = desk.type("simulator", "--list-scenarios", "--json")

    listed = json.loads(answer.out)
    assert (0, "") == (answer.code, answer.err)
    assert {"name", "title"} == set(listed[0])
    assert "quota-gone" in {scenario["name"] for scenario in listed}


def test_a_simulator_that_runs_is_no_document(desk: Desk) -> None:
    answer = desk.type("simulator", "--json")

    assert (1, "") == (answer.code, answer.out)
    assert "Add --list-scenarios." in answer.err


def test_a_simulator_tells_which_scenario_it_plays() -> None:
    port = free_ports(2)
    out, err = Onlooker(), Onlooker()

    code = run(
        [
            *("simulator", "--port", str(port), "--sync-flow-port", str(port + 1)),
            *("--scenario", "key-revoked"),
        ],
        Terminal(environ={}, out=out, err=err, user="alice"),
    )

    assert (0, "") == (code, err.getvalue())
    said = "Scenario:   key-revoked: The API key is revoked, and stays wrong for two minutes"
    assert said in out.getvalue().splitlines()


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(desk: Desk) -> None:
    for command in ("simulator", "demo"):
        answer = desk.type(command, "--scenario", "codat-up")

        assert (1, "") == (answer.code, answer.out)
        assert "codat-up: cannot be read (No such file or directory)." in answer.err
        assert "Scenarios that ship: codat-down, come-back-later, " in answer.err


def test_every_mistake_in_a_file_is_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text("[[steps]]\nstatsu = 3\nafter = -1\n", encoding="utf-8")

    answer = desk.type("simulator", "--scenario", str(path))

    assert (1, "") == (answer.code, answer.out)
    assert 3 == answer.err.count(f"{path}: ")
    assert "step 1, `statsu` is no field there. Did you mean `status`?" in answer.err

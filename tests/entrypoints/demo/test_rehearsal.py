"""A demo under a scenario, over parts that do next to nothing."""

import os
import signal
from pathlib import Path

import pytest

from entrypoints.demo.directions import rehearsal
from entrypoints.demo.launcher import launch
from entrypoints.demo.plan import Plan
from entrypoints.refused import Refused
from entrypoints.simulating import scenario_called
from tests.entrypoints.demo.test_launcher import part
from tests.servers.ports import free_ports


LISTENING = """
import http.server, sys
class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        wish = self.rfile.read(int(self.headers["content-length"])).decode()
        good = (self.path, wish) == ("/_simulator/scenario", sys.argv[2])
        self.send_response(200 if good else 400); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Quiet).serve_forever()
"""


def under(name: str, wish: str) -> tuple[int, list[str]]:
    """A demo whose simulator only plays what is wished for by *wish*, and what was said."""
    port = free_ports(4)
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        if "All well again, at once." in line:
            os.kill(os.getpid(), signal.SIGTERM)

    signs = [f"http://127.0.0.1:{port + 1}/"]
    code = launch(
        os.environ,
        port=port,
        ready_file=None,
        scenario=scenario_called(name),
        say=hear,
        warn=said.append,
        parts=lambda _: [part("simulator", LISTENING, port + 1, wish, signs=signs)],
    )
    return code, said


def test_the_scenario_begins_once_all_answer_and_is_explained() -> None:
    code, said = under("codat-down", '{"name": "codat-down"}')

    assert 0 == code
    begun = "Codat's bad day begins now: codat-down. Codat stumbles, goes down for two minutes"
    ready = next(n for n, line in enumerate(said) if line.startswith("Ready."))
    assert any(line.startswith(begun) for line in said[ready:])
    assert "The demo is over; nothing of it is left." == said[-1]


def test_a_simulator_that_does_not_play_it_ends_the_demo() -> None:
    with pytest.raises(Refused, match=r"does not play codat-down \(status 400\)"):
        under("codat-down", "something else")


def test_what_to_look_at_has_addresses() -> None:
    lines = rehearsal(Plan(port=8000, directory=Path("/run/demo")), scenario_called("flaky"))

    assert "  curl -s http://127.0.0.1:8001/_simulator/scenario" in lines
    assert "  curl -s http://127.0.0.1:8000/readyz" in lines

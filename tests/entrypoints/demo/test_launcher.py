"""The launcher over parts that do next to nothing, and do it at once."""

import json
import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import pytest

from entrypoints.demo.child import Child
from entrypoints.demo.launcher import launch
from entrypoints.demo.plan import Part, Plan
from entrypoints.refused import Refused
from tests.servers.ports import free_ports


ANSWERING = """
import http.server, sys
class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2])); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Quiet).serve_forever()
"""
FAILING = "print('first'); print('the last words'); raise SystemExit(3)"
MUTE = "raise SystemExit(4)"
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


NEVER = "http://127.0.0.1:1/"
"""Nobody answers there."""


def part(name: str, code: str, *arguments: object, signs: Sequence[str] = (NEVER,)) -> Part:
    words = tuple(map(str, arguments))
    return Part(
        name=name,
        command=(sys.executable, "-S", "-c", code, *words),
        environment={"MARK": name},
        signs=tuple(signs),
    )


def answering(name: str, port: int, status: int = 200) -> Part:
    return part(name, ANSWERING, port, status, signs=[f"http://127.0.0.1:{port}/"])


@attrs.define
class Stage:
    """Somebody who watches a demo of *parts*, and stops it when it says *cue*."""

    port: int = attrs.field(factory=lambda: free_ports(4))
    cue: str = "Ready."
    send: signal.Signals = signal.SIGTERM
    said: list[str] = attrs.field(factory=list)
    warned: list[str] = attrs.field(factory=list)
    directory: Path | None = None
    announced: Mapping[str, object] | None = None
    modes: dict[str, int] = attrs.field(factory=dict)
    ready_file: Path | None = None

    def play(self, *parts: Part, patience: float = 20) -> int:
        def cast(plan: Plan) -> Sequence[Part]:
            self.directory = plan.directory
            self.modes["directory"] = stat.S_IMODE(plan.directory.stat().st_mode)
            self.modes["env file"] = stat.S_IMODE(plan.env_file.stat().st_mode)
            return parts

        return launch(
            os.environ,
            port=self.port,
            ready_file=self.ready_file,
            say=self._hear,
            warn=self.warned.append,
            parts=cast,
            patience=patience,
        )

    def _hear(self, line: str) -> None:
        self.said.append(line)
        if line.startswith(self.cue):
            if self.ready_file is not None:
                self.announced = json.loads(self.ready_file.read_text(encoding="utf-8"))
                self.modes["ready file"] = stat.S_IMODE(self.ready_file.stat().st_mode)
            os.kill(os.getpid(), self.send)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stays_until_it_is_told_to_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stage = Stage(send=number)

    assert 0 == stage.play(answering("one", stage.port), answering("two", stage.port + 1))

    assert [] == stage.warned
    assert "The demo is over; nothing of it is left." == stage.said[-1]
    assert before == signal.getsignal(number)


def test_it_goes_on_without_a_terminal_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stage = Stage(cue="Starting", send=signal.SIGHUP)
        assert 1 == stage.play(part("one", FAILING))
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_it_writes_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    stage = Stage(ready_file=tmp_path / "ready.json")

    assert 0 == stage.play(answering("one", stage.port))

    assert {"directory": 0o700, "env file": 0o600, "ready file": 0o600} == stage.modes
    assert stage.directory is not None
    assert not stage.directory.exists()
    assert [] == list(tmp_path.iterdir())


def test_the_ready_file_says_where_everything_is(tmp_path: Path) -> None:
    stage = Stage(ready_file=tmp_path / "ready.json")

    assert 0 == stage.play(answering("one", stage.port))

    assert stage.announced is not None
    assert f"http://127.0.0.1:{stage.port + 3}" == stage.announced["shop"]


def test_an_old_ready_file_does_not_deceive_anybody(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    ready_file.write_text("{}", encoding="utf-8")
    stage = Stage(ready_file=ready_file)

    assert 1 == stage.play(part("one", FAILING))

    assert not ready_file.exists()


def test_a_ready_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    stage = Stage(ready_file=tmp_path / "nowhere" / "ready.json")

    with pytest.raises(Refused, match="cannot be written: No such file or directory"):
        stage.play(answering("one", stage.port))


def test_it_says_which_part_ended_and_what_it_said_last() -> None:
    stage = Stage()

    assert 1 == stage.play(answering("one", stage.port), part("two", FAILING))

    (report,) = stage.warned
    assert report.startswith("The two ended by itself (exit code 3), so the demo stops.")
    assert ["  first", "  the last words"] == report.splitlines()[1:]
    assert not any(line.startswith("Ready.") for line in stage.said)


def test_it_notices_when_a_part_ends_later() -> None:
    stage = Stage(cue="never")
    code = f"import time; time.sleep(0.2)\n{MUTE}"

    assert 1 == stage.play(part("one", code, signs=()))

    (report,) = stage.warned
    assert ["The one ended by itself (exit code 4), so the demo stops. Its last lines:"] == (
        report.splitlines()[:1]
    )
    assert "  (it wrote nothing)" == report.splitlines()[1]


def test_it_does_not_wait_for_ever() -> None:
    stage = Stage()

    assert 1 == stage.play(answering("one", stage.port, 503), patience=0.2)

    assert "The one did not answer within 0 seconds" in stage.warned[0]


def test_it_can_be_stopped_while_it_starts() -> None:
    stage = Stage(cue="Starting")

    assert 0 == stage.play(part("one", STUBBORN.replace("SIG_IGN", "SIG_DFL")))

    assert [] == stage.warned


@pytest.mark.parametrize("offset", range(4))
def test_a_taken_port_is_named_before_anything_starts(offset: int) -> None:
    stage = Stage()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", stage.port + offset))
        squatter.listen()

        with pytest.raises(Refused) as refused:
            stage.play()

    assert f"Port {stage.port + offset} (" in refused.value.reason
    assert "--port" in refused.value.remedy
    assert [] == stage.said


def test_nobodys_settings_and_no_proxy_get_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TILLBRIDGE_LOG_LEVEL", "debug")
    told = "sorted(n for n in os.environ if n[:5] in ('TILLB', 'MARK', 'no_pr'))"
    stage = Stage()

    assert 1 == stage.play(part("one", f"import os; print({told}); {MUTE}"))

    assert "  ['MARK', 'no_proxy']" == stage.warned[0].splitlines()[1]


def test_a_part_that_does_not_stop_is_made_to(tmp_path: Path) -> None:
    child = Child.start(part("one", STUBBORN), os.environ, tmp_path)
    while "ready" not in child.last_lines:
        time.sleep(0.01)

    child.stop(grace=0.05)

    assert -signal.SIGKILL == child.process.returncode


def test_a_part_that_has_ended_needs_no_stopping(tmp_path: Path) -> None:
    with Child.start(part("one", MUTE), os.environ, tmp_path) as child:
        child.process.wait()

    assert 4 == child.process.returncode

"""The demo as it is: four servers, real processes, and somebody who clicks through it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from entrypoints.demo.plan import Plan
from tests.servers.ports import free_ports
from tests.system.visitor import Visitor


TILLBRIDGE = (sys.executable, "-m", "entrypoints.cli.main")


@attrs.frozen
class Demo:
    """A demo that runs, and what it wrote to its ready file."""

    process: subprocess.Popen[str]
    said: Path
    addresses: dict[str, Any]

    @property
    def directory(self) -> Path:
        """Where its files are."""
        line = next(
            li for li in self.said.read_text().splitlines() if li.startswith("Logs are in")
        )
        return Path(line.removeprefix("Logs are in ").partition(". ")[0])

    @property
    def parts(self) -> list[int]:
        """The process ids of everything that it started, workers included."""
        return descendants(self.process.pid)


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [each for child in map(int, children) for each in (child, *descendants(child))]


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], patience: float = 60) -> None:
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def running_demo(place: Path) -> Generator[Demo, None, None]:
    ready, said = place / "ready.json", place / "said.txt"
    command = (*TILLBRIDGE, "demo", "--port", str(free_ports(4)), "--ready-file", str(ready))
    # A launcher that is killed cannot tidy up; pytest does.
    environ = {**os.environ, "TMPDIR": str(place)}
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=environ, text=True, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        yield Demo(process, said, json.loads(ready.read_text(encoding="utf-8")))
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo, None, None]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def http() -> Generator[httpx.Client, None, None]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def test_the_ready_file_has_exactly_what_was_promised(demo: Demo) -> None:
    first = int(demo.addresses["tillbridge"].rpartition(":")[2])
    plan = Plan(
        port=first,
        directory=demo.directory,
        operator_key=demo.addresses["operatorKey"],
        codat_api_key=demo.addresses["codatApiKey"],
    )

    assert plan.announcement == demo.addresses


def test_all_four_answer(demo: Demo, http: httpx.Client) -> None:
    ready = http.get(f"{demo.addresses['tillbridge']}/readyz").json()

    well = {"database": "ok", "cache": "ok", "codat": "ok", "breaker": "closed"}
    assert well == ready["checks"]
    assert 200 == http.get(f"{demo.addresses['codatApi']}/_simulator/ledger").status_code
    assert 500 > http.get(f"{demo.addresses['syncFlow']}/").status_code
    assert 200 == http.get(demo.addresses["shop"]).status_code


def test_a_merchant_connects_from_the_shop_and_is_back_in_the_shop(
    demo: Demo, http: httpx.Client
) -> None:
    merchant = Visitor(http)
    merchant.open(demo.addresses["shop"])
    merchant.press("Corner Bakery")
    merchant.press("Connect your accounting")
    merchant.press("Continue")
    assert f"{demo.addresses['tillbridge']}/connect" == merchant.address
    assert not any("Partner Commerce" in button for button in merchant.buttons)

    merchant.press(next(button for button in merchant.buttons if "Xero" in button))
    assert merchant.address.startswith(demo.addresses["syncFlow"])
    merchant.press("Connect Partner Commerce")
    merchant.press("Connect Xero")
    for _ in ("sales", "fees", "payments"):
        merchant.press("Next")
    merchant.press("Save and finish")
    assert merchant.address.startswith(f"{demo.addresses['tillbridge']}/connect/return/")
    assert "Xero is connected" in merchant.heading

    merchant.follow("Back to Corner Till")
    assert f"{demo.addresses['shop']}/done" == merchant.address
    assert "Xero is connected" == merchant.heading
    merchant.follow("Back to your back office")
    assert '<span class="state completed">Connected</span>' in merchant.page.text


def test_a_merchant_who_turns_back_can_go_on_later(demo: Demo, http: httpx.Client) -> None:
    merchant = Visitor(http)
    merchant.open(demo.addresses["shop"])
    merchant.press("Harbour Books")
    merchant.press("Connect your accounting")
    merchant.press("Continue")
    merchant.press(next(button for button in merchant.buttons if "FreeAgent" in button))
    first = merchant.trail[-1]

    merchant.open(demo.addresses["shop"])
    assert "Started, not finished yet" in merchant.page.text
    merchant.press("Manage your accounting")
    merchant.press("Continue")
    merchant.press(next(button for button in merchant.buttons if "FreeAgent" in button))

    assert merchant.address.startswith(demo.addresses["syncFlow"])
    assert first != merchant.trail[-1]


def test_support_can_hand_out_a_link_with_the_file_of_the_demo(
    demo: Demo, http: httpx.Client
) -> None:
    env_file = demo.directory / "demo.env"
    answer = subprocess.run(  # noqa: S603 - our own command
        [*TILLBRIDGE, "--env-file", env_file, "link", "moss-and-fern", "qhyg", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )

    link = json.loads(answer.stdout)
    assert 200 == http.get(link["url"]).status_code
    assert 401 == http.get(link["url"]).status_code
    said = demo.said.read_text(encoding="utf-8")
    assert f"tillbridge --env-file {env_file} link corner-bakery gbol" in said
    assert "without a password" in said


def test_no_sync_flow_url_is_in_anything_that_the_demo_wrote(demo: Demo) -> None:
    for file in (demo.said, *demo.directory.iterdir()):
        assert b"otp=" not in file.read_bytes()


def test_sigterm_leaves_nothing_behind(demo: Demo) -> None:
    parts, directory = demo.parts, demo.directory
    assert 3 == len(parts)

    demo.process.terminate()

    assert 0 == demo.process.wait(30)
    assert [] == [pid for pid in parts if runs(pid)]
    assert not directory.exists()


def test_even_a_launcher_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        parts = demo.parts
        os.kill(demo.process.pid, signal.SIGKILL)

        wait_until(lambda: not any(map(runs, parts)), patience=15)

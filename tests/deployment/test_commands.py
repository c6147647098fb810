"""What the systemd unit and the container file start, started as they do."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx
import pytest

from entrypoints.cli.env_file import with_env_file
from entrypoints.serving import LONGEST_DRAIN
from entrypoints.settings import load, unknown
from tests.servers.ports import free_ports
from tests.support import OPERATOR_KEY


ROOT: Final = Path(__file__).parents[2]
UNIT: Final = ROOT / "deploy/systemd/tillbridge.service"
ENVIRONMENT: Final = ROOT / "deploy/systemd/tillbridge.env.example"
CONTAINER: Final = ROOT / "deploy/container/Containerfile"
IGNORED: Final = ROOT / ".containerignore"
INSTALLED: Final = "/opt/tillbridge/bin/tillbridge"
EXPOSURE: Final = 20
"""Tenths, of ten: systemd calls up to 2 "OK" and above 4 "EXPOSED"."""


def unit(name: str) -> list[str]:
    """Every value of the unit's setting *name*."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def image(word: str) -> list[list[str]]:
    """The arguments of every instruction *word*, those in brackets as lists."""
    text = CONTAINER.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(rf"^{word} +(.+)$", text, flags=re.MULTILINE)
    return [json.loads(line) if line.startswith("[") else line.split() for line in found]


@pytest.fixture
def environ(tmp_path: Path) -> Generator[dict[str, str]]:
    """What systemd gives the service: directories, credentials, and the file of settings."""
    credentials = tmp_path / "codat-api-key", tmp_path / "operator-keys"
    credentials[0].write_text("codat-key-of-the-tests")
    credentials[1].write_text(f"shop={OPERATOR_KEY}")
    named = dict(each.split("=", 1) for each in unit("Environment"))
    here = {name: value.replace("%d", str(tmp_path)) for name, value in named.items()}
    nobody = {"TILLBRIDGE_CODAT_URL": f"http://127.0.0.1:{free_ports(1)}"}
    given = {**here, **nobody, "STATE_DIRECTORY": str(tmp_path / "state")}
    yield with_env_file(given, ENVIRONMENT, warn=lambda _: None)
    # As systemd does when the service ends.
    for credential in credentials:
        credential.unlink()


def test_the_example_of_settings_is_complete_and_right(environ: dict[str, str]) -> None:
    settings = load(environ)

    assert "https://connect.example.com" == settings.public_url
    assert {OPERATOR_KEY} & {*settings.operator_keys, *settings.operator_keys.values()}
    assert () == unknown(environ)


@pytest.mark.parametrize("way", ["unit", "image"])
def test_what_is_deployed_starts_serves_and_ends_in_peace(
    environ: dict[str, str], way: str
) -> None:
    if way == "unit":
        commands = [shlex.split(line) for line in unit("ExecStartPre") + unit("ExecStart")]
    else:
        commands = [[*image("ENTRYPOINT")[0], *image("CMD")[-1]]]
    port = str(free_ports(1))
    *before, serving = [
        [sys.executable, "-m", "entrypoints.cli.main", *(port if w == "8000" else w for w in rest)]
        for _, *rest in commands
    ]
    everything = {**os.environ, **environ}
    for command in before:
        subprocess.run(command, env=everything, check=True, timeout=30)  # noqa: S603 - our own
    service = subprocess.Popen(serving, env=everything)  # noqa: S603 - our own command
    try:
        answer = first_answer(f"http://127.0.0.1:{port}/healthz", service)
    finally:
        service.terminate()
    ended = service.wait(timeout=12)

    assert 200 == answer.status_code
    assert 0 == ended
    assert {INSTALLED, "tillbridge"} >= {program for program, *_ in commands}


def test_systemd_understands_the_unit_and_finds_it_well_enclosed(tmp_path: Path) -> None:
    here = tmp_path / "tillbridge.service"
    # What it starts has to be there, and is not on this machine.
    here.write_text(UNIT.read_text(encoding="utf-8").replace(INSTALLED, sys.executable))
    analyze = shutil.which("systemd-analyze") or ""
    understood = subprocess.run(  # noqa: S603 - systemd's own checker
        [analyze, "verify", "--man=no", str(here)], capture_output=True, text=True, check=False
    )
    enclosed = subprocess.run(  # noqa: S603 - systemd's own checker
        [analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", str(here)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (understood.returncode, understood.stderr)
    assert 0 == enclosed.returncode, enclosed.stdout.splitlines()[-1]


def test_the_service_may_take_longer_to_end_than_its_requests() -> None:
    assert LONGEST_DRAIN < int(unit("TimeoutStopSec")[0])


def test_the_image_is_made_of_what_is_there_and_not_held_back() -> None:
    copied = [
        source
        for arguments in image("COPY")
        if not arguments[0].startswith("--from")
        for source in arguments[:-1]
    ]
    let_through = set(IGNORED.read_text(encoding="utf-8").replace("!", "").splitlines())

    assert [] == [source for source in copied if not (ROOT / source).exists()]
    assert [] == [source for source in copied if source not in let_through]


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    ((user,),) = image("USER")
    given = " ".join(word for arguments in image("ENV") + image("ARG") for word in arguments)

    assert user.split(":")[0].isdigit()
    assert "0" != user.split(":")[0]
    assert [] == re.findall("TILLBRIDGE_|KEY|TOKEN|SECRET", given)


def first_answer(url: str, service: "subprocess.Popen[bytes]") -> httpx.Response:
    """The first answer from *url*, while *service* lives."""
    for _ in range(600):
        assert service.poll() is None
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError

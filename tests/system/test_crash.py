"""
What was acknowledged survives the sudden death of the process.

A process of its own writes and prints what was acknowledged, until it is killed at a random
moment; then the next one goes on with the same database. The whole service is killed in
`test_sudden_death.py`; what a cut of the power leaves is in `test_power_cut.py`.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.sessions.sql import SqlSessionStore
from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, Secret, SyncSessionId
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from tests.adapters.database.fresh import fresh_database
from tests.adapters.database.modes import MODES, keep
from tests.fakes.clock import START, FakeClock


ROOT = Path(__file__).parents[2]
KILLS = 12
WRITERS = 8
MERCHANT = MerchantIdentifier("m-1")
TOKEN = ConnectGrant(grant=Grant(merchant=Merchant(identifier=MERCHANT)), expires_at=START)
EARLIER = START.replace(hour=0)


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_what_was_acknowledged_survives_being_killed(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(mode, monkeypatch)
    url = fresh_database(tmp_path)
    acknowledged = acknowledged_until_killed(url, mode)
    versions = {name: int(what) for name, what in acknowledged if what.isdigit()}
    spent = [Secret(name) for name, what in acknowledged if what == "spent"]

    async with Database(url) as database:
        sessions, tokens = SqlSessionStore(database), SqlConnectTokens(database, Eras(FakeClock()))
        found = [await sessions.get(SyncSessionId(name)) for name in versions]
        claimed = [await tokens.claim(secret, EARLIER) for secret in spent]

    lost = [session.id for session in found if session.version < versions[session.id]]
    assert [] == lost
    assert {None} == set(claimed)
    assert len(versions) > KILLS


def acknowledged_until_killed(url: str, mode: str) -> list[tuple[str, str]]:
    """What the processes that were killed had been told is written, in pairs."""
    script = f"from {__name__} import kill_again_and_again as go; go({url!r}, {mode!r})"
    lab = subprocess.run(  # noqa: S603 - the script is the one above
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    return [(name, what) for name, what in map(str.split, lab.stdout.splitlines())]


def kill_again_and_again(url: str, mode: str) -> None:
    """Let one process after the other write, and kill each at a random moment."""
    keep(mode, pytest.MonkeyPatch())
    dice = random.Random(20)  # noqa: S311 - this is no secret
    for life in range(KILLS):
        told, telling = os.pipe()
        child = os.fork()
        if child == 0:
            asyncio.run(_write_for_ever(url, life, telling))
        os.close(telling)
        if life % 2:
            # However busy the machine is, half of them get to the end of something.
            os.read(told, 1)
        time.sleep(dice.uniform(0.03, 0.15))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(told)
        assert signal.SIGKILL == os.WTERMSIG(status)


async def _write_for_ever(url: str, life: int, telling: int) -> None:
    async with Database(url) as database:
        writers = (_write(database, f"{life:02}-{n}", telling) for n in range(WRITERS))
        await asyncio.gather(*writers)


async def _write(database: Database, writer: str, telling: int) -> None:
    sessions, tokens = SqlSessionStore(database), SqlConnectTokens(database, Eras(FakeClock()))
    number = 0
    while True:
        number += 1
        name = f"ss_{writer}-{number:06}"
        session = SyncSession.open(
            SyncSessionId(name), MERCHANT, PlatformKey("gbol"), now=START, actor="a"
        )
        await sessions.add(session)
        _acknowledged(name, session.version)
        begun = session.begin_redirect(RedirectId(f"rd_{name}"), now=START, actor="a")
        await sessions.save(session, begun)
        _acknowledged(name, begun.version)
        handed = begun.hand_over(f"fingerprint of {name}", now=START, actor="a")
        await sessions.save(begun, handed)
        _acknowledged(name, handed.version)
        secret = Secret(f"secret-{name}")
        await tokens.issue(secret, TOKEN)
        if await tokens.claim(secret, EARLIER) is not None:
            _acknowledged(secret, "spent")
            os.write(telling, b".")


def _acknowledged(name: str, what: object) -> None:
    # One small write to a pipe is all or nothing (POSIX, PIPE_BUF), even when killed.
    os.write(1, f"{name} {what}\n".encode())

"""
The service is killed again and again while merchants are on their way.

What it had told anybody before is there afterwards: sync sessions, redirects, logins. No token
works twice, and no URL is given twice. `KILLS=1000` does it more often.
"""

import datetime as dt
import itertools
import logging
import random
import statistics
import threading
import time
from collections.abc import Generator
from pathlib import Path

import attrs
import httpx
import pytest

from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.sessions.sql import SqlSessionStore
from adapters.system import SystemClock
from domain.ids import MerchantIdentifier, PlatformKey, Secret, SyncSessionId
from domain.ports.session_store import SessionQuery
from entrypoints.demo.plan import SIMULATOR
from tests import canaries
from tests.amounts import amount
from tests.servers.ports import free_port
from tests.stack import Stack, running_stack
from tests.system.lives import Life, environ_of, until


KILLS = amount("KILLS", 50)
MERCHANTS = 4
log = logging.getLogger(__name__)

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60 + 5 * KILLS)]


@attrs.define
class Told:
    """What merchants and the backend were told, by an answer that arrived whole."""

    sessions: list[str] = attrs.field(factory=list)
    spent: list[str] = attrs.field(factory=list)
    given: list[tuple[str, str]] = attrs.field(factory=list)
    refused: list[tuple[int, str]] = attrs.field(factory=list)
    last_given: float = 0.0


@attrs.define
class Merchants(threading.Thread):
    """Merchants, one after the other: a token, a login, a redirect; whatever the service does."""

    who: str
    address: str
    operator_key: str
    told: Told
    ended: threading.Event

    def __attrs_pre_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        with httpx.Client(base_url=self.address, timeout=20, trust_env=False) as http:
            for number in itertools.takewhile(
                lambda _: not self.ended.is_set(), itertools.count()
            ):
                http.cookies.clear()
                try:
                    self._come_by(http, f"{self.who}-{number}")
                except httpx.TransportError:
                    time.sleep(0.01)

    def _come_by(self, http: httpx.Client, merchant: str) -> None:
        backend = {"Authorization": f"Bearer {self.operator_key}"}
        wanted = {"merchantIdentifier": merchant}
        opened = http.post(
            "/v1/sync-sessions", json={**wanted, "platformKey": "qhyg"}, headers=backend
        )
        if self._went_well(opened, 201):
            self.told.sessions.append(opened.json()["id"])
        minted = http.post("/v1/connect-tokens", json=wanted, headers=backend)
        if not self._went_well(minted, 201):
            return
        token = minted.json()["token"]
        canaries.forbid(token)
        if not self._went_well(http.post("/connect/session", data={"token": token}), 303):
            return
        self.told.spent.append(token)
        left = http.post("/connect/gbol", headers={"Origin": self.address})
        if self._went_well(left, 303):
            self.told.given.append((merchant, left.headers["location"]))
            self.told.last_given = time.monotonic()

    def _went_well(self, answer: httpx.Response, expected: int) -> bool:
        if answer.status_code != expected:
            self.told.refused.append((answer.status_code, answer.text[:200]))
        return answer.status_code == expected


@pytest.fixture(scope="module")
def codat(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    """The simulator, with nothing beside it."""
    with running_stack(tmp_path_factory.mktemp("codat"), only=(SIMULATOR,)) as stack:
        yield stack


async def test_what_anybody_was_told_survives_being_killed(codat: Stack, tmp_path: Path) -> None:
    began = SystemClock().now()
    told, recoveries = lives_cut_short(codat, tmp_path)
    log.info(
        "%d kills, %d redirects; first good redirect after a kill: median %.2f s, worst %.2f s",
        KILLS,
        len(told.given),
        statistics.median(recoveries),
        max(recoveries),
    )
    urls = [url for _, url in told.given]
    canaries.forbid(*urls)
    minted = {entry["url"]: entry["merchantIdentifier"] for entry in codat.ledger["minted"]}

    assert [] == told.refused
    assert len(urls) == len(set(urls)) > KILLS // 2
    assert [] == [merchant for merchant, url in told.given if minted[url] != merchant]
    assert [] == await lost(told, began, f"sqlite:///{tmp_path / 'tillbridge.db'}")


def lives_cut_short(codat: Stack, directory: Path) -> tuple[Told, list[float]]:
    """Kill the service at any moment; how long each time until a merchant was sent on again."""
    dice, told, ended = random.Random(29), Told(), threading.Event()  # noqa: S311 - no secret
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environ = environ_of(
        codat,
        database_url=f"sqlite:///{directory / 'tillbridge.db'}",
        public_url=address,
    )
    merchants = [
        Merchants(f"m-{n}", address, codat.plan.operator_key, told, ended)
        for n in range(MERCHANTS)
    ]
    recoveries: list[float] = []
    try:
        life = Life.begin(environ, port, directory / "service.log").until_up()
        for merchant in merchants:
            merchant.start()
        while len(recoveries) < KILLS:
            time.sleep(dice.uniform(0, 0.1))
            life.kill()
            killed_at = time.monotonic()
            life = Life.begin(environ, port, directory / "service.log")
            if dice.random() < 0.2:
                # Some do not even get up.
                time.sleep(dice.uniform(0, 0.15))
                life.kill()
                life = Life.begin(environ, port, directory / "service.log")
            until(lambda since=killed_at: told.last_given > since or bool(told.refused))  # type: ignore[misc]  # a loop's own
            recoveries.append(told.last_given - killed_at)
    finally:
        ended.set()
        for merchant in merchants:
            merchant.join(30)
        life.kill()
    return told, recoveries


async def lost(told: Told, began: dt.datetime, url: str) -> list[str]:
    """What somebody was told and is not so; every token that would work again."""
    async with Database(url) as database:
        sessions = SqlSessionStore(database)
        tokens = SqlConnectTokens(database, Eras(SystemClock()))
        for session_id in told.sessions:
            await sessions.get(SyncSessionId(session_id))
        missed = [m for m, _ in told.given if 1 != await redirects_of(m, sessions)]
        # As of when none of them had ended: only that each is spent speaks against it.
        again = [t for t in told.spent if await tokens.claim(Secret(t), began) is not None]
    return [*missed, *again]


async def redirects_of(merchant: str, sessions: SqlSessionStore) -> int:
    wanted = SessionQuery(merchant=MerchantIdentifier(merchant), platform_key=PlatformKey("gbol"))
    return sum([len(session.redirects) for session in await sessions.find(wanted)])

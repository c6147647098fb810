"""Merchants on a bad mobile network, and Codat at the end of another: slower, and no less sure."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import attrs
import httpx
import pytest

from entrypoints.demo.plan import SIMULATOR
from tests.amounts import amount
from tests.servers.ports import free_port
from tests.stack import NO_TLS, Stack, running_stack
from tests.system.lives import Life, environ_of
from tests.system.poor_line import PoorLine


STARTS = amount("POOR_STARTS", 200)
MERCHANTS = 20
SERVED = 0.99

pytestmark = pytest.mark.timeout(120 + STARTS)


@attrs.frozen
class Afar:
    """A service whom everybody reaches by a poor line, and who so reaches Codat."""

    stack: Stack
    merchants: PoorLine
    codat: PoorLine
    address: str

    def client(self) -> httpx.Client:
        """Somebody at the far end."""
        key = {"Authorization": f"Bearer {self.stack.plan.operator_key}"}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.merchants.port}",
            headers={**key, "Host": self.address.removeprefix("http://")},
            timeout=30,
            trust_env=False,
            verify=NO_TLS,
        )


@pytest.fixture(scope="module")
def afar(tmp_path_factory: pytest.TempPathFactory) -> Generator[Afar, None, None]:
    directory, port = tmp_path_factory.mktemp("afar"), free_port()
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as up:
        codat = up.enter_context(running_stack(directory, only=(SIMULATOR,)))
        far_codat = up.enter_context(PoorLine(_port(codat.plan.codat_api), seed=35))
        environ = environ_of(
            codat,
            breaker="on",
            codat_url=f"http://127.0.0.1:{far_codat.port}",
            database_url=f"sqlite:///{directory / 'tillbridge.db'}",
            public_url=address,
        )
        up.enter_context(Life.begin(environ, port, directory / "service.log")).until_up()
        merchants = up.enter_context(PoorLine(port, seed=36))
        yield Afar(codat, merchants, far_codat, address)


def test_at_least_99_of_100_starts_succeed_and_each_url_is_given_once(afar: Afar) -> None:
    with afar.client() as http, ThreadPoolExecutor(MERCHANTS) as crowd:
        before = afar.merchants.lost, afar.codat.lost
        sessions = list(crowd.map(lambda n: _session(http, f"m-{n}"), range(MERCHANTS)))

        answers = list(
            crowd.map(
                lambda n: http.post(f"/v1/sync-sessions/{sessions[n % MERCHANTS]}/redirect"),
                range(STARTS),
            )
        )

    given = [answer.json()["url"] for answer in answers if answer.status_code == httpx.codes.OK]
    assert SERVED * STARTS <= len(given), {answer.status_code for answer in answers}
    assert len(given) == len(set(given))
    minted = {url["url"] for url in afar.stack.ledger["minted"]}
    assert set(given) <= minted
    # It was as bad as it was meant to be, on both sides.
    assert afar.merchants.lost - before[0] >= STARTS // 50
    assert afar.codat.lost - before[1] >= STARTS // 50


def test_the_picker_arrives_whole_and_a_merchant_gets_away(afar: Afar) -> None:
    with afar.client() as http:
        wanted = {"merchantIdentifier": "on-the-road"}
        token = http.post("/v1/connect-tokens", json=wanted).json()["token"]
        entered = http.post("/connect/session", data={"token": token})
        page = http.get("/connect")
        left = http.post("/connect/gbol", headers={"Origin": afar.address})

    assert 303 == entered.status_code
    assert (200, True) == (page.status_code, page.text.rstrip().endswith("</html>"))
    assert 303 == left.status_code
    assert left.headers["location"] == afar.stack.minted("on-the-road")[-1]["url"]


def _session(http: httpx.Client, merchant: str) -> str:
    wanted = {"merchantIdentifier": merchant, "platformKey": "gbol"}
    return str(http.post("/v1/sync-sessions", json=wanted).raise_for_status().json()["id"])


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])

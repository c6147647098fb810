"""What merchants see, and what Codat is asked, while the machine has a bad day."""

import http.client
import random
import resource
import socket
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import attrs
import httpx
import pytest

from adapters.database.driver import driver
from entrypoints.demo.child import Child
from entrypoints.demo.plan import SIMULATOR
from tests.amounts import amount
from tests.servers.ports import free_port
from tests.stack import Stack, running_stack
from tests.system.lives import Life, environ_of, until


STOPS = amount("STOPS", 24)
MEMORY = 256 * 1024 * 1024

pytestmark = pytest.mark.timeout(120 + 5 * STOPS)


@pytest.fixture(scope="module")
def codat(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    """The simulator, with nothing beside it."""
    with running_stack(tmp_path_factory.mktemp("codat"), only=(SIMULATOR,)) as stack:
        yield stack


@attrs.frozen
class Service:
    """The service beside the simulator, and a merchant who came in while all was well."""

    codat: Stack
    life: Life
    database: Path
    http: httpx.Client
    browser: httpx.Client

    def start(self) -> httpx.Response:
        return self.browser.post("/connect/gbol", headers={"Origin": str(self.http.base_url)})

    def picker(self) -> httpx.Response:
        return self.browser.get("/connect")

    def token(self) -> httpx.Response:
        return self.http.post("/v1/connect-tokens", json={"merchantIdentifier": "m-1"})

    @property
    def minted(self) -> int:
        return len(self.codat.ledger["minted"])

    def recovers(self, patience: float = 5) -> float:
        """Wait until merchants are sent on again; how many seconds that took."""
        return until(lambda: self.start().status_code == httpx.codes.SEE_OTHER, patience)


@pytest.fixture
def service(codat: Stack, tmp_path: Path) -> Generator[Service, None, None]:
    port, database = free_port(), tmp_path / "tillbridge.db"
    address = f"http://127.0.0.1:{port}"
    environ = environ_of(codat, database_url=f"sqlite:///{database}", public_url=address)
    backend = {"Authorization": f"Bearer {codat.plan.operator_key}"}
    with ExitStack() as stack:
        life = stack.enter_context(Life.begin(environ, port, tmp_path / "service.log")).until_up()
        http, browser = [
            stack.enter_context(
                httpx.Client(base_url=address, headers=headers, timeout=30, trust_env=False)
            )
            for headers in (backend, {})
        ]
        service = Service(codat, life, database, http, browser)
        token = service.token().json()["token"]
        browser.post("/connect/session", data={"token": token})
        assert 200 == service.picker().status_code
        yield service


def test_while_nothing_can_be_written_nobody_is_sent_on_and_the_picker_is_there(
    service: Service,
) -> None:
    token, before = service.token().json()["token"], service.minted
    # Every write to a file fails from now on: those of the log, too.
    service.life.limit(resource.RLIMIT_FSIZE, 0)
    starts = [service.start() for _ in range(5)]
    picker, ready = service.picker(), service.http.get("/readyz")
    entering = service.http.post("/connect/session", data={"token": token})
    minting = service.token()
    service.life.limit(resource.RLIMIT_FSIZE, None)

    assert {(503, None)} == {(s.status_code, s.headers.get("location")) for s in starts}
    assert {"5"} == {s.headers["retry-after"] for s in starts}
    assert (200, 503, 503, 503) == (
        picker.status_code,
        ready.status_code,
        entering.status_code,
        minting.status_code,
    )
    assert "unavailable" == ready.json()["checks"]["database"]
    assert before == service.minted
    service.recovers()
    # It was not spent while nobody could tell.
    assert 303 == service.http.post("/connect/session", data={"token": token}).status_code


def test_a_disk_that_fills_while_codat_is_asked_costs_a_url_that_nobody_gets(
    service: Service,
) -> None:
    before, asked = service.minted, service.codat.ledger["calls"]["start"]
    service.codat.control("scenario", {"operation": "start", "delaySeconds": 1, "times": 1})
    with ThreadPoolExecutor() as merchants:
        starting = merchants.submit(service.start)
        until(lambda: service.codat.ledger["calls"]["start"] > asked)
        service.life.limit(resource.RLIMIT_FSIZE, 0)
        refused = starting.result()
    service.life.limit(resource.RLIMIT_FSIZE, None)

    assert (503, None) == (refused.status_code, refused.headers.get("location"))
    assert before + 1 == service.minted
    # This process knows that the attempt is over: nobody has to wait for ten seconds.
    assert 303 == service.start().status_code
    assert before + 2 == service.minted


def test_while_the_database_is_locked_codat_is_not_asked_and_the_picker_is_there(
    service: Service,
) -> None:
    before = service.minted
    with closing(driver.connect(service.database, isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        refused = service.start()
        took = time.monotonic() - began
        picker = service.picker()
        somebody.execute("ROLLBACK")

    assert (503, None) == (refused.status_code, refused.headers.get("location"))
    assert (200, before) == (picker.status_code, service.minted)
    # Who came in is looked for, and found in memory; then the sync session is, in vain. The
    # lock is waited for once.
    assert took < 4
    service.recovers()


def test_without_descriptors_it_sheds_who_comes_and_recovers(service: Service) -> None:
    service.life.limit(resource.RLIMIT_NOFILE, 64)
    with ExitStack() as crowd:
        for _ in range(100):
            client = crowd.enter_context(socket.socket())
            client.settimeout(1)
            client.connect(("127.0.0.1", service.life.port))
        answered = [_answered(service.life.port) for _ in range(3)]

    # Whoever comes first is served first; nobody is kept waiting, or told of an error of ours.
    assert {None, 200, 503} >= set(answered)
    service.recovers()
    assert "Traceback" not in service.life.log.read_text(encoding="utf-8")


def _answered(port: int) -> int | None:
    """What somebody is told who comes by now; nothing where the door stays shut."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_64_who_ask_for_all_they_can_do_not_fill_the_memory(service: Service) -> None:
    largest = {"merchantIdentifier": "m", "merchantName": "x" * 16_000}

    def ask_for_a_lot(http: httpx.Client) -> set[int]:
        answers = (
            http.get("/v1/integrations", headers={"x": "y" * 8_000}),
            http.post("/v1/connect-tokens", json=largest),
            http.get("/metrics"),
            service.picker(),
        )
        return {answer.status_code for answer in answers}

    with (
        ThreadPoolExecutor(64) as crowd,
        httpx.Client(
            base_url=service.http.base_url,
            headers=service.http.headers,
            limits=httpx.Limits(max_connections=64),
            timeout=60,
            trust_env=False,
        ) as http,
    ):
        statuses = set().union(*crowd.map(ask_for_a_lot, [http] * 256))

    assert {200, 400} == statuses
    assert service.life.peak_memory < MEMORY


def test_sigterm_cuts_no_answer_off(codat: Stack, tmp_path: Path) -> None:
    dice = random.Random(31)  # noqa: S311 - this is no secret
    endings = [stopped(codat, tmp_path, dice) for _ in range(STOPS)]

    assert {0} == {code for code, _, _ in endings}
    assert [] == [cut for _, _, cuts in endings for cut in cuts]
    assert STOPS < sum(answered for _, answered, _ in endings)


def stopped(
    codat: Stack, directory: Path, dice: random.Random
) -> tuple[int | None, int, list[str]]:
    """
    Stop the service at any moment while merchants start.

    How it ended, how many starts were answered, and the sync sessions whose start had begun
    though nobody was told what came of it.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environ = environ_of(
        codat, database_url=f"sqlite:///{directory / 'tillbridge.db'}", public_url=address
    )
    backend = {"Authorization": f"Bearer {codat.plan.operator_key}", "Accept": "application/json"}
    codat.control("scenario", {"operation": "start", "delaySeconds": 0.15})
    unanswered: list[str] = []
    answered: list[int] = []
    with Life.begin(environ, port, directory / "service.log").until_up() as life:
        with httpx.Client(base_url=address, headers=backend, trust_env=False) as asking:
            opened = [
                asking.post(
                    "/v1/sync-sessions",
                    json={"platformKey": "gbol", "merchantIdentifier": f"m-{dice.random()}"},
                ).json()["id"]
                for _ in range(6)
            ]

        def start(session: str, pause: float) -> None:
            time.sleep(pause)
            connection = http_client(port)
            try:
                connection.request("POST", f"/v1/sync-sessions/{session}/redirect", b"", backend)
                answer = connection.getresponse()
                answered.append(answer.status)
                assert b"url" in answer.read()
            except (OSError, http.client.HTTPException):
                unanswered.append(session)
            finally:
                connection.close()

        merchants = [
            threading.Thread(target=start, args=(session, dice.uniform(0, 0.2)))
            for session in opened
        ]
        for merchant in merchants:
            merchant.start()
        time.sleep(dice.uniform(0, 0.4))
        code = life.stop()
        for merchant in merchants:
            merchant.join()
    codat.calm()
    return code, len(answered), begun_among(unanswered, directory / "tillbridge.db")


def http_client(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=20)


def begun_among(sessions: list[str], database: Path) -> list[str]:
    with closing(driver.connect(database)) as connection:
        rows = connection.execute("SELECT id, version FROM sync_sessions").fetchall()
    return [session for session, version in rows if session in sessions and version > 1]


def test_a_cold_start_without_codat_says_so_and_fills_itself(tmp_path: Path) -> None:
    with running_stack(tmp_path, only=()) as stack, ExitStack() as later:
        port = stack.plan.port
        database = f"sqlite:///{tmp_path / 'tillbridge.db'}"
        life = later.enter_context(
            Life.begin(environ_of(stack, database_url=database), port, tmp_path / "service.log")
        ).until_up()
        with stack.browser("early") as browser:
            empty, ready = browser.get("/connect"), stack.http.get("/readyz")
            part = next(part for part in stack.plan.parts() if part.name == SIMULATOR)
            simulator = later.enter_context(Child.start(part, environ_of(stack), tmp_path))
            until(lambda: simulator.up)
            filled = until(lambda: browser.get("/connect").status_code == httpx.codes.OK, 10)

    assert (503, True) == (empty.status_code, 0 < int(empty.headers["retry-after"]) <= 30)
    assert "data-again" in empty.text
    assert "unreachable" == ready.json()["checks"]["codat"]
    assert filled < 10
    assert life.process.exitcode is not None

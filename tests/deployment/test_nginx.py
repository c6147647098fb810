"""Merchants and backends through the nginx configuration that is shipped."""

import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx
import pytest

from entrypoints.demo.plan import SIMULATOR, TILLBRIDGE
from tests import canaries
from tests.deployment.nginx import Front, in_front_of
from tests.servers.ports import free_ports
from tests.stack import Stack, running_stack


PARTS = (SIMULATOR, TILLBRIDGE)
MANY = 200
SHOPS = tuple(f"https://shop-{number}.of-a-platform.example.com" for number in range(150))
"""Each is in the head of every page: more than nginx has room for by itself."""


@attrs.frozen
class Deployed:
    """Tillbridge behind nginx; *address* is its public URL."""

    stack: Stack
    front: Front
    address: str

    def client(self, **headers: str) -> httpx.Client:
        """Somebody on the network; follows nothing by itself."""
        trust = self.front.trust
        return httpx.Client(
            base_url=self.address, verify=trust, headers=headers, timeout=30, trust_env=False
        )

    def backend(self) -> httpx.Client:
        """The platform's backend."""
        return self.client(authorization=f"Bearer {self.stack.plan.operator_key}")


@contextmanager
def deployed(
    folder: Path, *, path: str = "", caching: bool = False, dead: tuple[int, ...] = ()
) -> Generator[Deployed, None, None]:
    first, (secure, plain) = free_ports(4), (free_ports(2), 0)
    plain = secure + 1
    address = f"https://localhost:{secure}{path}"
    where = f"{path}/" if path else "/"
    ports = [*dead, first]
    with (
        in_front_of(
            ports, folder / "nginx", secure=secure, plain=plain, caching=caching, path=where
        ) as front,
        running_stack(
            folder,
            first_port=first,
            only=PARTS,
            public_url=address,
            log_level="info",
            shop_origins=",".join(SHOPS),
        ) as stack,
    ):
        yield Deployed(stack, front, address)


@pytest.fixture(scope="module", params=["", "/money/tillbridge"], ids=["at the root", "below"])
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Deployed, None, None]:
    """Behind a proxy that keeps whatever it may: the hardest it can get for rule 2."""
    with deployed(tmp_path_factory.mktemp("behind"), path=request.param, caching=True) as found:
        yield found


def test_a_merchant_walks_all_the_way_and_no_url_touches_the_proxys_disk(
    behind: Deployed,
) -> None:
    with behind.client() as browser:
        token = behind.stack.token("m-walks")
        entered = browser.post("/connect/session", data={"token": token})
        cookie = entered.headers["set-cookie"]
        page = browser.get(entered.url.join(entered.headers["location"]))
        started = browser.post("/connect/gbol", headers={"origin": origin(behind.address)})
    canaries.forbid(*browser.cookies.values())

    assert (303, 200, 303) == (entered.status_code, page.status_code, started.status_code)
    assert "Secure" in cookie
    assert behind.stack.plan.sync_flow == origin(started.headers["location"])
    assert 1 == len(behind.stack.minted("m-walks"))
    for file in behind.front.folder.rglob("*"):
        kept = file.read_bytes() if file.is_file() else b""
        assert [] == [secret for secret in (token, *codes(started)) if secret.encode() in kept]


def test_of_many_redirects_none_comes_from_a_cache(behind: Deployed) -> None:
    with behind.backend() as backend:

        def redirect(number: int) -> httpx.Response:
            wanted = {"merchantIdentifier": f"m-{number}", "platformKey": "gbol"}
            session = backend.post("/v1/sync-sessions", json=wanted).json()["id"]
            return backend.post(f"/v1/sync-sessions/{session}/redirect")

        with ThreadPoolExecutor(8) as crowd:
            answers = list(crowd.map(redirect, range(MANY)))

    urls = {answer.json()["url"] for answer in answers}
    canaries.forbid(*urls)
    assert MANY == len(urls)
    assert "HIT" not in {answer.headers.get("x-cache") for answer in answers}


def test_pages_of_one_merchant_are_never_shown_to_another(behind: Deployed) -> None:
    seen = []
    for merchant in ("Anna", "Bert"):
        with behind.client() as browser:
            token = behind.stack.token(f"m-{merchant}", merchantName=merchant)
            entered = browser.post("/connect/session", data={"token": token})
            page = browser.get(entered.url.join(entered.headers["location"]))
            seen.append((page.headers.get("x-cache"), merchant in page.text))
        canaries.forbid(*browser.cookies.values())

    assert [True, True] == [named for _, named in seen]
    assert "HIT" not in {cache for cache, _ in seen}


def test_queries_and_referrers_are_not_logged(behind: Deployed) -> None:
    with behind.client() as browser:
        browser.get("/connect?note=never-to-be-logged", headers={"referer": "https://a.test/r"})

    assert "/connect" in behind.front.log
    assert "never-to-be-logged" not in behind.front.log
    assert "a.test" not in behind.front.log


@pytest.mark.parametrize("below", ["", "/money/tillbridge"])
@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/metrics/", "//readyz//", "/%6detrics", "/./metrics?a=b"]
)
def test_what_is_for_operators_is_not_on_the_internet(
    behind: Deployed, below: str, path: str
) -> None:
    with (
        socket.create_connection(("127.0.0.1", behind.front.secure)) as line,
        behind.front.trust.wrap_socket(line, server_hostname="localhost") as anybody,
    ):
        # As somebody would who does not tidy addresses up, as clients do.
        asked = f"GET {below}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        anybody.sendall(asked.encode())
        with anybody.makefile("rb") as told:
            answer = told.read()

    assert answer.startswith(b"HTTP/1.1 404")
    assert b"nginx" in answer


def test_links_without_tls_lead_to_tls_and_forms_without_it_are_refused(
    behind: Deployed,
) -> None:
    plain = f"http://localhost:{behind.front.plain}"
    link = httpx.get(f"{plain}/connect?a=b", trust_env=False)
    form = httpx.post(f"{plain}/connect/session", data={"token": "t"}, trust_env=False)

    assert (308, "https://localhost/connect?a=b") == (
        link.status_code,
        link.headers["location"],
    )
    assert 403 == form.status_code


def test_a_dead_replica_costs_nobody_anything(tmp_path: Path) -> None:
    # Nobody listens on ports as low as these.
    with deployed(tmp_path, dead=(1, 2)) as behind, behind.backend() as backend:
        for number in range(12):
            wanted = {"merchantIdentifier": f"m-{number}", "platformKey": "gbol"}
            session = backend.post("/v1/sync-sessions", json=wanted).raise_for_status().json()
            redirect = backend.post(f"/v1/sync-sessions/{session['id']}/redirect")
            assert 200 == redirect.status_code
        minted = len(behind.stack.ledger["minted"])

    assert 12 == minted


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def codes(answer: httpx.Response) -> list[str]:
    return canaries.codes(answer.headers["location"])

"""The platform of the examples, which people copy: whom it answers, and what."""

import threading
import urllib.error
from collections.abc import Generator
from email.message import Message
from http.server import ThreadingHTTPServer
from typing import Any

import attrs
import httpx
import pytest

from examples import shop


@attrs.define
class Tillbridge:
    """Tillbridge as the platform's server knows it; *error* is the status that it fails with."""

    merchant: str = "corner-bakery"
    error: int = 0
    asked: list[str] = attrs.field(factory=list)

    def ask(self, path: str, content: object = None) -> Any:
        self.asked.append(path)
        if self.error:
            raise urllib.error.HTTPError(path, self.error, "", Message(), None)
        if content is not None:
            return {"token": "t", "url": "https://connect.example.test/connect#token=t"}
        return {
            "merchantIdentifier": self.merchant,
            "platformKey": "gbol",
            "status": "completed",
        }


@pytest.fixture
def tillbridge(monkeypatch: pytest.MonkeyPatch) -> Tillbridge:
    """Tillbridge, in place of the real one."""
    fake = Tillbridge()
    monkeypatch.setattr(shop, "ask_tillbridge", fake.ask)
    return fake


@pytest.fixture
def client(tillbridge: Tillbridge) -> Generator[httpx.Client, None, None]:
    """Somebody who is logged in as the bakery."""
    del tillbridge  # It only has to be there first.
    server = ThreadingHTTPServer(("127.0.0.1", 0), shop.Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as asking:
        yield asking
    server.shutdown()
    server.server_close()
    thread.join()


def test_merchants_see_what_came_of_their_own_session(client: httpx.Client) -> None:
    answer = client.get("/done?session=ss_1")

    assert 200 == answer.status_code
    assert "<code>gbol</code>: <strong>completed</strong>" in answer.text


def test_the_session_of_another_merchant_is_as_if_there_were_none(
    client: httpx.Client, tillbridge: Tillbridge
) -> None:
    tillbridge.merchant = "corner-butcher"
    anothers = client.get("/done?session=ss_1")
    tillbridge.error = 404
    nobodys = client.get("/done?session=ss_2")

    assert (404, anothers.text) == (nobodys.status_code, nobodys.text)
    assert 404 == anothers.status_code


@pytest.mark.parametrize("session", ["", "../connect-tokens", "a%2Fb", "%C3%A4"])
def test_what_is_no_session_is_not_asked_for(
    client: httpx.Client, tillbridge: Tillbridge, session: str
) -> None:
    answer = client.get(f"/done?session={session}")

    assert (404, []) == (answer.status_code, tillbridge.asked)


def test_tokens_are_minted_where_they_are_asked_for_and_nowhere_else(
    client: httpx.Client, tillbridge: Tillbridge
) -> None:
    elsewhere = [client.post(path) for path in ("/", "/done", "/tillbridge-token/x", "/x")]

    assert [404] * 4 == [answer.status_code for answer in elsewhere]
    assert [] == tillbridge.asked
    assert "t" == client.post("/tillbridge-token").json()["token"]
    assert 303 == client.post("/hosted-page/go").status_code
    assert ["/v1/connect-tokens"] * 2 == tillbridge.asked


def test_other_sites_get_no_token(client: httpx.Client, tillbridge: Tillbridge) -> None:
    answer = client.post("/tillbridge-token", headers={"Sec-Fetch-Site": "cross-site"})

    assert (403, []) == (answer.status_code, tillbridge.asked)


def test_while_tillbridge_is_away_the_platform_says_so(
    client: httpx.Client, tillbridge: Tillbridge
) -> None:
    tillbridge.error = 503

    answers = [client.get("/done?session=ss_1"), client.post("/tillbridge-token")]

    assert [502, 502] == [answer.status_code for answer in answers]

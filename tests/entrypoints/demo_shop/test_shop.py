import json
from collections.abc import AsyncGenerator
from typing import Any

import attrs
import httpx
import pytest
from litestar.testing import AsyncTestClient

from entrypoints.demo_shop.__main__ import main
from entrypoints.demo_shop.app import create_shop


pytestmark = pytest.mark.anyio
TILLBRIDGE = "https://connect.example.test/base"


@attrs.define
class FakeTillbridge(httpx.AsyncBaseTransport):
    """Answers as Tillbridge's API does, or with what it is told to."""

    sessions: list[dict[str, Any]] = attrs.field(factory=list)
    failure: httpx.Response | httpx.HTTPError | None = None
    asked: list[httpx.Request] = attrs.field(factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.failure, httpx.HTTPError):
            raise self.failure
        return self.failure or self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/base/v1")
        if path == "/connect-tokens":
            return httpx.Response(201, json={"token": "a-token", "url": "", "expiresAt": ""})
        if path == "/integrations":
            return httpx.Response(200, json={"integrations": [{"key": "gbol", "name": "Xero"}]})
        if path == "/sync-sessions":
            wanted = request.url.params["merchantIdentifier"]
            mine = [s for s in self.sessions if s["merchantIdentifier"] == wanted]
            return httpx.Response(200, json={"syncSessions": mine})
        found = [s for s in self.sessions if path == f"/sync-sessions/{s['id']}"]
        return httpx.Response(200, json=found[0]) if found else httpx.Response(404, json={})


def a_session(
    status: str, *, merchant: str = "corner-bakery", key: str = "gbol"
) -> dict[str, Any]:
    return {
        "id": f"ss_{merchant.replace('-', '')}",
        "merchantIdentifier": merchant,
        "platformKey": key,
        "status": status,
    }


@pytest.fixture
def tillbridge() -> FakeTillbridge:
    return FakeTillbridge()


@pytest.fixture
async def visitor(
    tillbridge: FakeTillbridge,
) -> AsyncGenerator[AsyncTestClient[Any], None]:
    """A browser that has just opened the shop."""
    http = httpx.AsyncClient(
        transport=tillbridge, base_url=TILLBRIDGE, headers={"Authorization": "Bearer a-key"}
    )
    async with AsyncTestClient(create_shop(http), base_url="http://shop.example.test") as client:
        yield client


@pytest.fixture
async def bakery(visitor: AsyncTestClient[Any]) -> AsyncTestClient[Any]:
    """A browser in which the bakery is logged in."""
    await visitor.post("/login", data={"merchant": "corner-bakery"}, follow_redirects=False)
    return visitor


async def test_a_stranger_is_asked_to_log_in(visitor: AsyncTestClient[Any]) -> None:
    page = (await visitor.get("/")).text

    assert "There is no password here, because this is a demo." in page
    assert '<button name="merchant" value="moss-and-fern">Moss &amp; Fern</button>' in page


async def test_logging_in_sets_a_cookie_for_this_site_only(visitor: AsyncTestClient[Any]) -> None:
    answer = await visitor.post(
        "/login", data={"merchant": "corner-bakery"}, follow_redirects=False
    )

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert "shop=corner-bakery; HttpOnly; Path=/; SameSite=lax" == answer.headers["set-cookie"]


async def test_nobody_logs_in_as_somebody_else(visitor: AsyncTestClient[Any]) -> None:
    answer = await visitor.post("/login", data={"merchant": "another"}, follow_redirects=False)

    assert "set-cookie" not in answer.headers


async def test_logging_out_shows_the_login_again(bakery: AsyncTestClient[Any]) -> None:
    answer = await bakery.post("/logout", follow_redirects=True)

    assert "<h1>Log in</h1>" in answer.text


async def test_the_back_office_asks_to_connect(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge
) -> None:
    page = (await bakery.get("/")).text

    assert "Good to see you, Corner Bakery" in page
    assert "Not connected yet." in page
    assert "Connect your accounting</button>" in page
    assert {"Bearer a-key"} == {asked.headers["authorization"] for asked in tillbridge.asked}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("open", "Chosen, not started yet"),
        ("redirected", "Started, not finished yet"),
        ("returned", "Finished, waiting for confirmation"),
        ("completed", "Connected"),
        ("somethingNew", "somethingNew"),
    ],
)
async def test_the_back_office_tells_how_far_each_connection_is(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge, status: str, words: str
) -> None:
    tillbridge.sessions = [a_session(status), a_session(status, merchant="harbour-books")]

    page = (await bakery.get("/")).text

    assert 1 == page.count('<span class="system">Xero</span>')
    assert f'<span class="state {status}">{words}</span>' in page
    assert "Manage your accounting</button>" in page


async def test_connecting_mints_a_token_at_the_click_and_has_the_browser_post_it(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge
) -> None:
    answer = await bakery.post("/connect")

    (asked,) = tillbridge.asked
    expected = {
        "merchantIdentifier": "corner-bakery",
        "merchantName": "Corner Bakery",
        "returnTo": "shop",
    }
    assert expected == json.loads(asked.content)
    assert (
        f'<form method="post" action="{TILLBRIDGE}/connect/session" id="handoff">' in answer.text
    )
    assert '<input type="hidden" name="token" value="a-token">' in answer.text
    assert "Continue</button>" in answer.text
    assert '<script src="/static/handoff.js"></script>' in answer.text


async def test_the_hand_off_tells_tillbridge_its_origin_and_is_not_stored(
    bakery: AsyncTestClient[Any],
) -> None:
    headers = (await bakery.post("/connect")).headers

    assert "no-store" == headers["cache-control"]
    assert "strict-origin-when-cross-origin" == headers["referrer-policy"]
    assert f"form-action 'self' {TILLBRIDGE};" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/static/shop.css", "/static/handoff.js"])
async def test_pages_have_their_style_and_script(visitor: AsyncTestClient[Any], path: str) -> None:
    assert 200 == (await visitor.get(path)).status_code


async def test_no_page_has_anything_inline(bakery: AsyncTestClient[Any]) -> None:
    pages = [
        await bakery.get("/"),
        await bakery.post("/connect"),
        await bakery.get("/done?session=x"),
    ]

    for page in pages:
        assert "style=" not in page.text
        assert "<script>" not in page.text


async def test_a_merchant_who_comes_back_is_told_what_tillbridge_says(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge
) -> None:
    tillbridge.sessions = [a_session("completed")]

    page = (await bakery.get("/done?session=ss_cornerbakery&status=failed")).text

    assert "<h1>Xero is connected</h1>" in page


async def test_a_merchant_who_comes_back_too_early_can_go_on(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge
) -> None:
    tillbridge.sessions = [a_session("redirected", key="zzzz")]

    page = (await bakery.get("/done?session=ss_cornerbakery&status=completed")).text

    assert "<h1>zzzz is not connected yet</h1>" in page
    assert "Go on</button>" in page


@pytest.mark.parametrize("session", ["ss_harbourbooks", "ss_nobody"])
async def test_a_merchant_is_told_nothing_of_somebody_elses_connection(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge, session: str
) -> None:
    tillbridge.sessions = [a_session("completed", merchant="harbour-books")]

    page = (await bakery.get(f"/done?session={session}")).text

    assert "Corner Bakery has no such connection." in page
    assert "Xero" not in page


async def test_an_id_that_is_none_is_not_put_into_an_address(
    bakery: AsyncTestClient[Any], tillbridge: FakeTillbridge
) -> None:
    assert 400 == (await bakery.get("/done?session=../connect-tokens")).status_code
    assert [] == tillbridge.asked


@pytest.mark.parametrize(("method", "path"), [("POST", "/connect"), ("GET", "/done?session=x")])
async def test_who_is_not_logged_in_is_sent_to_the_login(
    visitor: AsyncTestClient[Any], tillbridge: FakeTillbridge, method: str, path: str
) -> None:
    answer = await visitor.request(method, path, follow_redirects=False)

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert [] == tillbridge.asked


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/connect"), ("GET", "/done?session=x")]
)
@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("connection refused"),
        httpx.ReadTimeout("too slow"),
        httpx.Response(503, json={"title": "Codat is not available"}),
        httpx.Response(401, json={"title": "This needs an operator key"}),
        httpx.Response(200, text="not JSON"),
    ],
    ids=["refused", "slow", "unavailable", "unauthorised", "nonsense"],
)
async def test_trouble_at_tillbridge_gets_a_friendly_page(
    bakery: AsyncTestClient[Any],
    tillbridge: FakeTillbridge,
    method: str,
    path: str,
    failure: httpx.Response | httpx.HTTPError,
) -> None:
    tillbridge.failure = failure

    answer = await bakery.request(method, path)

    assert 503 == answer.status_code
    assert "Nothing is lost: please try again" in answer.text
    assert "operator key" not in answer.text


async def test_the_shop_on_its_own_says_which_key_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo_shop"])
    monkeypatch.delenv("SHOP_OPERATOR_KEY", raising=False)

    with pytest.raises(SystemExit) as ended:
        main()

    assert 2 == ended.value.code
    assert "SHOP_OPERATOR_KEY has to hold one of Tillbridge's" in capsys.readouterr().err

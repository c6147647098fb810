"""What surrounds every request, driven with bare ASGI."""

import httpx
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from entrypoints.web.asgi import App, Message, Receive, Scope, Send
from entrypoints.web.metrics import Metrics
from entrypoints.web.shell import ROOTS, Shell
from tests.entrypoints.web.asking import BACKEND, Service, ask, serve
from tests.fakes.clock import FakeClock
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio


async def raw(app: App, headers: list[tuple[bytes, bytes]], **scope: object) -> list[Message]:
    """Everything that *app* sends to a request with just these *headers*."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    usual = {
        "type": "http",
        "method": "GET",
        "path": "/healthz",
        "query_string": b"",
        "http_version": "1.1",
        "headers": headers,
        "scheme": "https",
        "client": None,
        "server": None,
    }
    await app({**usual, **scope}, receive, send)
    return sent


def status(messages: list[Message]) -> int:
    found: int = messages[0]["status"]
    return found


HOST = (b"host", b"connect.example.test")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST, HOST],
        [HOST, (b"host", b"evil.test")],
        [HOST, (b"content-length", b"0"), (b"transfer-encoding", b"chunked")],
        [HOST, (b"content-length", b"0"), (b"content-length", b"0")],
        [HOST, (b"content-length", b"0"), (b"content-length", b"5")],
        [],
    ],
)
async def test_whoever_plays_tricks_with_framing_is_cut_off(
    service: Service, headers: list[tuple[bytes, bytes]]
) -> None:
    start, body = await raw(service.app, headers)

    assert 400 == start["status"]
    assert (b"connection", b"close") in start["headers"]
    assert b"" == body["body"]


async def test_only_http_1_1_needs_a_host(service: Service) -> None:
    assert 200 == status(await raw(service.app, [], http_version="1.0"))
    assert 200 == status(await raw(service.app, [HOST]))
    assert 200 == status(await raw(service.app, [HOST], http_version="2"))


async def test_a_websocket_is_closed(service: Service) -> None:
    assert [{"type": "websocket.close", "code": 1000}] == await raw(
        service.app, [HOST], type="websocket"
    )


@pytest.mark.parametrize(
    "path", ["/healthz", "/connect", "/v1/integrations", "/static/picker.js", "/docs", "/nowhere"]
)
async def test_head_is_get_without_a_body(service: Service, path: str) -> None:
    full = await service.get(path)
    head = await service.send("HEAD", path, BACKEND)

    assert (full.status_code, b"") == (head.status_code, head.content)
    assert dict(full.headers) == dict(head.headers)
    assert str(len(full.content)) == head.headers["content-length"]


async def test_what_the_server_knows_of_the_request_stays_as_it_was() -> None:
    service = serve(public_url=f"{PUBLIC_URL}/pay")
    known = {"method": "HEAD", "path": "/pay/healthz"}
    seen: dict[str, object] = {}

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        await service.app(scope, receive, send)
        seen.update({name: scope[name] for name in known})

    assert 200 == status(await raw(server, [HOST], **known))
    assert known == seen


BASE_PATHS = [
    ("/pay", "/pay/healthz", 200),
    ("/pay", "/healthz", 200),
    ("/pay", "/pay/v1/integrations", 200),
    ("/pay", "/pay", 404),
    ("/pay", "/pay/", 404),
    ("/pay", "/payhealthz", 404),
    ("/pay", "/pay/pay/healthz", 404),
    ("/pay/more", "/pay/more/healthz", 200),
    ("/connect", "/connect/connect", 401),
    ("/connect", "/connect", 401),
    ("/connect", "/connect/return/ss", 401),
    ("/connect", "/connect/connect/return/ss", 401),
    ("/connect", "/connect/healthz", 200),
    ("/v1", "/v1/integrations", 200),
    ("/v1", "/v1/v1/integrations", 200),
]


@pytest.mark.parametrize(("base", "path", "expected"), BASE_PATHS)
async def test_a_proxy_may_pass_the_base_path_on_or_take_it_away(
    base: str, path: str, expected: int
) -> None:
    service = serve(public_url=f"{PUBLIC_URL}{base}")

    assert expected == (await service.get(path)).status_code


async def test_with_a_base_path_every_address_has_it() -> None:
    service = serve(public_url=f"{PUBLIC_URL}/pay")
    token = await service.post("/v1/connect-tokens", json={"merchantIdentifier": "m-1"})
    entered = await service.enter(token.json()["token"], {})
    browser = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    picker = (await service.get("/pay/connect", browser)).text

    assert token.json()["url"].startswith(f"{PUBLIC_URL}/pay/connect#token=")
    assert "/pay/connect" == entered.headers["location"]
    assert 'action="/pay/connect/gbol"' in picker
    assert 'href="/static' not in picker
    await service.post("/pay/connect/gbol", {**browser, "Origin": PUBLIC_URL})
    ((_, _, return_to),) = service.world.codat.started
    assert return_to.startswith(f"{PUBLIC_URL}/pay/connect/return/ss_")


def test_every_route_begins_with_a_known_root(service: Service) -> None:
    inner = service.app.app.app.app  # type: ignore[attr-defined]  # what the shell is put around
    assert isinstance(inner, Litestar)
    begun = {route.path.split("/")[1] for route in inner.routes}
    assert ROOTS | {"schema"} == begun


def broken(error: Exception, *, begun: bool) -> Shell:
    """A shell around an application whose own error handling fails."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    return Shell(app, Metrics(), FakeClock())


async def test_where_the_handling_of_errors_fails_a_reference_is_all_that_is_told() -> None:
    shell = broken(ValueError("s3cret"), begun=False)

    with capture_logs() as lines:
        answer = await ask(shell, httpx.Request("GET", PUBLIC_URL))

    reference = answer.text.rpartition(" ")[2]
    assert (500, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert f"Something went wrong. Please try again. Reference: {reference}" == answer.text
    assert [reference, reference] == [line["reference"] for line in lines]
    assert ["ValueError", 500] == [lines[0]["error"], lines[1]["status"]]
    assert "s3cret" not in str(lines)


async def test_an_answer_that_has_begun_cannot_be_taken_back() -> None:
    with capture_logs() as lines, pytest.raises(ValueError, match="late"):
        await ask(broken(ValueError("late"), begun=True), httpx.Request("GET", PUBLIC_URL))

    assert ["failed", "request"] == [line["event"] for line in lines]

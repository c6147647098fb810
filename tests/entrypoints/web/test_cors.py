import pytest

from tests.entrypoints.web.asking import BACKEND, SHOP, Headers, Service, serve


pytestmark = pytest.mark.anyio

TILL = "https://till.example.test:8443"
STRANGERS = ["https://evil.test", "null", f"{SHOP}.evil.test", "http://shop.example.test", ""]


def permissions(headers: Headers) -> dict[str, str]:
    return {n: v for n, v in headers.items() if n.startswith("access-control-")}


@pytest.fixture
def service() -> Service:
    return serve(shop_origins=f"{SHOP}, {TILL}")


@pytest.mark.parametrize("origin", [SHOP, TILL])
async def test_a_script_of_the_platform_may_read_answers_and_refusals(
    service: Service, origin: str
) -> None:
    for headers in (BACKEND, {}):
        answer = await service.get("/v1/integrations", {**headers, "Origin": origin})

        assert {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "ETag, Retry-After",
        } == permissions(answer.headers)
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", [SHOP, TILL])
async def test_it_may_ask_first_what_it_may_send(service: Service, origin: str) -> None:
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    answer = await service.send("OPTIONS", "/v1/sync-sessions", asking)

    assert (204, b"") == (answer.status_code, answer.content)
    assert {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "Authorization, Content-Type, If-None-Match",
        "access-control-max-age": "600",
    } == permissions(answer.headers)
    assert "Origin" == answer.headers["vary"]


async def test_strangers_get_no_permission(service: Service) -> None:
    for origin in STRANGERS:
        asking = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        first = await service.send("OPTIONS", "/v1/integrations", asking)
        answer = await service.get("/v1/integrations", {**BACKEND, "Origin": origin})

        assert {} == permissions(first.headers) == permissions(answer.headers)
        assert "Origin" in answer.headers["vary"]


async def test_two_origins_are_none(service: Service) -> None:
    headers = [*BACKEND.items(), ("Origin", SHOP), ("Origin", TILL)]

    answer = await service.send("GET", "/v1/integrations", headers)

    assert {} == permissions(answer.headers)


async def test_pages_and_their_cookie_are_out_of_reach_of_scripts(service: Service) -> None:
    browser = await service.browser()

    for path in ("/connect", "/healthz", "/docs", "/static/picker.js", "/v1"):
        answer = await service.get(path, {**browser, "Origin": SHOP})

        assert {} == permissions(answer.headers)
    read = await service.get("/v1/integrations", {**browser, "Origin": SHOP})
    assert "access-control-allow-credentials" not in read.headers


async def test_without_shops_there_is_nothing_to_permit() -> None:
    service = serve(shop_origins=None)

    answer = await service.get("/v1/integrations", {**BACKEND, "Origin": SHOP})

    assert {} == permissions(answer.headers)
    assert "Authorization, Cookie" == answer.headers["vary"]


async def test_a_preflight_of_nobody_is_a_call_like_any_other(service: Service) -> None:
    for headers in ({}, {"Origin": SHOP}):
        answer = await service.send("OPTIONS", "/v1/sync-sessions", headers)

        assert 401 == answer.status_code
    assert 204 == (await service.send("OPTIONS", "/v1/sync-sessions", BACKEND)).status_code

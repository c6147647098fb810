"""The headers of each kind of answer, to the letter."""

from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from entrypoints.web.headers import for_pages
from tests.entrypoints.web.asking import BACKEND, SHOP, Headers, Service, serve
from tests.entrypoints.web.page import read
from tests.support import FakeWorld, make_settings


pytestmark = pytest.mark.anyio

STRICT = "max-age=63072000; includeSubDomains"
REDIRECT: Headers = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": STRICT,
    "content-length": "0",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src {style}; "
    "img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self' {forms}; frame-ancestors {frames}; base-uri 'none'; "
    "object-src 'none'; worker-src 'none'; manifest-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE: Headers = {
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "browsing-topics=()",
    "strict-transport-security": STRICT,
    "x-robots-tag": "noindex, nofollow",
    "content-type": "text/html; charset=utf-8",
}
EVERYWHERE: Headers = {
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": STRICT,
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def told(headers: Headers) -> dict[str, str]:
    """All headers, none of which may be there twice, but for the length of a page."""
    return dict(headers)


def style_of(answer: httpx.Response) -> str:
    """What allows just the one style sheet within a page, as browsers reckon it."""
    (sheet,) = read(answer).styles
    return f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'"


async def test_the_redirect_to_codat_has_these_headers_and_no_other(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.opened()

    for answer in (
        await service.post("/connect/gbol", browser),
        await service.post("/connect/gbol", browser, data={"x": "y"}),
    ):
        expected = {**REDIRECT, "location": answer.headers["location"]}
        assert (303, b"") == (answer.status_code, answer.content)
        assert expected == told(answer.headers)
        assert len(expected) == len(answer.headers.raw)

    api = await service.post(f"/v1/sync-sessions/{session_id}/redirect", {**BACKEND, **FORM})
    assert {**REDIRECT, "location": api.headers["location"], "vary": "Origin"} == told(api.headers)


async def test_the_same_as_json_has_a_body_and_no_location(service: Service) -> None:
    session_id = await service.opened()

    answer = await service.post(f"/v1/sync-sessions/{session_id}/redirect")

    expected = {**REDIRECT, "content-type": "application/json", "vary": "Origin"}
    assert {**expected, "content-length": str(len(answer.content))} == told(answer.headers)


@pytest.mark.parametrize(
    ("settings", "forms", "frames", "alone"),
    [
        ({}, "https://sync-flow.codat.io https:", "https://shop.example.test", False),
        ({"shop_origins": None}, "https://sync-flow.codat.io https:", "'none'", True),
        (
            {"shop_origins": f"{SHOP},https://till.example.test"},
            "https://sync-flow.codat.io https:",
            "https://shop.example.test https://till.example.test",
            False,
        ),
        (
            {"sync_flow_hosts": "sync-flow.codat.io https://flow.example.test:8443"},
            "https://sync-flow.codat.io https://flow.example.test:8443 https:",
            "https://shop.example.test",
            False,
        ),
    ],
)
async def test_a_page_has_these_headers_and_no_other(
    settings: dict[str, str | None],
    forms: str,
    frames: str,
    alone: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    service = serve(FakeWorld(), **settings)

    answer = await service.get("/connect", await service.browser())

    policy = POLICY.format(style=style_of(answer), forms=forms, frames=frames)
    expected = {
        **PAGE,
        **({"x-frame-options": "DENY"} if alone else {}),
        "content-security-policy": f"{policy}; upgrade-insecure-requests",
        "content-length": str(len(answer.content)),
    }
    assert expected == told(answer.headers)
    assert len(expected) == len(answer.headers.raw)


async def test_on_ones_own_machine_forms_lead_to_the_simulator_without_tls() -> None:
    service = serve(
        public_url="http://127.0.0.1:8000",
        sync_flow_hosts="http://127.0.0.1:8002",
        shop_origins="http://127.0.0.1:8003",
        return_urls=None,
    )

    answer = await service.get("/connect", await service.browser())

    policy = POLICY.format(
        style=style_of(answer), forms="http://127.0.0.1:8002", frames="http://127.0.0.1:8003"
    )
    assert policy == answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "forms"),
    [
        ("localhost:8002", "http://localhost:8002 https://localhost:8002"),
        ("[::1]:8002", "http://[::1]:8002 https://[::1]:8002"),
        ("http://localhost:8002", "http://localhost:8002"),
    ],
)
def test_a_host_of_this_machine_may_do_without_tls(host: str, forms: str) -> None:
    headers = for_pages(make_settings(sync_flow_hosts=host))

    assert f"form-action 'self' {forms};" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("brand", [{}, {"radius": 3, "mode": "dark"}], ids=repr)
async def test_the_policy_of_a_page_allows_its_own_style_sheet_and_no_other(
    service: Service, brand: dict[str, object]
) -> None:
    browser = await service.browser(brand=brand)
    session_id = await service.redirected()

    for path in ("/connect", f"/connect/sessions/{session_id}", f"/connect/return/{session_id}"):
        answer = await service.get(path, browser)

        assert f" style-src {style_of(answer)};" in answer.headers["content-security-policy"]
        assert ("--radius: 3px;" in answer.text) is bool(brand)


def test_where_no_style_sheet_is_told_none_is_allowed() -> None:
    assert "; style-src 'none'; " in for_pages(make_settings())["Content-Security-Policy"]


async def test_every_page_has_the_same_headers(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.redirected()
    pages = ["/connect", f"/connect/sessions/{session_id}", f"/connect/return/{session_id}"]
    pages += ["/docs", "/problems/not-found", "/connect/none/such", "/connect/gbol"]

    policies = set()
    for path in pages:
        for headers in (browser, {}):
            answer = await service.get(path, headers)
            policies.add(answer.headers["content-security-policy"])
            given = told(answer.headers)
            assert PAGE == {name: given[name] for name in PAGE}, path

    assert 1 == len(policies)


async def test_whatever_is_answered_is_not_sniffed_indexed_or_framed_by_chance(
    service: Service,
) -> None:
    browser = await service.browser()
    for method, path in [
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/static/picker.js"),
        ("GET", "/static/none"),
        ("GET", "/v1/integrations"),
        ("GET", "/v1/sync-sessions/none"),
        ("POST", "/v1/sync-sessions"),
        ("POST", "/v1/connect-tokens"),
        ("OPTIONS", "/v1/integrations"),
        ("DELETE", "/v1/integrations"),
        ("BREW", "/"),
        ("POST", "/connect/session"),
        ("POST", "/connect/gbol"),
    ]:
        for headers in ({}, BACKEND, browser, {"Origin": SHOP}):
            answer = await service.send(method, path, headers)

            given = told(answer.headers)
            assert EVERYWHERE == {name: given[name] for name in EVERYWHERE}, path
            assert "frame-ancestors" in given["content-security-policy"]
            assert given["referrer-policy"] in {"no-referrer", "same-origin"}
            assert "server" not in given
            assert "x-powered-by" not in given
            assert len(given) == len(answer.headers.raw) - (
                "vary" in given and given["vary"].count(", Origin")
            )


async def test_whatever_depends_on_the_caller_is_not_kept_by_caches(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.redirected()

    for path in (
        "/connect",
        f"/connect/sessions/{session_id}",
        "/v1/sync-sessions",
        f"/v1/sync-sessions/{session_id}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/sync-sessions/none",
    ):
        answer = await service.get(path, {**BACKEND, "Cookie": browser["Cookie"]})

        assert "no-store" == answer.headers["cache-control"], path

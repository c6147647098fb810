"""Whatever is sent: never a 500, always problem details below /v1, never the connector."""

import functools
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.entrypoints.web.asking import BACKEND, FROM_OUR_PAGE, Service, problem, serve
from tests.entrypoints.web.page import read
from tests.strategies import anything, hostile_text


pytestmark = pytest.mark.anyio

CONNECTOR = "lqai"
FIELDS = [
    "platformKey",
    "merchantIdentifier",
    "merchantName",
    "returnTo",
    "locale",
    "integrations",
    "brand",
]
PLACES = [
    "/v1/integrations/{}/branding",
    "/v1/sync-sessions/{}",
    "/v1/sync-sessions/{}/redirect",
    "/v1/{}",
    "/{}",
    "/connect/{}",
    "/connect/{}/interest",
    "/connect/sessions/{}",
    "/connect/return/{}",
    "/problems/{}",
    "/static/{}",
    "/brand/{}",
    "/brand/{}.css",
    "/brand/logos/{}",
    "/v1/interest?platformKey={}",
    "/v1/interest?platformKey=tgff&after={}",
    "/v1/sync-sessions?before={}",
    "/v1/sync-sessions?status={}&limit=5",
    "/connect?q={}",
]
once = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

some_text = hostile_text | st.sampled_from([CONNECTOR, "LQAI", "gbol", "..", "ss_1", "session"])
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
header_names = st.sampled_from(
    [
        "Accept",
        "Authorization",
        "Content-Type",
        "Cookie",
        "If-None-Match",
        "Origin",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Site",
        "X-Forwarded-Host",
        "X-HTTP-Method-Override",
    ]
)
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40
) | st.sampled_from(["application/json", "multipart/form-data", "Bearer lqai", "__Host-tb=x"])
headers = st.lists(st.tuples(header_names, header_values), max_size=5)
bodies = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(FIELDS) | hostile_text, anything, max_size=5).map(
        lambda fields: json.dumps(fields, default=repr).encode()
    ),
    st.recursive(st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=20).map(
        lambda nested: json.dumps(nested).encode()
    ),
)


@functools.cache
def the_service() -> Service:
    """One for all examples: what one of them leaves behind is in the way of the next."""
    return serve()


def expect_sane(service: Service, method: str, path: str, answer: Any) -> None:
    assert answer.status_code < 500, (method, path)
    assert "lqai" not in service_memory(service)
    if answer.status_code >= 400 and method != "HEAD":
        if path.startswith("/v1/"):
            problem(answer)
        elif path.startswith("/connect/"):
            read(answer)


def service_memory(service: Service) -> set[str]:
    """Every key that was ever opened or started."""
    opened = {session.platform_key for session in service.world.sessions.history}
    return opened | {route.accounting_key for route, _, _ in service.world.codat.started}


@once
@given(methods, st.sampled_from(PLACES), some_text, headers)
async def test_any_address_and_any_header(
    method: str, place: str, text: str, extra: list[tuple[str, str]]
) -> None:
    service = the_service()
    browser = await service.browser()
    path = place.format(quote(text.encode(errors="surrogatepass"), safe=""))

    for given_headers in (BACKEND, browser):
        names = {name for name, _ in extra}
        kept = [pair for pair in given_headers.items() if pair[0] not in names]
        answer = await service.send(method, path, [*kept, *extra])

        expect_sane(service, method, path, answer)


@once
@given(st.sampled_from(["/v1/sync-sessions", "/v1/connect-tokens"]), bodies)
async def test_any_body_of_the_api(path: str, body: bytes) -> None:
    service = the_service()

    for caller in (BACKEND, service.merchant()):
        answer = await service.post(
            path, {**caller, "Content-Type": "application/json"}, content=body
        )

        expect_sane(service, "POST", path, answer)


@once
@given(st.dictionaries(st.sampled_from(["token", "switch", "q"]) | hostile_text, hostile_text))
async def test_any_form(fields: dict[str, str]) -> None:
    service = the_service()
    browser = await service.browser()
    form = "&".join(
        f"{quote(name.encode(errors='surrogatepass'))}={quote(text.encode(errors='surrogatepass'))}"
        for name, text in fields.items()
    )
    media_type = {"Content-Type": "application/x-www-form-urlencoded"}

    for path in ("/connect/session", "/connect/gbol", "/connect/lqai"):
        for visitor in (browser, FROM_OUR_PAGE):
            answer = await service.post(path, {**visitor, **media_type}, content=form.encode())

            expect_sane(service, "POST", path, answer)


@once
@given(anything)
async def test_any_value_as_the_key_of_an_integration(key: object) -> None:
    service = the_service()
    body = json.dumps({"merchantIdentifier": "m-1", "platformKey": key}, default=repr)
    media_type = {"Content-Type": "application/json"}

    answer = await service.post(
        "/v1/sync-sessions", {**BACKEND, **media_type}, content=body.encode()
    )

    assert answer.status_code in {201, 400, 404, 409}
    if answer.status_code == 201:
        assert answer.json()["platformKey"] == key != CONNECTOR

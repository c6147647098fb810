"""How Codat is asked, and what is made of the answer to a start."""

import base64
import datetime as dt
from typing import Any

import httpx
import pytest

from adapters.codat.http_gateway import HttpCodatGateway
from domain.errors import CodatAnswerInvalid, CodatNotFound
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connector import SyncRoute
from tests.adapters.codat.gateways import (
    HOST,
    KEY,
    MERCHANT,
    RETURN_TO,
    ROUTE,
    gateway_over,
    scripted,
)
from tests.adapters.codat.scripted import answer
from tests.fakes.clock import START, FakeClock


pytestmark = pytest.mark.anyio

GBOL = PlatformKey("gbol")
COMPANY = CompanyId("0498e921-9b53-4396-a412-4f2f5983b0a2")
FLOW = f"https://{HOST}/7/lqai/gbol/start?merchantIdentifier=m-1&otp=422149"
XERO = {"key": "gbol", "name": "Xero", "enabled": True, "sourceType": "Accounting"}


async def test_codat_gets_the_raw_key_and_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    network = scripted(answer({}))

    await gateway_over(network).branding(GBOL)

    (request,) = network.requests
    encoded = base64.b64encode(KEY.encode()).decode()
    assert f"Basic {encoded}" == request.headers["authorization"]
    assert "identity" == request.headers["accept-encoding"]
    assert "application/json" == request.headers["accept"]
    assert "cookie" not in request.headers
    assert "api.codat.io" == request.url.host


async def test_a_cookie_of_codats_is_never_returned() -> None:
    network = scripted(answer({}, headers={"Set-Cookie": "session=1; Path=/"}))
    gateway = gateway_over(network)

    await gateway.branding(GBOL)
    await gateway.branding(GBOL)

    assert all("cookie" not in request.headers for request in network.requests)


async def test_a_base_url_may_have_a_path() -> None:
    network = scripted(answer({}))

    await gateway_over(network, "http://127.0.0.1:8001/codat/").branding(GBOL)

    assert ["/codat/config/integrations/gbol/branding"] == network.targets


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.codat.io",
        "ftp://api.codat.io",
        "https://",
        "https://user:pass@api.codat.io",
        "https://api.codat.io/?a=b",
        "https://api.codat.io/#a",
    ],
)
def test_a_base_url_that_is_none_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(ValueError, match="plain http or https"):
        gateway_over(scripted(answer()), base_url)


def test_an_empty_key_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="empty"):
        HttpCodatGateway(
            base_url="https://api.codat.io",
            api_key="",
            sync_flow_hosts=(HOST,),
            clock=FakeClock(),
        )


def test_the_gateway_does_not_show_its_key() -> None:
    assert "<HttpCodatGateway to https://api.codat.io>" == repr(gateway_over(scripted(answer())))


async def test_leaving_the_gateway_closes_its_connections() -> None:
    network = scripted(answer({}))

    async with gateway_over(network) as gateway:
        await gateway.branding(GBOL)

    assert network.closed


# Starting the sync flow.


async def test_the_start_names_both_ends_the_merchant_and_the_way_back() -> None:
    network = scripted(answer({"url": FLOW}))
    clock = FakeClock()

    url = await gateway_over(network, clock=clock).start_sync_flow(ROUTE, MERCHANT, RETURN_TO)

    query = (
        "merchantIdentifier=m-1&redirectUrl=https%3A%2F%2Fshop.example%2Fconnect%2Freturn%2Fss_1"
    )
    assert [f"/config/sync/commerce/lqai/gbol/start?{query}"] == network.targets
    assert FLOW == url.take(clock.monotonic())


async def test_the_start_asks_caches_on_the_way_to_stay_out_of_it() -> None:
    network = scripted(answer({"url": FLOW}))

    await gateway_over(network).start_sync_flow(ROUTE, MERCHANT, RETURN_TO)

    assert "no-store" == network.requests[0].headers["cache-control"]


async def test_an_odd_merchant_identifier_stays_within_its_parameter() -> None:
    network = scripted(answer({"url": f"https://{HOST}/7/lqai/gbol/start?otp=422149"}))

    await gateway_over(network).start_sync_flow(
        ROUTE, MerchantIdentifier("a&b=c#d/é ?+%"), RETURN_TO
    )

    expected = "merchantIdentifier=a%26b%3Dc%23d%2F%C3%A9%20%3F%2B%25&redirectUrl="
    assert expected in network.targets[0]


async def test_the_urls_life_is_reckoned_from_before_it_was_asked_for() -> None:
    clock = FakeClock()

    def after_two_seconds(request: httpx.Request) -> httpx.Response:
        clock.advance(2)
        return answer({"url": FLOW})(request)

    gateway = gateway_over(scripted(after_two_seconds), clock=clock)
    url = await gateway.start_sync_flow(ROUTE, MERCHANT, RETURN_TO)

    assert START + dt.timedelta(seconds=30) == url.expires_at
    assert 1002.0 == url.fetched_at


async def test_the_same_url_has_the_same_fingerprint_however_codat_encodes_it() -> None:
    raw = f"https://{HOST}/7/x/start?merchantIdentifier=demo merchant&otp=1"
    gateway = gateway_over(
        scripted(answer({"url": raw}), answer({"url": raw.replace(" ", "%20")}))
    )

    merchant = MerchantIdentifier("demo merchant")
    first = await gateway.start_sync_flow(ROUTE, merchant, RETURN_TO)
    second = await gateway.start_sync_flow(ROUTE, merchant, RETURN_TO)

    assert first.fingerprint == second.fingerprint


async def test_a_url_that_names_another_merchant_is_a_security_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = gateway_over(scripted(answer({"url": FLOW.replace("m-1", "m-2")})))

    with pytest.raises(CodatAnswerInvalid, match="names another merchant"):
        await gateway.start_sync_flow(ROUTE, MERCHANT, RETURN_TO)

    (event,) = [r for r in caplog.records if "Security event" in r.message]
    assert "ERROR" == event.levelname
    assert "m-2" not in event.message
    assert "otp" not in event.message


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": ""},
        {"url": 5},
        {"url": [FLOW]},
        {"url": {"href": FLOW}},
        [],
        [FLOW],
        FLOW,
        None,
        {"URL": FLOW},
        {"url": "https://evil.example/?otp=1"},
        {"url": f"https://{HOST}/start"},
        b"",
        b"<html>",
        b'{"url":',
        b'\xef\xbb\xbf{"url":"https://sync-flow.codat.io/?otp=1"}',
        b'{"url":"\xff"}',
        b'{"url":' + b"[" * 5000,
    ],
)
async def test_an_answer_without_a_usable_url_is_refused_and_not_asked_for_again(
    body: Any,
) -> None:
    network = scripted(answer(body))

    with pytest.raises(CodatAnswerInvalid):
        await gateway_over(network).start_sync_flow(ROUTE, MERCHANT, RETURN_TO)

    assert 1 == len(network.requests)


async def test_of_a_url_given_twice_in_one_answer_the_one_that_is_used_is_checked() -> None:
    body = b'{"url":"https://sync-flow.codat.io/?otp=1","url":"https://evil.example/?otp=2"}'

    with pytest.raises(CodatAnswerInvalid, match="not among the allowed"):
        await gateway_over(scripted(answer(body))).start_sync_flow(ROUTE, MERCHANT, RETURN_TO)


@pytest.mark.parametrize("key", ["", "gbo", "gbolx", "GBOL", "gb/l", "../x", "gb%6", "gb l"])
async def test_what_is_no_platform_key_reaches_no_path(key: str) -> None:
    network = scripted(answer({"url": FLOW}))
    gateway = gateway_over(network)

    with pytest.raises(CodatNotFound):
        await gateway.branding(PlatformKey(key))
    with pytest.raises(CodatNotFound):
        await gateway.start_sync_flow(SyncRoute(GBOL, PlatformKey(key)), MERCHANT, RETURN_TO)

    assert [] == network.requests

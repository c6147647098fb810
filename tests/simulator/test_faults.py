"""Each fault, as a client meets it on the wire."""

import gzip
import json
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.simulator.driving import AUTHORIZATION, MERCHANT, Driver, refusal


START = "/config/sync/commerce/lqai/gbol/start"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "Error processing request - not valid."),
        (402, "CompanyValidationException: Company limit exceeded"),
        (418, "I'm a Teapot"),
        (503, "The Codat API is temporarily offline for maintenance. Please try again later."),
        (599, "Status 599"),
    ],
)
def test_any_status_comes_with_codats_body(driver: Driver, status: int, error: str) -> None:
    driver.scenario(operation="start", status=status)

    body = driver.refused(status, "GET", START)

    assert body["error"] == error
    assert (body["validation"] is not None) == (status == 402)
    assert driver.ledger()["minted"] == []
    assert driver.ledger()["calls"]["start"] == 1


def test_the_words_of_a_refusal_can_be_chosen(driver: Driver) -> None:
    driver.scenario(operation="start", status=409, error="Something odd.")

    assert driver.refused(409, "GET", START)["error"] == "Something odd."


def test_retry_after_in_three_forms(driver: Driver) -> None:
    def retry_after(form: str) -> str:
        driver.scenario(
            operation="branding", status=429, retryAfter=90, retryAfterForm=form, times=1
        )
        return driver.get("/config/integrations/gbol/branding").headers["retry-after"]

    assert retry_after("seconds") == "90"
    date = parsedate_to_datetime(retry_after("date"))
    now = parsedate_to_datetime(driver.get("/companies").headers["date"])
    assert 88 <= (date - now).total_seconds() <= 91
    assert retry_after("junk") == "soon"


def test_a_delay_holds_nobody_else_up(driver: Driver) -> None:
    driver.scenario(operation="start", delaySeconds=0.3, times=1)
    slow = threading.Thread(target=driver.start)
    slow.start()
    deadline = time.monotonic() + 5
    while driver.ledger()["calls"]["start"] == 0 and time.monotonic() < deadline:
        pass
    before = time.monotonic()
    driver.ok("GET", "/companies")
    quick = time.monotonic() - before
    slow.join()

    assert quick < 0.25
    assert driver.minted()["merchantIdentifier"] == MERCHANT


def test_a_reset_cuts_off_what_is_delayed(driver: Driver) -> None:
    driver.scenario(operation="start", delaySeconds=600)
    with httpx.Client(base_url=driver.running.api_url, headers=driver.api.headers) as client:
        failed: list[Exception] = []

        def start() -> None:
            try:
                client.get(START, timeout=10)
            except httpx.RemoteProtocolError as error:
                failed.append(error)

        slow = threading.Thread(target=start)
        slow.start()
        deadline = time.monotonic() + 5
        while driver.ledger()["calls"]["start"] == 0 and time.monotonic() < deadline:
            pass
        driver.control("POST", "reset")
        slow.join()

    assert len(failed) == 1
    assert driver.ledger()["minted"] == []


def test_a_delay_and_an_answer_together(driver: Driver) -> None:
    driver.scenario(
        faults=[
            {"operation": "start", "delaySeconds": 0.05},
            {"operation": "*", "delaySeconds": 0.05},
            {"operation": "start", "status": 500},
            {"operation": "start", "status": 503},
        ]
    )
    before = time.monotonic()

    driver.refused(500, "GET", START)
    assert time.monotonic() - before >= 0.1


@pytest.mark.parametrize(
    ("kind", "body", "content_type"),
    [
        ("html", b"<!doctype", "text/html; charset=utf-8"),
        ("wrongType", b'["unexpected"]', "application/json"),
        ("null", b"null", "application/json"),
        ("empty", b"", "application/json"),
        ("notUtf8", b'{"url":"\xff', "application/json"),
        ("truncated", b'{"url":"http://', "application/json"),
        ("missingUrl", b"{}", "application/json"),
        ("emptyUrl", b'{"url":""}', "application/json"),
        ("urlNotText", b'{"url":42}', "application/json"),
    ],
)
def test_bodies_that_nobody_expects(
    driver: Driver, kind: str, body: bytes, content_type: str
) -> None:
    driver.scenario(operation="start", malformed=kind)

    response = driver.get(START, merchantIdentifier=MERCHANT)

    assert response.status_code == 200
    assert response.content.startswith(body)
    assert response.headers["content-type"] == content_type
    assert response.headers["x-rate-limit-limit"] == "1000"
    if kind == "truncated":
        with pytest.raises(json.JSONDecodeError):
            response.json()


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("wrongHost", "https://sync-flow.example.com/"),
        ("lookalikeHost", "https://sync-flow.codat.io.example.com/"),
        ("httpScheme", "http://sync-flow.codat.io/"),
        ("javascriptUrl", "javascript:"),
        ("relativeUrl", "//127.0.0.1:"),
        ("userinfo", "http://sync-flow.codat.io:443@127.0.0.1:"),
    ],
)
def test_urls_that_lead_astray(driver: Driver, kind: str, start: str) -> None:
    driver.scenario(operation="start", malformed=kind)

    url = driver.start()

    assert url.startswith(start)
    assert urlsplit(driver.minted()["url"]).path in url


def test_a_url_with_a_line_break(driver: Driver) -> None:
    driver.scenario(operation="start", malformed="crlf")

    assert driver.start().endswith("\r\nSet-Cookie: injected=1")


def test_a_refused_start_has_no_url_to_spoil(driver: Driver) -> None:
    driver.scenario(operation="start", malformed="crlf")

    response = driver.get("/config/sync/commerce/lqai/zzzz/start")

    assert refusal(response, 404)["error"] == "Integration zzzz not found"


def test_a_huge_body_is_valid_to_the_end(driver: Driver) -> None:
    driver.scenario(operation="companies", malformed="huge", sizeBytes=300_000)

    response = driver.get("/companies")

    assert len(response.json()["padding"]) == 300_000


def test_a_dripping_body_comes_whole_but_late(driver: Driver) -> None:
    driver.scenario(operation="visibleAccounts", malformed="drip", dripSeconds=0.002)
    before = time.monotonic()

    response = driver.get("/sync/commerce/config/ui/accounts/platform/lqai")

    assert response.json() == {"visibleAccounts": None}
    assert time.monotonic() - before > 0.002 * len(response.content)


def test_a_redirect_leads_to_a_trap(driver: Driver) -> None:
    driver.scenario(operation="start", malformed="redirect")

    response = driver.get(START)
    assert response.status_code == 302
    trap = driver.api.get(response.headers["location"]).json()
    assert trap == {"url": "https://redirect-was-followed.example.com/"}


@pytest.mark.parametrize(
    ("kind", "error", "minted"),
    [
        ("beforeHandling", httpx.RemoteProtocolError, 0),
        ("afterHandling", httpx.RemoteProtocolError, 1),
        ("midBody", httpx.RemoteProtocolError, 1),
        ("reset", httpx.ReadError, 0),
    ],
)
def test_connections_that_break(
    driver: Driver, kind: str, error: type[Exception], minted: int
) -> None:
    driver.scenario(operation="start", drop=kind, times=1)

    with pytest.raises(error):
        driver.get(START, merchantIdentifier=MERCHANT)
    assert len(driver.ledger()["minted"]) == minted
    assert driver.start()


def test_half_a_body_arrives_before_the_connection_breaks(driver: Driver) -> None:
    driver.scenario(operation="start", drop="midBody")
    parts = urlsplit(driver.running.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(
            f"GET {START} HTTP/1.1\r\nHost: a\r\nAuthorization: {AUTHORIZATION}\r\n\r\n".encode()
        )
        received = b""
        while part := line.recv(65536):
            received += part

    head, _, body = received.partition(b"\r\n\r\n")
    assert body.startswith(b'{"url":')
    assert f"content-length: {len(body) * 2}".encode()[:-1] in head


def test_pictures_can_break_too(driver: Driver) -> None:
    driver.scenario(operation="images", status=404)

    assert driver.anonymous.get("/public/platforms/gbol.png").status_code == 404


def test_a_fault_strikes_as_often_as_told_and_where_told(driver: Driver) -> None:
    driver.scenario(operation="start", status=500, times=2)

    driver.ok("GET", "/companies")
    driver.refused(500, "GET", START)
    assert driver.control("GET", "scenario")["faults"][0]["times"] == 1
    driver.refused(500, "GET", START)
    driver.ok("GET", START)
    assert driver.control("GET", "scenario")["faults"] == []


def test_the_odds_are_the_same_for_the_same_seed(driver: Driver) -> None:
    def fate() -> list[int]:
        driver.control("PUT", "scenario", {"status": 500, "rate": 0.5, "seed": 7})
        return [driver.get("/companies").status_code for _ in range(20)]

    first = fate()
    assert set(first) == {200, 500}
    assert fate() == first


def test_a_revoked_key(driver: Driver) -> None:
    driver.scenario(keyRevoked=True)

    assert "outdated API key" in driver.refused(403, "GET", "/companies")["error"]
    refusal(driver.anonymous.get("/companies"), 401)


def test_faults_of_an_operation_with_a_body(driver: Driver) -> None:
    body: Any = {"name": "x" * 100_000}
    driver.scenario(operation="createCompany", drop="beforeHandling", times=1)

    with pytest.raises(httpx.TransportError):
        driver.api.post("/companies", json=body)
    assert driver.ok("POST", "/companies", body)["name"] == body["name"]


def test_the_right_body_behind_a_mark(driver: Driver) -> None:
    driver.scenario(operation="companies", malformed="bom")

    body = driver.get("/companies").content

    assert body.startswith(b'\xef\xbb\xbf{"')
    assert json.loads(body.decode("utf-8-sig"))["totalResults"] == 0


def test_a_name_that_stands_there_twice(driver: Driver) -> None:
    driver.scenario(malformed="duplicateKeys")

    body = driver.get(START, merchantIdentifier=MERCHANT).content
    pairs = json.loads(body, object_pairs_hook=list)
    assert [name for name, _ in pairs] == ["url", "url"]
    assert [url for _, url in pairs] == [driver.minted()["url"], "https://sync-flow.example.com/"]
    pairs = json.loads(driver.get("/companies").content, object_pairs_hook=list)
    assert pairs[0][0] == pairs[-1][0]
    assert pairs[-1][1] is None


def test_a_picture_has_no_name_to_repeat(driver: Driver) -> None:
    picture = driver.anonymous.get("/public/platforms/gbol.png").content
    driver.scenario(malformed="duplicateKeys")

    assert driver.anonymous.get("/public/platforms/gbol.png").content == picture


def test_a_small_body_that_is_huge_when_unpacked(driver: Driver) -> None:
    driver.scenario(operation="companies", malformed="gzipBomb", sizeBytes=3_000_000)

    with driver.api.stream("GET", "/companies") as response:
        packed = b"".join(response.iter_raw())

    assert response.headers["content-encoding"] == "gzip"
    assert len(packed) < 10_000
    assert len(json.loads(gzip.decompress(packed))["padding"]) == 3_000_000


def test_a_body_without_an_end(driver: Driver) -> None:
    driver.scenario(operation="companies", malformed="endless", times=1)
    received = 0

    with driver.api.stream("GET", "/companies") as response:
        assert "content-length" not in response.headers
        for part in response.iter_raw():
            received += len(part)
            if received > 300_000:
                break

    assert driver.ok("GET", "/companies")["totalResults"] == 0


def test_redirects_elsewhere_and_in_circles(driver: Driver) -> None:
    def location(kind: str) -> str:
        driver.control("PUT", "scenario", {"operation": "start", "malformed": kind})
        response = driver.get(START, merchantIdentifier="a b")
        assert response.status_code == 302
        return response.headers["location"]

    assert location("redirectElsewhere") == "https://sync-flow.example.com/"
    circle = location("redirectLoop")
    assert circle == f"{driver.running.api_url}{START}?merchantIdentifier=a+b"
    assert driver.api.get(circle).headers["location"] == circle


def test_half_a_head_arrives_before_the_connection_breaks(driver: Driver) -> None:
    driver.scenario(operation="start", drop="midHeaders")
    parts = urlsplit(driver.running.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(
            f"GET {START} HTTP/1.1\r\nHost: a\r\nAuthorization: {AUTHORIZATION}\r\n\r\n".encode()
        )
        received = b""
        while part := line.recv(65536):
            received += part

    assert received == b"HTTP/1.1 200 OK\r\ncontent-type: application/js"
    assert len(driver.ledger()["minted"]) == 1


def test_a_url_that_is_far_too_long(driver: Driver) -> None:
    driver.scenario(operation="start", malformed="longUrl")

    url = driver.start()

    assert len(url) > 10_000
    assert url.startswith(driver.minted()["url"])


def test_a_url_of_another_merchant(driver: Driver) -> None:
    driver.scenario(operation="start", malformed="otherMerchant")

    url = driver.start(redirectUrl="http://shop.test/a?b=c")

    minted = driver.minted()["url"]
    assert parse_qs(urlsplit(minted).query) | {"merchantIdentifier": ["somebody-else"]} == (
        parse_qs(urlsplit(url).query)
    )
    assert urlsplit(minted)._replace(query="") == urlsplit(url)._replace(query="")


def test_a_refusal_need_not_say_when_to_come_back(driver: Driver) -> None:
    driver.scenario(status=429, retryAfter=90, retryAfterForm="none")

    assert "retry-after" not in driver.get("/companies").headers


def test_a_fault_of_one_integration_alone(driver: Driver) -> None:
    driver.scenario(platformKey="gbol", status=404)

    driver.refused(404, "GET", START)
    driver.refused(404, "GET", "/config/integrations/gbol/branding")
    driver.ok("GET", "/config/sync/commerce/lqai/qhyg/start")
    driver.ok("GET", "/config/integrations")


@pytest.mark.parametrize("kind", ["expired", "used"])
def test_a_fresh_code_that_is_no_good(driver: Driver, browser: httpx.Client, kind: str) -> None:
    url = driver.start()
    driver.scenario(operation="visit", code=kind, times=1)

    assert browser.get(url).status_code == 401
    assert 'data-testid="refused"' in browser.get(url).text
    entry = driver.minted()
    assert entry["refusals"] == 2
    assert (entry["consumedAt"] is not None) == (kind == "used")
    assert (entry["expiresAt"] < driver.control("GET", "clock")["now"]) == (kind == "expired")
    # The next link is good.
    assert browser.get(driver.start()).status_code == 200


def test_a_code_that_was_used_stays_used_by_whom_it_was(
    driver: Driver, browser: httpx.Client
) -> None:
    url = driver.start()
    browser.get(url)
    before = driver.minted()["consumedAt"]
    driver.scenario(operation="visit", code="used")

    assert browser.get(url).status_code == 401
    assert driver.minted()["consumedAt"] == before
    assert browser.get(url.replace(driver.minted()["id"], "nobody")).status_code == 401


def test_a_sync_flow_that_is_slow_and_then_down(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    driver.scenario(
        faults=[
            {"operation": "visit", "delaySeconds": 0.1},
            {"operation": "visit", "status": 503, "times": 1},
        ]
    )
    before = time.monotonic()

    down = browser.get(url)

    assert (down.status_code, time.monotonic() - before >= 0.1) == (503, True)
    assert "The sync flow is not well" in down.text
    assert browser.get(url).status_code == 200


def test_faults_of_all_operations_are_none_of_visits(
    driver: Driver, browser: httpx.Client
) -> None:
    url = driver.start()
    driver.scenario(status=503)

    assert browser.get(url).status_code == 200


def test_a_body_that_is_no_text_is_refused(driver: Driver) -> None:
    response = driver.api.post("/companies", content=b'{"name":"\xff"}')

    assert refusal(response, 400)["validation"]["errors"][0]["itemId"] == "Body"

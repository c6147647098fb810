"""Whoever looks at an address without anybody having pressed a button gets no URL for it."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import addresses, starts
from tests.browser.relay import Answer, Ask, listening, page
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


PATIENCE_MS = 5_000


def every_address(merchant: Merchant, name: str) -> list[str]:
    """Every address of ours that a merchant meets: in links, forms, address bar and answers."""
    merchant.enter(name)
    merchant.open()
    found = addresses(merchant.page)
    merchant.choose("Xero")
    merchant.finish()
    found += [merchant.page.url, *addresses(merchant.page)]
    session = urlsplit(merchant.page.url).path.rpartition("/")[2]
    merchant.open(f"/connect/sessions/{session}")
    found += [merchant.page.url, *addresses(merchant.page)]
    ours = merchant.stack.plan.tillbridge
    return [address for address in dict.fromkeys(found) if address.startswith(ours)]


def seen(stack: Stack) -> dict[str, int]:
    """How many GETs each route has answered so far."""
    text = stack.http.get("/metrics").text
    found = re.findall(
        r'^tillbridge_requests_total\{method="GET",route="(/connect[^"]*)",[^}]*\} ([\d.]+)$',
        text,
        re.MULTILINE,
    )
    counts: dict[str, int] = {}
    for route, count in found:
        counts[route] = counts.get(route, 0) + int(float(count))
    return counts


def wait_for(what: Page, stack: Stack, before: dict[str, int], route: str) -> None:
    """Until the browser has looked at *route* by itself."""
    for _ in range(PATIENCE_MS // 50):
        if seen(stack).get(route, 0) > before.get(route, 0):
            return
        what.wait_for_timeout(50)
    raise AssertionError(f"Nobody looked at {route}: {before} became {seen(stack)}.")


@pytest.fixture
def speculating() -> Iterator[tuple[int, list[str]]]:
    """A page elsewhere that has the browser fetch what is put into the list, before any click."""
    targets: list[str] = []

    def respond(_: Ask) -> Answer:
        rules = {
            "prefetch": [{"urls": targets, "eagerness": "immediate"}],
            "prerender": [{"urls": targets, "eagerness": "immediate"}],
        }
        links = "".join(
            f'<link rel="prefetch" href="{url}"><link rel="prerender" href="{url}">'
            f'<a href="{url}">go</a>'
            for url in targets
        )
        return page(
            f'<!doctype html><title>Shop</title>{links}<script type="speculationrules">'
            f"{json.dumps(rules)}</script>"
        )

    with listening(respond) as port:
        yield port, targets


@pytest.mark.parametrize("site", ["localhost", "shop.localhost"])
def test_a_page_that_speculates_on_every_address_spends_nothing(
    stack: Stack, browser: Watched, speculating: tuple[int, list[str]], site: str
) -> None:
    name = f"speculated-{site}"
    port, targets = speculating
    merchant = Merchant.at(stack, browser)
    targets += every_address(merchant, name)
    browser.allow(f"http://{site}:{port}")
    before, urls = seen(stack), stack.minted(name)
    posts = list(merchant.posts)

    merchant.page.goto(f"http://{site}:{port}/")
    # From the same site the browser brings its cookie along, from another it does not.
    wait_for(merchant.page, stack, before, "/connect")
    merchant.page.wait_for_timeout(300)

    assert urls == stack.minted(name)
    assert posts == merchant.posts
    merchant.open()
    expect(starts(merchant.page).first).to_be_enabled()
    merchant.tile("FreeAgent").click()
    merchant.arrives()
    assert len(urls) + 1 == len(stack.minted(name))


def test_a_browser_that_renders_the_pages_beforehand_spends_nothing(
    stack: Stack, browser: Watched
) -> None:
    name = "prerendered"
    merchant = Merchant.at(stack, browser, bypass_csp=True)
    targets = every_address(merchant, name)
    before, urls = seen(stack), stack.minted(name)
    rules = {"prerender": [{"urls": targets, "eagerness": "immediate"}]}
    add = """(rules) => {
      const script = document.createElement("script");
      script.type = "speculationrules";
      script.text = rules;
      document.head.append(script);
    }"""

    # As an address bar does it that guesses where people want to go.
    merchant.open("/docs")
    merchant.page.evaluate(add, json.dumps(rules))
    wait_for(merchant.page, stack, before, "/connect")
    merchant.page.wait_for_timeout(300)

    assert urls == stack.minted(name)
    merchant.page.evaluate("location.assign('/connect')")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect", wait_until="commit")
    merchant.tile("FreeAgent").click()
    merchant.arrives()
    assert len(urls) + 1 == len(stack.minted(name))


@pytest.mark.parametrize("knows_the_cookie", [False, True])
def test_a_link_scanner_that_looks_at_every_address_spends_nothing(
    stack: Stack, browser: Watched, *, knows_the_cookie: bool
) -> None:
    name = f"scanned-{knows_the_cookie}"
    merchant = Merchant.at(stack, browser)
    shown = every_address(merchant, name)
    answer = stack.http.post("/v1/connect-tokens", json={"merchantIdentifier": name}).json()
    cookies = {str(c.get("name")): str(c.get("value")) for c in merchant.context.cookies()}
    urls = stack.minted(name)

    with httpx.Client(
        cookies=cookies if knows_the_cookie else {}, follow_redirects=True, trust_env=False
    ) as scanner:
        statuses = {
            (method, urlsplit(address).path): scanner.request(method, address).status_code
            for address in [*shown, answer["url"]]
            for method in ("GET", "HEAD", "GET")
        }

    assert urls == stack.minted(name)
    assert 405 in statuses.values()
    assert not any(status >= 500 for status in statuses.values())
    # And the connect token is as good as before, for scanners do not send fragments.
    other = Merchant.at(stack, browser)
    other.page.goto(answer["url"])
    other.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    other.tile("FreeAgent").click()
    other.arrives()

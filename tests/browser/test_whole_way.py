"""From the shop to Codat and back, in a real browser, across sites."""

from pathlib import Path

import httpx
import pytest

from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


LOOKS = {
    "phone-light": {"viewport": {"width": 375, "height": 740}, "color_scheme": "light"},
    "desktop-dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_merchant_walks_from_the_shop_to_codat_and_back(
    stack: Stack, browser: Watched, pictures: Path | None, look: str
) -> None:
    before = len(stack.ledger["minted"])
    merchant = Merchant.at(stack, browser, **LOOKS[look])
    name = "Corner Bakery" if look == "phone-light" else "Harbour Books"

    merchant.log_in(name)
    merchant.picture(pictures, f"shop-{look}")
    merchant.connect()
    merchant.sees("Select your accounting software")
    merchant.picture(pictures, f"picker-{look}")
    merchant.choose("Xero")
    merchant.picture(pictures, f"sync-flow-{look}")
    merchant.finish()
    merchant.sees("✓ Xero is connected")
    merchant.picture(pictures, f"returned-{look}")
    merchant.page.get_by_role("link", name="Back to Corner Till").click()
    merchant.page.wait_for_url(f"{stack.plan.shop}/done?session=*")
    merchant.picture(pictures, f"done-{look}")

    minted = stack.ledger["minted"][before:]
    assert 1 == len(minted)
    assert minted[0]["consumedAt"] is not None
    assert "gbol" == minted[0]["accountingKey"]
    assert "Connected" in merchant.page.content() or "connected" in merchant.page.content()
    assert [] == merchant.trouble


def test_without_javascript_the_whole_way_works_just_the_same(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser, java_script_enabled=False)

    merchant.log_in("Moss & Fern")
    merchant.page.locator("form[action='/connect'] button").first.click()
    merchant.page.get_by_role("button", name="Continue").click()
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    merchant.choose("QuickBooks Online")
    merchant.finish()

    merchant.sees("✓ QuickBooks Online is connected")
    assert [] == merchant.trouble


def test_a_link_with_the_token_in_its_fragment_lets_the_merchant_in(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser)
    token = stack.token("by-link")

    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={token}")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    merchant.sees("Select your accounting software")

    assert "by-link" in merchant.page.content()
    assert not any(token in request.url for request in merchant.requests[1:])
    # The first page is refused, since nobody is logged in yet; the browser notes that.
    assert [t for t in merchant.trouble if "401" not in t] == []


def test_a_planted_link_does_not_change_the_merchant_in_silence(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser)
    merchant.log_in("Corner Bakery")
    merchant.connect()

    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={stack.token('attacker')}")
    merchant.page.wait_for_selector("text=Switch to attacker?")
    merchant.page.get_by_role("link", name="Stay").click()

    assert "Corner Bakery" in merchant.page.content()


def test_back_and_again_fetches_one_new_url_and_leaves_no_button_stuck(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser)
    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={stack.token('back-and-again')}")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    before = len(stack.ledger["minted"])

    merchant.choose("FreeAgent")
    merchant.page.go_back(wait_until="commit")
    merchant.sees("Select your accounting software")
    assert 1 == len(stack.ledger["minted"]) - before
    for button in merchant.page.get_by_role("button").all():
        assert button.is_enabled()
    merchant.page.get_by_role("button", name="FreeAgent").click()
    merchant.page.wait_for_url(f"{stack.plan.sync_flow}/**")

    urls = [minted["url"] for minted in stack.ledger["minted"][before:]]
    assert 2 == len(urls) == len(set(urls))


def test_codat_learns_no_address_of_ours(stack: Stack, browser: Watched) -> None:
    merchant = Merchant.at(stack, browser)
    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={stack.token('quiet')}")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")

    merchant.choose("Xero")

    assert "" == merchant.page.evaluate("document.referrer")
    arrived = [r for r in merchant.requests if r.url.startswith(stack.plan.sync_flow)]
    assert "referer" not in arrived[0].all_headers()


def test_a_dead_link_ends_on_codat_and_the_stable_page_brings_a_new_one(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser)
    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={stack.token('too-late')}")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    merchant.choose("Xero")
    spent = merchant.page.url

    answer = httpx.get(spent, trust_env=False)
    sessions = stack.http.get("/v1/sync-sessions", params={"merchantIdentifier": "too-late"})
    session = sessions.json()["syncSessions"][0]["id"]
    merchant.page.goto(f"{stack.plan.tillbridge}/connect/sessions/{session}")
    merchant.page.get_by_role("button", name="Continue with a new link").click()
    merchant.page.wait_for_url(f"{stack.plan.sync_flow}/**")

    assert 401 == answer.status_code
    assert spent != merchant.page.url


def test_pages_ask_nobody_but_us(stack: Stack, browser: Watched) -> None:
    merchant = Merchant.at(stack, browser)

    merchant.page.goto(f"{stack.plan.tillbridge}/connect#token={stack.token('private')}")
    merchant.page.wait_for_url(f"{stack.plan.tillbridge}/connect")
    merchant.page.wait_for_load_state("networkidle")
    merchant.page.goto(f"{stack.plan.tillbridge}/docs")

    strangers = [r.url for r in merchant.requests if not r.url.startswith(stack.plan.tillbridge)]
    assert [] == strangers
    assert any("/logos/" in request.url for request in merchant.requests)


def test_whoever_asks_a_stranger_is_found_out(stack: Stack, browser: Watched) -> None:
    """The watch itself: it would notice, and so would the policy."""
    merchant = Merchant.at(stack, browser, bypass_csp=True)
    merchant.open("/docs")
    merchant.page.evaluate("new Image().src = 'http://stranger.example/pixel.png'")
    merchant.page.wait_for_timeout(200)
    other = Merchant.at(stack, browser)
    other.open("/docs")
    other.page.evaluate("new Image().src = 'http://stranger.example/pixel.png'")
    other.page.evaluate("setTimeout(() => { throw new Error('oh') })")
    other.page.wait_for_timeout(200)

    browser.close()
    found = browser.complaints()
    browser.witnesses.clear()

    assert {"asked http://stranger.example/pixel.png"} == {f for f in found if "asked" in f}
    assert any(f.startswith("policy ") and "img-src" in f for f in found)
    assert ["error oh"] == [f for f in found if f.startswith("error")]

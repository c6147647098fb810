"""What the page costs: its weight over the wire, and how still it stands while logos arrive."""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from tests.browser.places import LOGOS, starts
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


HEAVIEST_PAGE = 60_000
"""Bytes over the wire on a first visit, without logos."""

HEAVIEST_SCRIPT = 10_000
SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(
    (entry) => entry.value,
  ))).observe({ type: "layout-shift", buffered: true });
"""


def weighed(page: Page) -> dict[str, tuple[str, int]]:
    """From now on, the type and the bytes over the wire, headers included, of each address."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    about: dict[str, tuple[str, str]] = {}
    found: dict[str, tuple[str, int]] = {}

    def note(event: dict[str, Any]) -> None:
        about[event["requestId"]] = (event["response"]["url"], event["type"])

    def weigh(event: dict[str, Any]) -> None:
        url, kind = about[event["requestId"]]
        found[url] = (kind, int(event["encodedDataLength"]))

    session.on("Network.responseReceived", note)
    session.on("Network.loadingFinished", weigh)
    return found


def test_a_first_visit_is_light(stack: Stack, browser: Watched) -> None:
    merchant = Merchant.at(stack, browser)
    merchant.enter("weight")
    found = weighed(merchant.page)

    merchant.open()
    merchant.page.wait_for_load_state("networkidle")

    weights: Counter[str] = Counter()
    for url, (kind, weight) in found.items():
        weights["logos" if urlsplit(url).path.startswith(LOGOS) else kind] += weight
    assert weights["logos"] > 0
    assert 0 < weights["Script"] < HEAVIEST_SCRIPT
    assert sum(weights.values()) - weights["logos"] <= HEAVIEST_PAGE


@pytest.mark.parametrize("width", [375, 1100])
def test_nothing_moves_when_logos_arrive_late(stack: Stack, browser: Watched, width: int) -> None:
    merchant = Merchant.at(stack, browser, viewport={"width": width, "height": 740})
    merchant.context.add_init_script(SHIFTS)
    held: list[Route] = []
    merchant.page.route(f"**{LOGOS}**", lambda route: held.append(route))  # noqa: PLW0108  # Playwright leaves a mark on it
    merchant.enter("late-logos")

    merchant.page.goto(f"{stack.plan.tillbridge}/connect", wait_until="domcontentloaded")
    starts(merchant.page).first.wait_for()
    merchant.page.wait_for_timeout(200)
    before = merchant.page.locator("main").bounding_box()
    for route in held:
        route.continue_()
    merchant.page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    merchant.page.wait_for_timeout(200)

    assert held
    assert before == merchant.page.locator("main").bounding_box()
    assert 0 == sum(merchant.page.evaluate("window.shifts"))

"""The hand-off to Codat, in a browser as people have them: no URL is spent for nothing."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.places import starts
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


NO_CACHE = "addEventListener('unload', () => {})"
"""What keeps a page out of the back-forward cache, as some people's extensions do."""

CACHED = (
    "addEventListener('pageshow', (event) => { if (event.persisted) sessionStorage.cached = 1; });"
)
"""Remembers that a page came out of the cache, though it fetches itself anew at once."""


def arrived(stack: Stack, browser: Watched, merchant: str, **context: object) -> Merchant:
    """A merchant who looks at the picker."""
    someone = Merchant.at(stack, browser, **context)
    someone.enter(merchant)
    someone.context.add_init_script(CACHED)
    someone.open()
    return someone


def middle_of(button: Locator) -> tuple[float, float]:
    """Where a finger would land; Playwright's own clicks wait for the navigation to end."""
    box = button.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def all_usable(merchant: Merchant) -> None:
    """No button is stuck."""
    for button in starts(merchant.page).all():
        expect(button).to_be_enabled()
        assert button.get_attribute("aria-busy") is None
    expect(merchant.page.get_by_text("Taking you to")).to_have_count(0)


def test_the_sync_flow_opens_in_the_same_tab(stack: Stack, browser: Watched) -> None:
    merchant = arrived(stack, browser, "same-tab")

    merchant.choose("Xero")

    assert [merchant.page] == merchant.context.pages
    assert merchant.page.evaluate("window.opener") is None
    assert 1 == len(stack.minted("same-tab"))


@pytest.mark.parametrize("cached", [True, False])
def test_back_shows_the_picker_again_with_every_button_ready(
    stack: Stack, browser: Watched, *, cached: bool
) -> None:
    name = f"back-{cached}"
    merchant = arrived(stack, browser, name)
    if not cached:
        merchant.page.evaluate(NO_CACHE)

    merchant.choose("Xero")
    merchant.goes_back()

    # What was begun meanwhile is to be seen, wherever the page came from.
    expect(merchant.tile("Continue with Xero")).to_be_visible()
    all_usable(merchant)
    # Chromium restores a page that it may not store for as long as no cookie has changed.
    assert cached is merchant.page.evaluate("'cached' in sessionStorage")
    assert 1 == len(merchant.posts) == len(stack.minted(name))
    merchant.choose("Xero")
    assert 2 == len({minted["url"] for minted in stack.minted(name)})


def test_forward_sends_no_form_again(stack: Stack, browser: Watched) -> None:
    merchant = arrived(stack, browser, "forward")

    merchant.choose("Xero")
    merchant.goes_back()
    expect(merchant.tile("Continue with Xero")).to_be_visible()
    merchant.page.go_forward(wait_until="commit")
    merchant.page.wait_for_url(f"{stack.plan.sync_flow}/**", wait_until="commit")

    assert 1 == len(merchant.posts) == len(stack.minted("forward"))


def test_back_and_forth_from_the_end_of_the_way_spends_nothing(
    stack: Stack, browser: Watched
) -> None:
    merchant = arrived(stack, browser, "back-and-forth")
    merchant.choose("Xero")
    merchant.finish()

    for _ in range(2):
        merchant.page.go_back(wait_until="commit")
    expect(merchant.tile("Manage Xero")).to_be_visible()
    for _ in range(2):
        merchant.page.go_forward(wait_until="commit")

    assert 1 == len(merchant.posts) == len(stack.minted("back-and-forth"))


def test_a_double_tap_fetches_one_url(stack: Stack, browser: Watched) -> None:
    merchant = arrived(stack, browser, "double-tap")

    merchant.tile("Xero").dblclick(no_wait_after=True)
    merchant.arrives()

    assert 1 == len(stack.minted("double-tap"))
    merchant.goes_back()
    all_usable(merchant)


def test_taps_on_two_tiles_at_once_fetch_one_url(stack: Stack, browser: Watched) -> None:
    stack.control("scenario", {"operation": "start", "delaySeconds": 1, "times": 1})
    tall = {"width": 1100, "height": 1400}
    merchant = arrived(stack, browser, "two-tiles", viewport=tall)

    first, second = (middle_of(merchant.tile(name)) for name in ("Xero", "FreeAgent"))
    merchant.page.mouse.click(*first)
    merchant.page.mouse.click(*second)
    merchant.arrives()

    assert ["gbol"] == [minted["accountingKey"] for minted in stack.minted("two-tiles")]


def test_without_javascript_a_double_tap_still_ends_on_a_link_that_works(
    stack: Stack, browser: Watched
) -> None:
    merchant = arrived(stack, browser, "double-tap-plain", java_script_enabled=False)

    merchant.tile("Xero").dblclick(no_wait_after=True)
    merchant.arrives()

    minted = stack.minted("double-tap-plain")
    assert 1 <= len(minted) <= 2
    assert len(minted) == len({each["url"] for each in minted})
    assert [0] * len(minted) == [each["refusals"] for each in minted]


def test_a_click_for_another_tab_gets_a_url_there_and_leaves_no_button_stuck_here(
    stack: Stack, browser: Watched
) -> None:
    merchant = arrived(stack, browser, "ctrl-click")

    with merchant.context.expect_page() as opened:
        merchant.tile("Xero").click(modifiers=["Control"], no_wait_after=True)
    opened.value.wait_for_url(f"{stack.plan.sync_flow}/**")

    assert 1 == len(stack.minted("ctrl-click"))
    assert f"{stack.plan.tillbridge}/connect" == merchant.page.url
    all_usable(merchant)


def test_a_middle_click_starts_nothing(stack: Stack, browser: Watched) -> None:
    merchant = arrived(stack, browser, "middle-click")

    merchant.tile("Xero").click(button="middle")
    merchant.page.wait_for_timeout(300)

    assert [merchant.page] == merchant.context.pages
    assert [] == stack.minted("middle-click")
    all_usable(merchant)


def test_reloading_the_picker_and_the_page_of_the_return_spends_nothing(
    stack: Stack, browser: Watched
) -> None:
    merchant = arrived(stack, browser, "reload")
    merchant.page.reload()
    merchant.choose("Xero")
    merchant.finish()
    merchant.page.reload()
    merchant.open()
    merchant.page.reload()

    assert 1 == len(merchant.posts) == len(stack.minted("reload"))
    all_usable(merchant)


def test_two_tabs_get_a_url_each(stack: Stack, browser: Watched) -> None:
    merchant = arrived(stack, browser, "two-tabs")
    other = Merchant(stack, merchant.context, merchant.context.new_page(), merchant.witness)
    other.open()

    merchant.choose("Xero")
    other.choose("Xero")

    minted = stack.minted("two-tabs")
    assert 2 == len(minted) == len({each["url"] for each in minted})
    assert [0, 0] == [each["refusals"] for each in minted]
    assert all(each["consumedAt"] for each in minted)

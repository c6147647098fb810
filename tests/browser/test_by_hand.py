"""The picker by keyboard and by finger: order, focus, shortcuts, what is announced, what waits."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import starts
from tests.browser.states import HOLD, STATES, Stacks, visit
from tests.browser.walk import Merchant
from tests.browser.witness import Watched


IN_ORDER = """() => [...document.querySelectorAll("a[href], button, input, summary")]
  .filter((it) => it.checkVisibility() && !it.disabled && it.type !== "hidden")
  .map((it) => it.outerHTML.slice(0, 80))"""
FOCUSED = """() => {
  const it = document.activeElement;
  const style = getComputedStyle(it);
  const box = it.getBoundingClientRect();
  return {
    what: it.outerHTML.slice(0, 80),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inView: box.top >= -1 && box.bottom <= innerHeight + 1,
  };
}"""


def reached(stacks: Stacks, browser: Watched, name: str, language: str = "en-US") -> Merchant:
    """A merchant in the state of this *name*."""
    state = next(state for state in STATES if state.name == name)
    return visit(stacks, browser, state, language=language)


def focused(page: Page) -> str:
    """The words on what has the focus."""
    words: str = page.evaluate("document.activeElement.innerText || document.activeElement.id")
    return words.partition("\n")[0]


@pytest.mark.parametrize("language", ["en-US", "ar"])
@pytest.mark.parametrize("name", ["several-groups", "codat-busy", "returned-unfinished"])
def test_tab_reaches_everything_in_the_order_of_the_page_and_shows_where_it_is(
    stacks: Stacks, browser: Watched, name: str, language: str
) -> None:
    page = reached(stacks, browser, name, language).page
    page.evaluate("document.activeElement.blur()")
    expected = page.evaluate(IN_ORDER)
    # From wherever a click would have put it, to the beginning.
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")

    places = []
    for _ in expected:
        page.keyboard.press("Tab")
        places.append(page.evaluate(FOCUSED))

    assert expected == [place["what"] for place in places]
    assert [] == [place["what"] for place in places if not place["ring"]]
    assert [] == [place["what"] for place in places if not place["inView"]]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_on_a_tile_leads_to_codat(stacks: Stacks, browser: Watched, key: str) -> None:
    merchant = reached(stacks, browser, "first-visit")

    merchant.tile("Xero").press(key)

    merchant.arrives()


def test_arrow_keys_go_through_the_search_and_the_tiles(stacks: Stacks, browser: Watched) -> None:
    page = reached(stacks, browser, "first-visit").page
    names = [name.partition("\n")[0] for name in starts(page).all_inner_texts()]
    search = page.get_by_role("searchbox")
    search.focus()

    went = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        went.append(focused(page))

    assert 4 == len(went)
    assert [True, True, True] == [at in names[n] for n, at in zip((0, 1, 0), went, strict=False)]
    expect(search).to_be_focused()


def test_ctrl_k_goes_to_the_search_and_escape_clears_it(stacks: Stacks, browser: Watched) -> None:
    page = reached(stacks, browser, "first-visit").page
    search = page.get_by_role("searchbox")

    page.keyboard.press("Control+k")
    expect(search).to_be_focused()
    page.keyboard.type("xero")
    expect(starts(page).filter(visible=True)).to_have_count(1)
    page.keyboard.press("Escape")

    expect(search).to_have_value("")
    expect(starts(page).filter(visible=True)).not_to_have_count(1)


@pytest.mark.parametrize(
    ("typed", "found"), [("xero", 1), ("QBO", 1), ("exact", 2), ("Ledgerly", 0)]
)
def test_what_a_search_finds_is_announced(
    stacks: Stacks, browser: Watched, typed: str, found: int
) -> None:
    page = reached(stacks, browser, "first-visit").page
    told = page.locator("[data-matches]")
    assert "status" == told.get_attribute("role")
    expect(told).to_have_text("")

    page.get_by_role("searchbox").press_sequentially(typed)

    expect(told).to_have_text(f"Matches: {found}")
    expect(page.locator("[data-terms]").filter(visible=True)).to_have_count(found)
    expect(page.get_by_text("Nothing matches")).to_be_visible(visible=not found)


def test_a_trouble_has_the_focus_and_is_told_as_an_alert(stacks: Stacks, browser: Watched) -> None:
    page = reached(stacks, browser, "codat-away").page

    expect(page.get_by_role("alert").first).to_be_focused()


def test_a_busy_tile_tells_so_and_comes_back_after_a_while(
    stacks: Stacks, browser: Watched
) -> None:
    merchant = reached(stacks, browser, "first-visit")
    page = merchant.page
    page.clock.install()
    page.reload()
    page.evaluate(HOLD)

    merchant.tile("Xero").click()
    page.clock.run_for(10)

    busy = page.get_by_role("button", name="Taking you to Xero…")
    assert "true" == busy.get_attribute("aria-busy")
    # It keeps the focus, and what it says is heard; the others can wait.
    expect(busy).to_be_focused()
    expect(page.locator("#news")).to_have_text("Taking you to Xero…")
    for button in page.locator("form[method=post] button:not([aria-busy])").all():
        expect(button).to_be_disabled()
    page.clock.run_for(20_000)
    for button in starts(page).all():
        expect(button).to_be_enabled()
    expect(busy).to_have_count(0)


def test_nothing_can_be_started_before_codat_takes_requests_again(
    stacks: Stacks, browser: Watched
) -> None:
    page = reached(stacks, browser, "codat-busy").page

    for button in starts(page).all():
        expect(button).to_be_disabled()
    expect(page.locator("[data-countdown]").first).to_have_text(re.compile(r"0:[34]\d"))


@pytest.mark.parametrize(
    ("javascript", "told"),
    [(True, "November 20, 2026 at 6:30 PM"), (False, "November 20, 2026, 9:30 AM UTC")],
)
def test_times_are_told_as_the_clock_of_the_merchant_has_them(
    stacks: Stacks,
    browser: Watched,
    javascript: bool,  # noqa: FBT001  # pytest gives it by name
    told: str,
) -> None:
    state = next(state for state in STATES if state.name == "last-known-list")

    page = visit(stacks, browser, state, javascript=javascript, timezone_id="Asia/Tokyo").page

    expect(page.locator(".hint time")).to_have_text(re.compile(rf"^{told}$".replace(" ", r"\s")))


def test_offline_a_tile_stays_where_it_is(stacks: Stacks, browser: Watched) -> None:
    merchant = reached(stacks, browser, "offline")
    page, before = merchant.page, len(merchant.posts)

    merchant.tile("Xero").click()

    expect(page.get_by_text("You are offline")).to_be_visible()
    expect(merchant.tile("Xero")).to_be_enabled()
    assert before == len(merchant.posts)
    merchant.context.set_offline(offline=False)
    expect(page.get_by_text("You are offline")).to_have_count(0)
    merchant.tile("Xero").click()
    merchant.arrives()

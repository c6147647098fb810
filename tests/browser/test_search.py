"""The search as one types finds what the server finds."""

from playwright.sync_api import expect

from tests.browser.searching import disagreements
from tests.browser.states import STATES, Stacks, visit
from tests.browser.witness import Watched


def test_the_page_finds_what_the_server_finds(stacks: Stacks, browser: Watched) -> None:
    state = next(state for state in STATES if state.name == "several-groups")
    page = visit(stacks, browser, state).page
    expect(page.get_by_role("searchbox")).to_be_visible()

    assert [] == disagreements(page)

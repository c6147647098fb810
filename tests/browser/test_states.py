"""Every state can be reached, with and without JavaScript, and is what it is said to be."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stacks, State, visit
from tests.browser.witness import Watched


PLAIN = tuple(state for state in STATES if state.plain)
each = pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
each_plain = pytest.mark.parametrize("state", PLAIN, ids=lambda state: state.name)


@each
def test_a_state_is_reached_as_its_own_page(
    stacks: Stacks, browser: Watched, state: State
) -> None:
    page = visit(stacks, browser, state).page

    expect(page.locator("h1:visible")).to_have_text(state.heading)


@each_plain
def test_a_state_is_complete_without_javascript(
    stacks: Stacks, browser: Watched, state: State
) -> None:
    page = visit(stacks, browser, state, javascript=False).page

    expect(page.locator("h1:visible")).to_have_text(state.heading)

"""Every state can be reached without JavaScript, too, unless a script is what makes it."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stacks, State, visit
from tests.browser.witness import Watched


PLAIN = tuple(state for state in STATES if state.plain)


@pytest.mark.parametrize("state", PLAIN, ids=lambda state: state.name)
def test_a_state_is_complete_without_javascript(
    stacks: Stacks, browser: Watched, state: State
) -> None:
    merchant = visit(stacks, browser, state, javascript=False)

    expect(merchant.page.locator("h1:visible")).to_have_text(state.heading)
    assert state.status == merchant.witness.status

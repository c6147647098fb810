"""Every state leaves nobody out in any look, and has its pictures taken where they are wanted."""

from pathlib import Path

import pytest

from tests.browser import gallery, looks
from tests.browser.places import starts
from tests.browser.states import STATES, Stacks, State, visit
from tests.browser.witness import Watched


DIRECTIONS = {"en-US": "ltr", "ar": "rtl"}
OTHERS = ("de-DE", "es-ES", "fr-FR", "nl-NL")
LONG = (
    "several-groups",
    "single-choice",
    "link-expired",
    "returned-unfinished",
    "last-known-list",
)
"""States with most of the words, which are pages that a browser can ask for again."""


@pytest.mark.parametrize("language", DIRECTIONS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_state_leaves_nobody_out_in_any_look(
    stacks: Stacks, browser: Watched, pictures: Path | None, state: State, language: str
) -> None:
    merchant = visit(stacks, browser, state, language=language)
    page, status = merchant.page, merchant.witness.status
    looks.settle(page)
    heading = page.locator("h1:visible").inner_text()
    found: dict[str, list[str]] = {}

    for width, scheme in (
        (looks.DESKTOP, "light"),
        (looks.AT_200_PERCENT, "light"),
        (looks.NARROWEST, "dark"),
    ):
        looks.show(page, width, scheme)
        # In either direction on a narrow screen; the page of a desktop is that of 200 % zoom.
        if scheme == "dark" or (width, language) == (looks.AT_200_PERCENT, "en-US"):
            found[f"axe at {width}, {scheme}"] = looks.axe(page)
        found[f"too wide at {width}"] = looks.overflow(page)
    found["too small for a finger"] = looks.small_targets(page)
    found["moves"] = looks.motion(page)
    about = looks.written(page)
    if pictures is not None:
        gallery.take(page, pictures / "picker", state, language)

    assert {} == {what: where for what, where in found.items() if where}
    assert (language, DIRECTIONS[language], 1) == (
        about["lang"],
        about["dir"],
        about["headings"],
    )
    assert "Corner Till" in about["title"]
    assert state.status == status
    if language == "en-US":
        assert state.heading == heading


@pytest.mark.parametrize("name", LONG)
def test_other_languages_fit_a_narrow_screen(stacks: Stacks, browser: Watched, name: str) -> None:
    state = next(state for state in STATES if state.name == name)
    page = visit(stacks, browser, state).page
    looks.show(page, looks.NARROWEST)
    address = f"{page.url}{'&' if '?' in page.url else '?'}lang="

    found = {}
    for language in OTHERS:
        page.goto(f"{address}{language.partition('-')[0]}")
        found[looks.written(page)["lang"].partition("-")[0]] = [
            *looks.overflow(page),
            *looks.small_targets(page),
        ]

    assert {language.partition("-")[0]: [] for language in OTHERS} == found


def test_with_forced_colours_buttons_have_an_edge_and_focus_is_seen(
    stacks: Stacks, browser: Watched
) -> None:
    page = visit(stacks, browser, STATES[0], forced_colors="active").page

    for button in starts(page).all():
        edge = button.evaluate("(it) => getComputedStyle(it).borderTopWidth")
        assert "0px" != edge
    starts(page).first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert "none" != outline


def test_who_has_no_objection_to_motion_sees_that_something_goes_on(
    stacks: Stacks, browser: Watched
) -> None:
    state = next(state for state in STATES if state.name == "returned-checking")

    page = visit(stacks, browser, state, reduced_motion="no-preference").page

    assert ["turn"] == page.evaluate(
        "document.getAnimations().map((animation) => animation.animationName).filter(Boolean)"
    )

"""Every state leaves nobody out in any look, and has its pictures taken where they are wanted."""

from pathlib import Path

import pytest

from tests.browser import gallery, looks
from tests.browser.places import starts
from tests.browser.states import STATES, Stacks, State, visit
from tests.browser.walk import Merchant
from tests.browser.witness import Watched


DIRECTIONS = {"en-US": "ltr", "ar": "rtl"}
IN_BOTH = [(state, tuple(DIRECTIONS)) for state in STATES if state.again]
IN_EACH = [(state, (each,)) for state in STATES if not state.again for each in DIRECTIONS]
OTHERS = ("de-DE", "es-ES", "fr-FR", "nl-NL")
LONG = (
    "several-groups",
    "single-choice",
    "link-expired",
    "returned-unfinished",
    "last-known-list",
)
"""States with most of the words, which are pages that a browser can ask for again."""


@pytest.mark.parametrize(
    ("state", "languages"),
    [*IN_BOTH, *IN_EACH],
    ids=lambda given: getattr(given, "name", "+".join(given) if isinstance(given, tuple) else ""),
)
def test_a_state_leaves_nobody_out_in_any_look(
    stacks: Stacks,
    browser: Watched,
    pictures: Path | None,
    state: State,
    languages: tuple[str, ...],
) -> None:
    first, *others = languages
    merchant = visit(stacks, browser, state, language=first)
    everybody_can_use_it(merchant, pictures, state, first)
    for language in others:
        merchant.page.goto(in_language(merchant.page.url, language))
        merchant.page.wait_for_selector(state.sign, state="attached")
        everybody_can_use_it(merchant, pictures, state, language)


def everybody_can_use_it(
    merchant: Merchant, pictures: Path | None, state: State, language: str
) -> None:
    """The page is of this *state* and *language*, and leaves nobody out."""
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
        # Once in each mode and direction; the page of a desktop is that of 200 % zoom.
        if (width, language) in {(looks.AT_200_PERCENT, "en-US"), (looks.NARROWEST, "ar")}:
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


def in_language(address: str, language: str) -> str:
    """The *address* of the same page in another language."""
    path = address.partition("#")[0]
    return f"{path}{'&' if '?' in path else '?'}lang={language.partition('-')[0]}"


@pytest.mark.parametrize("name", LONG)
def test_other_languages_fit_a_narrow_screen(stacks: Stacks, browser: Watched, name: str) -> None:
    state = next(state for state in STATES if state.name == name)
    page = visit(stacks, browser, state).page
    looks.show(page, looks.NARROWEST)
    address = page.url

    found = {}
    for language in OTHERS:
        page.goto(in_language(address, language))
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

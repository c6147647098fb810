"""What a browser makes of the style sheet of a look, which ends that of the pages."""

from typing import Literal

import pytest
from playwright.sync_api import Browser

from domain.model.backdrop import DARK, LIGHT, Backdrop, on
from domain.model.brand import Brand, Mode
from domain.model.colour import Colour
from entrypoints.web.styles import page_sheet


PAGE = """
<style>{sheet}</style>
<main class="card"><a href="#">A link</a> <button class="primary">A button</button></main>
"""
COMPUTED = """() => {
  const told = (selector) => getComputedStyle(document.querySelector(selector));
  return {
    ground: told("body").backgroundColor,
    card: told(".card").backgroundColor,
    link: told("a").color,
    button: told(".primary").backgroundColor,
    text: told(".primary").color,
    radius: told(".primary").borderRadius,
    font: told("body").fontFamily,
    scheme: told(":root").colorScheme,
  };
}"""
PURPLE = Colour.parse("#7a1fa2")


@pytest.mark.parametrize("mode", [None, Mode.SYSTEM, Mode.LIGHT, Mode.DARK])
@pytest.mark.parametrize("device", ["light", "dark"])
def test_a_look_is_drawn_in_the_forced_mode_else_in_that_of_the_device(
    chromium: Browser, device: Literal["light", "dark"], mode: Mode | None
) -> None:
    look = Brand(accent=PURPLE, radius=3, font=("Some Font", "serif"), mode=mode)

    told = drawn(chromium, device, look)

    forced = mode in {Mode.LIGHT, Mode.DARK}
    dark = mode is Mode.DARK or (not forced and device == "dark")
    backdrop, accent = (DARK, look.accents[1]) if dark else (LIGHT, look.accents[0])
    assert accent is not None
    assert {
        "ground": rgb(backdrop.ground),
        "card": rgb(backdrop.card),
        "link": rgb(accent),
        "button": rgb(accent),
        "text": rgb(on(accent)),
        "radius": "3px",
        "font": '"Some Font", serif',
        "scheme": mode.value if mode and forced else "light dark",
    } == told


@pytest.mark.parametrize(("device", "backdrop"), [("light", LIGHT), ("dark", DARK)])
def test_without_a_look_the_pages_have_their_own(
    chromium: Browser, device: Literal["light", "dark"], backdrop: Backdrop
) -> None:
    told = drawn(chromium, device, Brand())

    expected = {"ground": backdrop.ground, "card": backdrop.card, "link": backdrop.accent}
    assert {name: rgb(colour) for name, colour in expected.items()} == {
        name: told[name] for name in expected
    }


def drawn(chromium: Browser, device: Literal["light", "dark"], look: Brand) -> dict[str, str]:
    """How a page of *look* is drawn on a *device* that prefers light or dark."""
    page = chromium.new_page(color_scheme=device)
    page.set_content(PAGE.format(sheet=page_sheet(look).text))
    told: dict[str, str] = page.evaluate(COMPUTED)
    page.close()
    return told


def rgb(colour: Colour) -> str:
    """*colour* as browsers tell it."""
    return f"rgb({colour.red}, {colour.green}, {colour.blue})"

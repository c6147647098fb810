"""
The gallery: a picture of each state in each look, and the page that shows them.

`python -m tests.browser.gallery` writes the page; the pictures are taken by `test_looks.py`.
"""

import io
import itertools
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops
from playwright.sync_api import Page

from tests.browser.looks import DESKTOP, PHONE, show
from tests.browser.states import STATES, State


SIZES: Final = {"phone": PHONE, "desktop": DESKTOP}
SCHEMES: Final = ("light", "dark")
LANGUAGES: Final = ("en-US", "ar")
FOLDER: Final = Path(__file__).parents[2] / "docs" / "picker"
COLOURS: Final = 128
HEAD: Final = """\
# The hosted pages, state by state

Every state that a merchant can find the pages in: on a phone and on a desktop, light and dark,
from left to right (English) and from right to left (Arabic).
`make screenshots` takes these pictures anew, through the real pages in a real browser.
How each state is reached is in [`tests/browser/states.py`](../../tests/browser/states.py),
why it is done so in [decision 23](../adr/0023-every-state-in-a-real-browser.md).
Names and references are made up; the bar on top is there because the simulator plays Codat.

"""


def names(state: State, language: str) -> Iterator[tuple[str, str, str]]:
    """File name, size and scheme of each picture of a *state* in one *language*."""
    for size in SIZES:
        for scheme in SCHEMES:
            yield f"{state.name}.{size}.{scheme}.{language}.png", size, scheme


def all_names() -> set[str]:
    """Every picture that there has to be."""
    return {name for s in STATES for language in LANGUAGES for name, *_ in names(s, language)}


def take(page: Page, folder: Path, state: State, language: str) -> None:
    """Take the pictures of *state* as *page* shows it; what looks the same stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size, scheme in names(state, language):
        show(page, SIZES[size], scheme)
        taken = page.screenshot(full_page=True, animations="disabled", caret="hide")
        keep(Image.open(io.BytesIO(taken)).convert("RGB"), folder / name)


def keep(picture: Image.Image, file: Path) -> bool:
    """Write *picture* unless it is there already; whether it was written."""
    few = _with_few_colours(picture)
    if _same(file, few):
        return False
    few.save(file, optimize=True)
    return True


def _with_few_colours(picture: Image.Image) -> Image.Image:
    """The picture in its own most frequent colours: grounds stay exactly what they are."""
    # One number a pixel, which is quicker by far than three.
    pixels = memoryview(picture.convert("RGBA").tobytes()).cast("I")
    counted = Counter(pixels)
    often = sorted(counted, key=lambda pixel: (-counted[pixel], pixel))[:COLOURS]
    palette = [pixel.to_bytes(4, sys.byteorder)[:3] for pixel in often]
    # Pillow's own search for the nearest colour is a rough one, and takes white for nearly white.
    nearest = {pixel: number for number, pixel in enumerate(often)}
    for pixel in counted.keys() - nearest.keys():
        colour = pixel.to_bytes(4, sys.byteorder)[:3]
        nearest[pixel] = min(range(len(palette)), key=lambda n: math.dist(colour, palette[n]))
    few = Image.frombytes("P", picture.size, bytes(map(nearest.__getitem__, pixels)))
    few.putpalette(list(itertools.chain.from_iterable(palette)))
    return few


def _same(file: Path, picture: Image.Image) -> bool:
    if not file.exists():
        return False
    with Image.open(file) as before:
        ours = picture.convert("RGB")
        return (
            before.size == ours.size
            and ImageChops.difference(before.convert("RGB"), ours).getbbox() is None
        )


def write_page(folder: Path) -> None:
    """Write the page of the gallery, and drop pictures that belong to no state any more."""
    wanted = all_names()
    for picture in folder.glob("*.png"):
        if picture.name not in wanted:
            picture.unlink()
    (folder / "README.md").write_text(page_text(), encoding="utf-8")


def page_text() -> str:
    """The page of the gallery."""
    lines = [
        *HEAD.splitlines(),
        "| State | Phone | Desktop |",
        "| --- | --- | --- |",
    ]
    for state in STATES:
        phone, desktop = (f"{state.name}.{size}.light.en-US.png" for size in SIZES)
        lines.append(
            f"| [{state.about}](#{state.name}) "
            f'| <img src="{phone}" width="120" alt="{state.about}, phone"> '
            f'| <img src="{desktop}" width="240" alt="{state.about}, desktop"> |'
        )
    for state in STATES:
        lines += ["", f"## {state.name}", "", f"{state.about}.", ""]
        for size in SIZES:
            shown = " ".join(
                f'<img src="{name}" width="{180 if size == "phone" else 380}" '
                f'alt="{state.about}, {size}, {scheme}, {language}">'
                for language in LANGUAGES
                for name, its_size, scheme in names(state, language)
                if its_size == size
            )
            lines += [shown, ""]
        lines.pop()
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write_page(FOLDER)

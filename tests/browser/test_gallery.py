"""The gallery of `docs/picker`: whole, without what no state needs, and small enough to keep."""

from pathlib import Path

from PIL import Image

from tests.browser import gallery
from tests.browser.states import STATES


LARGEST = 80_000
"""Bytes of one picture."""


def test_the_gallery_has_every_state_in_every_look_and_nothing_else() -> None:
    found = {file.name for file in gallery.FOLDER.iterdir()}

    assert gallery.all_names() | {"README.md"} == found


def test_the_page_of_the_gallery_is_the_one_that_its_command_writes() -> None:
    written = (gallery.FOLDER / "README.md").read_text(encoding="utf-8")

    assert gallery.page_text() == written


def test_pictures_are_small_and_have_the_size_of_their_look() -> None:
    large, wrong = [], []
    for name in sorted(gallery.all_names()):
        file = gallery.FOLDER / name
        with Image.open(file) as picture:
            if picture.size[0] != gallery.SIZES[name.split(".")[1]]:
                wrong.append(name)
        if file.stat().st_size > LARGEST:
            large.append(name)

    assert [] == large
    assert [] == wrong


def test_every_state_has_a_name_of_its_own() -> None:
    names = [state.name for state in STATES]

    assert len(names) == len(set(names))
    assert 8 * len(names) == len(gallery.all_names())


def test_a_picture_that_looks_the_same_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "some.png"
    grey, other = (Image.new("RGB", (4, 4), colour) for colour in ("#777", "#778"))

    written = [gallery.keep(picture, file) for picture in (grey, grey, other, other)]

    assert [True, False, True, False] == written

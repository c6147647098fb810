"""How the catalogues are brought up to date."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from entrypoints.locales import LOCALES, SOURCE
from entrypoints.web.languages.catalogues import file_of
from entrypoints.web.languages.extraction import HERE, TEMPLATE, gather, update


TEXT = "Coming soon"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the catalogues as they are."""
    for name in (TEMPLATE, *(file_of(tag) for tag in LOCALES if tag != SOURCE)):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    return tmp_path


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_second_time_changes_nothing(folder: Path) -> None:
    update(folder)
    first = contents(folder)

    update(folder)

    assert first == contents(folder)


def test_the_command_does_it_in_the_folder_that_it_is_given(folder: Path) -> None:
    update(folder)
    expected = contents(folder)
    (folder / TEMPLATE).unlink()

    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "entrypoints.web.languages", folder], check=True
    )

    assert expected == contents(folder)


def test_a_translation_is_kept(folder: Path) -> None:
    update(folder)
    change(folder / "nl.po", f'msgid "{TEXT}"\nmsgstr "', f'msgid "{TEXT}"\nmsgstr "KEPT ')

    update(folder)

    assert str(read(folder / "nl.po")[TEXT].string).startswith("KEPT ")


def test_the_translation_of_a_text_that_changed_a_little_is_in_doubt(folder: Path) -> None:
    update(folder)
    told = read(folder / "nl.po")[TEXT].string
    change(folder / "nl.po", f'msgid "{TEXT}"', f'msgid "{TEXT}!"')

    update(folder)

    message = read(folder / "nl.po")[TEXT]
    assert message.fuzzy
    assert told == message.string


def test_a_text_that_is_no_more_goes(folder: Path) -> None:
    update(folder)
    before = contents(folder)
    with (folder / "nl.po").open("a", encoding="utf-8") as file:
        file.write('\nmsgid "Utterly different words"\nmsgstr "Heel andere woorden"\n')

    update(folder)

    assert before == contents(folder)


def test_a_new_language_begins_with_every_text_and_no_translation(folder: Path) -> None:
    update(folder, ("pl",))

    catalogue = read(folder / "pl.po")
    assert {message.id for message in gather()} == {message.id for message in catalogue}
    assert [] == [message.id for message in catalogue if message.id and any(message.string or "")]
    assert "Polish" in (folder / "pl.po").read_text(encoding="utf-8")


def test_texts_are_gathered_from_templates_and_from_code() -> None:
    places = {name for message in gather() for name, _ in message.locations}

    assert {".html", ".py"} == {Path(name).suffix for name in places}
    assert all((HERE.parents[3] / name).is_file() for name in places)

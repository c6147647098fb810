"""Nothing is missing in any language, and nothing that is written can break a page."""

import re
import shutil
import subprocess
from collections import Counter

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from entrypoints.locales import LOCALES, SOURCE
from entrypoints.web.languages.catalogues import file_of, read_catalogue
from entrypoints.web.languages.extraction import HERE, TEMPLATE, compose, gather


TRANSLATED = [tag for tag in LOCALES if tag != SOURCE]
CATALOGUES = {tag: read_catalogue(tag) for tag in TRANSLATED}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[^%\s]|%%|%$|%\s")
TAG = re.compile(r"</?[a-z][^>]*>")
COUNTED = "num"

each = pytest.mark.parametrize("tag", TRANSLATED)


def strings(message: Message) -> tuple[str, ...]:
    """The translation of *message*, or all forms of it."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def written(tag: str) -> list[tuple[Message, str, str]]:
    """Each translation, with the text that it is of."""
    pairs = []
    for message in CATALOGUES[tag]:
        one, many = (message.id, "") if isinstance(message.id, str) else message.id
        for form, text in enumerate(strings(message)):
            if one and text:
                pairs.append((message, many if form else one, text))
    return pairs


def test_there_is_a_catalogue_for_every_language_but_the_source_and_no_other() -> None:
    expected = {TEMPLATE, *(file_of(tag) for tag in TRANSLATED)}

    assert expected == {path.name for path in HERE.iterdir() if path.suffix in {".po", ".pot"}}


def test_every_text_of_the_sources_is_in_the_catalogues() -> None:
    made = dict(compose(HERE, LOCALES))

    stale = [name for name, content in made.items() if content != (HERE / name).read_bytes()]
    assert [] == stale, "run `make translations`, and translate what is new"


def test_there_is_something_to_translate() -> None:
    texts = {message.id for message in gather()}

    assert {"Coming soon", "Something went wrong"} <= texts


@each
def test_no_text_is_missing(tag: str) -> None:
    with (HERE / TEMPLATE).open("rb") as file:
        wanted = {message.id for message in read_po(file)}
    there = {message.id for message in CATALOGUES[tag]}

    assert wanted == there
    assert [] == [message.id for message in CATALOGUES[tag] if not all(strings(message))]


@each
def test_no_text_is_in_doubt_or_obsolete(tag: str) -> None:
    catalogue = CATALOGUES[tag]

    assert [] == [message.id for message in catalogue if message.id and message.fuzzy]
    assert [] == list(catalogue.obsolete)
    assert not catalogue.fuzzy


@each
def test_every_form_of_a_number_is_there(tag: str) -> None:
    catalogue = CATALOGUES[tag]
    counted = [message for message in catalogue if message.pluralizable]

    forms = Catalog(locale=Locale.parse(tag, sep="-"))
    assert forms.plural_forms == catalogue.plural_forms
    assert {catalogue.num_plurals} >= {len(strings(message)) for message in counted}


def placeholders(text: str, *, counted: bool) -> Counter[str]:
    """The placeholders of *text*; that of the number need not be in every form of it."""
    found = Counter(PLACEHOLDER.findall(text))
    if counted:
        del found[f"%({COUNTED})s"]
    return found


@each
def test_what_is_put_into_a_text_is_put_into_its_translation(tag: str) -> None:
    wrong = [
        text
        for message, source, text in written(tag)
        if placeholders(source, counted=message.pluralizable)
        != placeholders(text, counted=message.pluralizable)
    ]

    assert [] == wrong


@each
def test_the_markup_of_a_translation_is_that_of_its_text(tag: str) -> None:
    wrong = [
        text
        for _, source, text in written(tag)
        if sorted(TAG.findall(source)) != sorted(TAG.findall(text))
        or set('<>"&') & set(TAG.sub("", text))
    ]

    assert [] == wrong, "texts also stand in attributes: write typographic quotation marks"


@each
def test_a_translation_begins_and_ends_as_its_text_does(tag: str) -> None:
    wrong = [
        text
        for _, source, text in written(tag)
        if text != text.strip() or source.endswith("…") != text.endswith("…")
    ]

    assert [] == wrong


@each
def test_translators_own_tools_take_the_file(tag: str) -> None:
    msgfmt = shutil.which("msgfmt")
    assert msgfmt, "gettext is missing: `make test` installs it"

    checked = subprocess.run(  # noqa: S603 - gettext's own tool
        [msgfmt, "--check", "--statistics", "--output-file=/dev/null", HERE / file_of(tag)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    )

    number = len([message for message in CATALOGUES[tag] if message.id])
    assert (0, f"{number} translated messages.\n") == (checked.returncode, checked.stderr)

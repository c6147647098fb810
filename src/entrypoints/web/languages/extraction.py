"""
Brings the catalogues up to date with what pages say; `make translations` runs it.

Texts are gathered from the sources into `messages.pot`, and from there into each catalogue:
translations are kept, those of texts that changed a little are marked as fuzzy.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from entrypoints.locales import LOCALES, SOURCE
from entrypoints.web.languages.catalogues import file_of
from entrypoints.web.languages.templates import EXTENSION, POLICIES


HERE: Final = Path(__file__).parent
PACKAGE: Final = HERE.parents[1]
TEMPLATE: Final = "messages.pot"

SOURCES: Final = (
    ("web/templates/**.html", "jinja2"),
    ("**.py", "python"),
)
"""Which files below `entrypoints` are looked through, and how."""

MARKS: Final = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
"""The functions whose first texts are taken, by the names under which the sources call them."""

TOLD: Final = "Translators:"
"""A comment that begins so, just before a text, is for whoever translates it."""

JINJA: Final = {
    "extensions": EXTENSION,
    "newstyle_gettext": "true",
    "silent": "false",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "trimmed": str(POLICIES["ext.i18n.trimmed"]).lower(),
}
"""As the pages' own environment reads them, so that the texts are the same to the letter."""


CHANGING: Final = rb'"(?:POT-Creation-Date|Report-Msgid-Bugs-To|Generated-By): .*\\n"\n'
"""Headers that say nothing, or something else each time."""


def gather() -> Catalog:
    """Everything that the sources say, without translations."""
    catalogue = Catalog(project="Tillbridge", version="pages", charset="utf-8", fuzzy=False)
    catalogue.header_comment = (
        "# The texts of Tillbridge's hosted pages; made by `make translations`."
    )
    found = extract_from_dir(
        PACKAGE,
        method_map=SOURCES,
        options_map={"web/templates/**.html": JINJA},
        keywords=MARKS,
        comment_tags=(TOLD,),
        strip_comment_tags=True,
    )
    for name, line, message, comments, _ in found:
        place = [(f"src/entrypoints/{name}", line)]
        catalogue.add(message, None, place, auto_comments=comments)
    return catalogue


def update(folder: Path = HERE, locales: Iterable[str] = LOCALES) -> None:
    """Write the texts and every catalogue into *folder*."""
    for name, catalogue in compose(folder, locales):
        (folder / name).write_bytes(catalogue)


def compose(folder: Path, locales: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each file, with the translations that are in *folder*."""
    template = gather()
    yield TEMPLATE, _written(template)
    for tag in locales:
        if tag != SOURCE:
            catalogue = _catalogue(folder / file_of(tag), tag)
            catalogue.update(template)
            yield file_of(tag), _written(catalogue)


def _catalogue(file: Path, tag: str) -> Catalog:
    locale = tag.replace("-", "_")
    if file.exists():
        with file.open("rb") as written:
            return read_po(written, locale=locale, abort_invalid=True)
    name = Locale.parse(locale).english_name
    new = Catalog(
        locale=locale,
        project="Tillbridge",
        version="pages",
        language_team=name,
        charset="utf-8",
        fuzzy=False,
    )
    new.header_comment = f"# Tillbridge's hosted pages in {name}."
    return new


def _written(catalogue: Catalog) -> bytes:
    """
    The file of a *catalogue*, which is the same whenever its texts are.

    So without the day on which it was made, and by what, and the lines on which the texts stand.
    Also without texts that are no more: what was written for them is in the file's history.
    """
    file = BytesIO()
    write_po(
        file, catalogue, width=99, sort_by_file=True, include_lineno=False, ignore_obsolete=True
    )
    return re.sub(CHANGING, b"", file.getvalue())

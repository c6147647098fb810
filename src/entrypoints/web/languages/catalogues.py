"""The catalogues: gettext PO files beside this one, read once at the start."""

import functools
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from entrypoints.locales import SOURCE


FOLDER: Final = files("entrypoints.web.languages")


def file_of(tag: str) -> str:
    """The name of the file with the texts in the language of *tag*, as gettext names them."""
    return f"{tag.replace('-', '_')}.po"


def read_catalogue(tag: str) -> Catalog:
    """What translators wrote for the language of *tag*."""
    with (FOLDER / file_of(tag)).open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"), abort_invalid=True)


@functools.cache
def texts_of(tag: str) -> NullTranslations:
    """
    The texts in the language of *tag*; those of the source are what the code says.

    They are read once: they do not change while the process runs.
    """
    if tag == SOURCE:
        return NullTranslations()
    # Compiled in memory: so it needs no step between an edit and the page.
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(tag))
    compiled.seek(0)
    return GNUTranslations(compiled)

"""The languages of the hosted pages, by their tags (BCP 47)."""

from collections.abc import Iterable
from typing import Final


SOURCE: Final = "en-US"
"""The language that the pages are written in; the others are translated from it."""

LOCALES: Final = (SOURCE, "fr-FR", "de", "es", "nl", "ar")
"""Each but the source has a catalogue in `entrypoints/web/languages/`."""


def match(wanted: str, locales: Iterable[str] = LOCALES) -> str | None:
    """
    The one of *locales* that serves somebody who wants *wanted*; none if there is none.

    The same tag, else the same language: `fr-CA` is served by `fr-FR`, `de-AT` by `de`.
    Any text may be given; case does not count, nor whether the parts are joined by `_` or `-`.
    """
    tag = wanted.replace("_", "-").lower()
    alike = [locale for locale in locales if _language(locale.lower()) == _language(tag)]
    same = [locale for locale in alike if locale.lower() == tag]
    return next(iter(same or alike), None)


def _language(tag: str) -> str:
    return tag.partition("-")[0]

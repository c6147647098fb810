"""The words that somebody gets to see or to hear on a page."""

import re
from html.parser import HTMLParser

from tests.entrypoints.web.languages.pseudo import CLOSE, OPEN
from tests.entrypoints.web.page import VOID


SPOKEN = frozenset(
    {"alt", "aria-label", "aria-description", "placeholder", "title", "data-text"}
    | {"data-busy", "data-done"}
)
"""Attributes whose values are read out, or shown by the page's script."""

UNREAD = frozenset({"script", "style", "code", "kbd"})
WORD = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """
    What a page says: *language* and *direction* of the whole, and all of its *words*.

    *foreign* are those that are not between the marks of the pseudo-language.
    Text in another language that says so (the menu of languages) is left out.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = self.direction = ""
        self.words: list[str] = []
        self.foreign: list[str] = []
        self._depth = 0
        self._open: list[bool] = []
        self.feed(html)
        self.close()
        assert 0 == self._depth

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language, self.direction = given["lang"], given["dir"]
        silent = (
            tag in UNREAD
            or given.get("aria-hidden") == "true"
            or (tag != "html" and "lang" in given)
        )
        if tag not in VOID:
            self._open.append(silent)
        for name, value in given.items():
            if name in SPOKEN and not silent:
                self._hear(value, 0)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self._depth = self._hear(data, self._depth)

    def _hear(self, text: str, depth: int) -> int:
        for part in re.split(f"([{OPEN}{CLOSE}])", text):
            if part in {OPEN, CLOSE}:
                depth += 1 if part == OPEN else -1
            else:
                found = WORD.findall(part)
                self.words += found
                self.foreign += [] if depth else found
        return depth

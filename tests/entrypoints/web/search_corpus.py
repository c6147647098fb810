"""What a search finds by what: the server and both scripts are held to the same."""

import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs


AT_ONCE: Final = 512


@attrs.frozen
class Row:
    """Whether *sought* finds what is called *name*."""

    name: str
    sought: str
    found: bool


CORPUS: Final = [
    Row(**row)
    for row in json.loads(
        Path(__file__).with_name("search_corpus.json").read_text(encoding="utf-8")
    )
]


def all_characters() -> Iterator[str]:
    """Every character that this Python knows, in texts of many, each with letters around it."""
    known = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in {"Cn", "Co", "Cs"}
    ]
    for start in range(0, len(known), AT_ONCE):
        yield "".join(f"q{character}q" for character in known[start : start + AT_ONCE])

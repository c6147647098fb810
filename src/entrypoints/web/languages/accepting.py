"""What a browser says of the languages that its user reads (RFC 9110 §12.5.4)."""

import re
from typing import Final

import attrs


MOST: Final = 50
"""Browsers name a handful of languages; what comes after that many is not looked at."""

RANGE: Final = re.compile(
    r"[ \t]*(?P<range>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})"
    r"[ \t]*(?:;[ \t]*[qQ]=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
"""One element of the list: a language range (RFC 4647 §2.1), perhaps with a weight."""


@attrs.frozen
class Wishes:
    """*wanted* are language ranges, the most wanted first; *unwanted* those refused."""

    wanted: tuple[str, ...]
    unwanted: frozenset[str]

    def refuse(self, tag: str) -> bool:
        """Whether the language of *tag* is refused: itself, or a range that it falls into."""
        parts = tag.lower().split("-")
        return any("-".join(parts[:n]) in self.unwanted for n in range(1, len(parts) + 1))


def parse(accept_language: str) -> Wishes:
    """Read the header *accept_language*; what is not in its form is passed over."""
    weighed: list[tuple[float, str]] = []
    for element in accept_language.split(",", MOST)[:MOST]:
        found = RANGE.fullmatch(element)
        if found:
            weighed.append((float(found["quality"] or 1), found["range"].lower()))
    # Sorting is stable: those of one weight stay in the order in which they were sent.
    wanted = sorted((pair for pair in weighed if pair[0]), key=lambda pair: -pair[0])
    return Wishes(
        wanted=tuple(name for _, name in wanted),
        unwanted=frozenset(name for weight, name in weighed if not weight),
    )

"""
Looking for URLs in what was left behind: every byte, in every form that text takes by accident.

The canary of a URL is a UUID. It is looked for as text (which is how it stands in a URL, whether
percent-encoded or not, in JSON or in Python's), in two bytes a letter, without its hyphens, as
hexadecimal digits of the text, and in what base64 hides, at each of its alignments.
"""

import base64
import binascii
import functools
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

import attrs


TEXT: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DIGITS: Final = re.compile(rb"[0-9a-fA-F]{32,}")
ALPHABET: Final = re.compile(rb"[A-Za-z0-9+/_-]{48,}")
"""48 characters are 36 bytes, which is a canary; letters of both of the alphabets of base64."""

CODE: Final = re.compile(rb"otp(?:=|%3[dD]|%253[dD])[0-9]{4,}")
"""The single-use code where no canary is beside it."""

HEX: Final = 32
NOTHING: Final = bytes(2)
LONG_NOTHING: Final = bytes(512)


@attrs.frozen(kw_only=True)
class Searched:
    """What was looked at: *found* names the files that hold a URL, and says in which form."""

    found: tuple[str, ...]
    size: int
    files: tuple[str, ...]


def search(folder: Path, canaries: Collection[str], *, since: float = 0.0) -> Searched:
    """Look for each of *canaries* in every file below *folder* that was written *since* then."""
    return together(
        *(
            search_content(str(path.relative_to(folder)), path.read_bytes(), canaries)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_mtime >= since
        )
    )


def search_content(name: str, content: bytes, canaries: Collection[str]) -> Searched:
    """Look for each of *canaries* in what is called *name*."""
    # Where there is nothing for long, nothing is to be found; servers' files are full of that.
    dense = content.replace(LONG_NOTHING, NOTHING)
    forms = sorted(set(forms_in(dense, _wanted(frozenset(canaries)))))
    found = tuple(f"{name}: {form}" for form in forms)
    return Searched(found=found, size=len(content), files=(name,))


def together(*searched: Searched) -> Searched:
    """What was looked at, at one place or another."""
    return Searched(
        found=tuple(found for each in searched for found in each.found),
        size=sum(each.size for each in searched),
        files=tuple(name for each in searched for name in each.files),
    )


@functools.lru_cache(maxsize=1)
def _wanted(canaries: frozenset[str]) -> frozenset[bytes]:
    return frozenset(canary.lower().encode() for canary in canaries)


@functools.lru_cache(maxsize=1)
def _bare(wanted: frozenset[bytes]) -> frozenset[bytes]:
    return frozenset(canary.replace(b"-", b"") for canary in wanted)


def forms_in(content: bytes, wanted: frozenset[bytes]) -> Iterator[str]:
    """
    Each form in which one of the *wanted* canaries, or any code, is in *content*.

    *wanted* are in lower case.
    """
    if CODE.search(content):
        yield "a code"
    if _has_text(content, wanted):
        yield "text"
    if b"%" in content and _has_text(unquote_to_bytes(content), wanted):
        yield "percent-encoded"
    if _has_text(content.replace(b"\0", b""), wanted):
        yield "two bytes a letter"
    bare = _bare(wanted)
    for run in DIGITS.findall(content):
        lower = run.lower()
        if any(lower[at : at + HEX] in bare for at in range(len(lower) - HEX + 1)):
            yield "hexadecimal"
        if any(_has_text(_from_hex(lower[shift:]), wanted) for shift in (0, 1)):
            yield "hexadecimal of text"
    for run in ALPHABET.findall(content):
        if any(_has_text(_from_base64(run[shift:]), wanted) for shift in range(4)):
            yield "base64"


def _has_text(content: bytes, wanted: Collection[bytes]) -> bool:
    return any(found.lower() in wanted for found in TEXT.findall(content))


def _from_hex(run: bytes) -> bytes:
    return binascii.unhexlify(run[: len(run) // 2 * 2])


def _from_base64(run: bytes) -> bytes:
    whole = run[: len(run) // 4 * 4].translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(whole)

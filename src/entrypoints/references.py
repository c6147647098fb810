"""The short code by which a merchant's trouble is found in the logs."""

import secrets
from collections import deque
from typing import Final


LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another when read out."""

_LETTER_OF: Final = (LETTERS * 8).encode()
"""By byte; 256 is a multiple of 32, so that no letter comes up more often than another."""

_DRAWN_AT_ONCE: Final = 64
"""The operating system is asked for chance that seldom: it takes as long as all the rest."""

_AHEAD: Final = deque[str]()


def new_reference() -> str:
    """Eight random characters in two groups, for example `7K2M-Q9XD`."""
    try:
        return _AHEAD.pop()
    except IndexError:
        letters = secrets.token_bytes(8 * _DRAWN_AT_ONCE).translate(_LETTER_OF).decode()
        codes = (letters[at : at + 8] for at in range(0, len(letters), 8))
        _AHEAD.extend(f"{code[:4]}-{code[4:]}" for code in codes)
        return _AHEAD.pop()

"""The short code by which a merchant's trouble is found in the logs."""

import secrets
from typing import Final


LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another when read out."""

_LETTER_OF: Final = (LETTERS * 8).encode()
"""By byte; 256 is a multiple of 32, so that no letter comes up more often than another."""


def new_reference() -> str:
    """Eight random characters in two groups, for example `7K2M-Q9XD`."""
    code = secrets.token_bytes(8).translate(_LETTER_OF).decode()
    return f"{code[:4]}-{code[4:]}"

"""The short code by which a merchant's trouble is found in the logs."""

import secrets
from typing import Final


LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another when read out."""


def new_reference() -> str:
    """Eight random characters in two groups, for example `7K2M-Q9XD`."""
    drawn = secrets.token_bytes(8)
    code = "".join(LETTERS[byte & 31] for byte in drawn)
    return f"{code[:4]}-{code[4:]}"

"""Language tags."""

import re

from domain.errors import InputRefused


LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def parse_locale(text: object, field: str = "locale") -> str | None:
    """
    Read a language tag (RFC 5646), well formed if not necessarily known; `None` means none.

    Raises:
        InputRefused: it is not a language tag.
    """
    if text is None:
        return None
    if isinstance(text, str) and LANGUAGE_TAG.fullmatch(text):
        return text.replace("_", "-")
    raise InputRefused(field, "is not a language tag", "It looks like en-US or fr.")

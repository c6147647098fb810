"""The platform's customer."""

import re

import attrs

from domain.errors import InputRefused
from domain.ids import MerchantIdentifier


MERCHANT_IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,128}")
LONGEST_NAME = 200
JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Zero-width (non-)joiners: Persian, Hindi and some emoji cannot be written without them."""


@attrs.frozen(kw_only=True)
class Merchant:
    """A merchant by its opaque *identifier*; *name* is only ever shown, never a key."""

    identifier: MerchantIdentifier
    name: str | None = None


def parse_merchant_identifier(
    text: object, field: str = "merchantIdentifier"
) -> MerchantIdentifier:
    """
    Read a merchant identifier; it is compared byte by byte and never normalised.

    Raises:
        InputRefused: it is anything but 1 to 128 of the allowed characters.
    """
    if isinstance(text, str) and MERCHANT_IDENTIFIER.fullmatch(text):
        return MerchantIdentifier(text)
    remedy = "It has 1 to 128 of these characters: letters A-Z a-z, digits, and . _ : -"
    raise InputRefused(field, "is not a merchant identifier", remedy)


def parse_merchant_name(text: object, field: str = "merchantName") -> str | None:
    """
    Read a name to show: at most 200 characters that are printable or join such; blank means none.

    Raises:
        InputRefused: it is something else.
    """
    if text is None:
        return None
    if isinstance(text, str):
        name = text.strip()
        seen = name.translate(JOINERS)
        if len(name) <= LONGEST_NAME and seen.isprintable():
            return name if seen.strip() else None
    raise InputRefused(field, "cannot be shown", "It has at most 200 printable characters.")

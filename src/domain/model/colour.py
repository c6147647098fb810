"""
Colours, and how well one can be told from another.

Luminance and contrast are those of WCAG 2.2 ("relative luminance", "contrast ratio").
"""

import re
from typing import Final

import attrs

from domain.errors import InputRefused


BRIGHTEST: Final = 255
"""A channel at its highest."""

HEX: Final = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


def _channel() -> int:
    return attrs.field(validator=[attrs.validators.ge(0), attrs.validators.le(BRIGHTEST)])


@attrs.frozen
class Colour:
    """An opaque colour of sRGB; each channel is a whole number from 0 to 255."""

    red: int = _channel()
    green: int = _channel()
    blue: int = _channel()

    @classmethod
    def parse(cls, text: object, field: str = "color") -> "Colour":
        """
        Read `#rrggbb` or `#rgb`, in either case.

        Raises:
            InputRefused: it is anything else, the name of a colour included.
        """
        if not isinstance(text, str) or not HEX.fullmatch(text):
            remedy = "It looks like #0b5cad: a number sign and three or six hexadecimal digits."
            raise InputRefused(field, "is not a colour", remedy)
        digits = text[1:] if len(text) > 4 else "".join(2 * digit for digit in text[1:])  # noqa: PLR2004  # the short form is CSS's own
        red, green, blue = bytes.fromhex(digits)
        return cls(red, green, blue)

    @property
    def luminance(self) -> float:
        """How light it is, from 0 for black to 1 for white."""
        return (
            0.2126 * _linear(self.red) + 0.7152 * _linear(self.green) + 0.0722 * _linear(self.blue)
        )

    def contrast(self, other: "Colour") -> float:
        """The contrast ratio of the two: from 1, where they are the same, to 21."""
        darker, lighter = sorted((self.luminance, other.luminance))
        return (lighter + 0.05) / (darker + 0.05)

    def mixed(self, other: "Colour", parts: int) -> "Colour":
        """This colour with *parts* of 255 of *other* in it, channel by channel."""
        pairs = zip(attrs.astuple(self), attrs.astuple(other), strict=True)
        return Colour(
            *(ours + round((theirs - ours) * parts / BRIGHTEST) for ours, theirs in pairs)
        )

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK: Final = Colour(0, 0, 0)
WHITE: Final = Colour(BRIGHTEST, BRIGHTEST, BRIGHTEST)


def _linear(channel: int) -> float:
    """The light of one channel, without the gamma of sRGB (IEC 61966-2-1)."""
    share = channel / BRIGHTEST
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # the standard's own number

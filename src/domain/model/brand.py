"""How the platform wants the hosted pages to look."""

import enum
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

import attrs

from domain.errors import InputRefused
from domain.ids import LogoName
from domain.model.backdrop import DARK, LIGHT
from domain.model.colour import Colour
from domain.model.merchant import parse_merchant_name


T = TypeVar("T")
LARGEST_RADIUS: Final = 24
"""In CSS pixels; rounder corners would cut into what is in them."""

MOST_FAMILIES: Final = 8
LOGO_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
FONT_FAMILY: Final = re.compile(r"-?[A-Za-z0-9](?:[A-Za-z0-9 ._+-]{0,48}[A-Za-z0-9])?")
"""No quote, backslash, comma, semicolon or bracket: between quotes it stands for itself in CSS."""


class Mode(enum.Enum):
    """Whether pages are light or dark; `system` leaves it to the merchant's device."""

    LIGHT = "light"
    DARK = "dark"
    SYSTEM = "system"


@attrs.frozen(kw_only=True)
class Brand:
    """
    How pages look; each part may be missing.

    *logo* and *logo_dark* name registered logos; *accent* and *accent_dark* can be read in their
    modes; *radius* is in CSS pixels; *font* names families, the best first.
    """

    name: str | None = None
    logo: LogoName | None = None
    logo_dark: LogoName | None = None
    accent: Colour | None = None
    accent_dark: Colour | None = None
    radius: int | None = None
    font: tuple[str, ...] | None = None
    mode: Mode | None = None

    def over(self, other: "Brand") -> "Brand":
        """
        This brand, and *other* wherever this one says nothing.

        What is made for the dark goes with what it was made from: to a new accent, or a new
        logo, the other brand's dark one does not belong.
        """
        return Brand(
            name=_first(self.name, other.name),
            logo=_first(self.logo, other.logo),
            logo_dark=_first(self.logo_dark, None if self.logo else other.logo_dark),
            accent=_first(self.accent, other.accent),
            accent_dark=_first(self.accent_dark, None if self.accent else other.accent_dark),
            radius=_first(self.radius, other.radius),
            font=_first(self.font, other.font),
            mode=_first(self.mode, other.mode),
        )

    @property
    def look(self) -> "Brand":
        """What of it a style sheet says: neither name nor logos."""
        return attrs.evolve(self, name=None, logo=None, logo_dark=None)

    @property
    def accents(self) -> tuple[Colour | None, Colour | None]:
        """
        The accents for light and for dark.

        A dark one that is not given is the other, lightened until it can be read.
        """
        dark = self.accent_dark
        if dark is None and self.accent is not None:
            dark = DARK.readable(self.accent)
        return self.accent, dark

    def fields(self) -> dict[str, object]:
        """What is given, as `parse_brand` reads it: for JSON, without anything that is missing."""
        given = {
            "name": self.name,
            "logo": self.logo,
            "logoDark": self.logo_dark,
            "accentColor": self.accent and str(self.accent),
            "accentColorDark": self.accent_dark and str(self.accent_dark),
            "radius": self.radius,
            "font": self.font and list(self.font),
            "mode": self.mode and self.mode.value,
        }
        return {field: value for field, value in given.items() if value is not None}


def parse_brand(
    given: object, field: str = "brand", *, logos: Collection[str] | None = None
) -> Brand:
    """
    Read a brand: an object with any of the fields that `Brand.fields` gives; `None` is missing.

    *logos* are the names that are registered; without them any name will do, as for a brand that
    was accepted before.

    Raises:
        InputRefused: it is none; `brand.accentColor`, for example, is named.
    """
    if given is None:
        return Brand()
    if not isinstance(given, Mapping) or not given.keys() <= PARSERS.keys():
        remedy = f"It is an object with any of these fields: {', '.join(PARSERS)}."
        raise InputRefused(field, "is not a brand", remedy)
    parts: dict[str, Any] = {
        attribute: parse(given[name], f"{field}.{name}")
        for name, (attribute, parse) in PARSERS.items()
        if given.get(name) is not None
    }
    brand = Brand(**parts)
    for name, logo in (("logo", brand.logo), ("logoDark", brand.logo_dark)):
        if logo is not None and logos is not None and logo not in logos:
            names = ", ".join(sorted(logos)) or "none"
            remedy = f"Name one of the registered logos: {names}."
            raise InputRefused(f"{field}.{name}", "is not a registered logo", remedy)
    return brand


def parse_logo_name(text: object, field: str = "logo") -> LogoName:
    """
    Read the name of a logo; whether one is registered by it is another question.

    Raises:
        InputRefused: it is no such name.
    """
    if isinstance(text, str) and LOGO_NAME.fullmatch(text):
        return LogoName(text)
    remedy = "It has up to 32 lower-case letters, digits, hyphens and underscores."
    raise InputRefused(field, "is not the name of a logo", remedy)


def parse_accent(text: object, field: str = "accentColor") -> Colour:
    """
    Read the accent colour of the light mode.

    Raises:
        InputRefused: it is no colour, or cannot be read on light grounds.
    """
    return LIGHT.expect_readable(Colour.parse(text, field), field)


def parse_accent_dark(text: object, field: str = "accentColorDark") -> Colour:
    """
    Read the accent colour of the dark mode.

    Raises:
        InputRefused: it is no colour, or cannot be read on dark grounds.
    """
    return DARK.expect_readable(Colour.parse(text, field), field)


def parse_radius(given: object, field: str = "radius") -> int:
    """
    Read how round corners are, in CSS pixels.

    Raises:
        InputRefused: it is no whole number from 0 to 24.
    """
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= LARGEST_RADIUS:
        return given
    remedy = f"It is a whole number of pixels from 0 to {LARGEST_RADIUS}."
    raise InputRefused(field, "is not a radius", remedy)


def parse_font(given: object, field: str = "font") -> tuple[str, ...]:
    """
    Read the names of font families that may be on the merchant's device, the best first.

    Raises:
        InputRefused: it is no list of such names, or too long a one.
    """
    if isinstance(given, list) and 0 < len(given) <= MOST_FAMILIES:
        families = tuple(name for name in given if _is_font_family(name))
        if len(families) == len(given):
            return families
    remedy = (
        f'It is a list of 1 to {MOST_FAMILIES} names, for example ["Inter", "sans-serif"], each '
        "of at most 50 letters A-Z a-z, digits, spaces and . _ + -"
    )
    raise InputRefused(field, "is not a list of font families", remedy)


def parse_mode(text: object, field: str = "mode") -> Mode:
    """
    Read whether pages are light or dark.

    Raises:
        InputRefused: it is none of the three words.
    """
    try:
        return Mode(text)
    except ValueError:
        raise InputRefused(field, "is not a mode", "It is light, dark or system.") from None


PARSERS: Final = {
    "name": ("name", parse_merchant_name),
    "logo": ("logo", parse_logo_name),
    "logoDark": ("logo_dark", parse_logo_name),
    "accentColor": ("accent", parse_accent),
    "accentColorDark": ("accent_dark", parse_accent_dark),
    "radius": ("radius", parse_radius),
    "font": ("font", parse_font),
    "mode": ("mode", parse_mode),
}
"""The fields of a brand outside: which part of it each is, and who reads it."""


def _first(ours: T | None, theirs: T | None) -> T | None:
    return theirs if ours is None else ours


def _is_font_family(name: object) -> bool:
    return isinstance(name, str) and FONT_FAMILY.fullmatch(name) is not None

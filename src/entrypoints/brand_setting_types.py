"""How the text of the brand's settings becomes values; see `setting_types`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from domain.errors import InputRefused
from domain.ids import LogoName
from domain.model.backdrop import DARK, LIGHT, Backdrop
from domain.model.brand import LOGO_NAME, Mode, parse_font, parse_mode, parse_radius
from domain.model.colour import Colour
from domain.model.merchant import parse_merchant_name
from domain.model.picture import MediaType, Picture, parse_picture
from domain.model.web_places import AUTHORITY
from entrypoints.setting_types import address_with_query


LARGEST_LOGO: Final = 64 * 1024
"""Bytes; the page is to be light even where the network is not."""

SHORTEST_SIDE: Final = 16
"""Pixels: what is smaller was meant as something else."""

LOGO: Final = LogoName("logo")
LOGO_DARK: Final = LogoName("logo-dark")
"""The names under which the settings' own two logos are registered."""

_LOGO_TYPES: Final = {MediaType.PNG, MediaType.JPEG, MediaType.WEBP}
_SVG: Final = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_MAILTO: Final = re.compile(
    rf"mailto:[A-Za-z0-9._%+-]+@{AUTHORITY}(?:\?[A-Za-z0-9._~%&=+-]*)?", re.ASCII
)


def brand_name(given: str) -> str | None:
    """The name of the platform's product; nothing where there is nothing to see of it."""
    try:
        return parse_merchant_name(given)
    except InputRefused:
        raise ValueError("a line of at most 200 printable characters") from None


def logo(given: str) -> Picture:
    """A logo, by the path of its file, which is read now."""
    wanted = f"the path of a PNG, JPEG or WebP file of at most {LARGEST_LOGO // 1024} kB"
    path = Path(given)
    try:
        # Reading a pipe would wait for somebody to write to it, and a device might never end.
        if not path.is_file():
            raise ValueError(f"{wanted}; there is no such file")
        with path.open("rb") as file:
            content = file.read(LARGEST_LOGO + 1)
    except OSError:
        raise ValueError(f"{wanted}; this one cannot be read") from None
    try:
        picture = parse_picture(content, largest=LARGEST_LOGO)
    except ValueError as error:
        if _SVG.search(content):
            raise ValueError(f"{wanted}; this is SVG, which may hold script") from None
        raise ValueError(f"{wanted}; as to this one, {error}") from None
    if picture.media_type not in _LOGO_TYPES:
        raise ValueError(f"{wanted}; this is {picture.media_type.name}")
    if min(picture.width, picture.height) < SHORTEST_SIDE:
        raise ValueError(f"{wanted}, with sides of at least {SHORTEST_SIDE} pixels")
    return picture


def logos(given: str) -> Mapping[LogoName, Picture]:
    """More logos, as name=path pairs."""
    found: dict[LogoName, Picture] = {}
    for pair in re.split(r"[,\s]+", given):
        if not pair:
            continue
        name, _, path = pair.partition("=")
        if not LOGO_NAME.fullmatch(name) or name in {LOGO, LOGO_DARK, *found}:
            raise ValueError(
                "pairs such as acme=/etc/tillbridge/acme.png, each named once, in lower case, "
                f"and none of them {LOGO} or {LOGO_DARK}"
            )
        found[LogoName(name)] = logo(path)
    return found


def accent_color(given: str) -> Colour:
    """The accent of the light mode."""
    return _accent(given, LIGHT)


def accent_color_dark(given: str) -> Colour:
    """The accent of the dark mode."""
    return _accent(given, DARK)


def radius(given: str) -> int:
    """How round corners are, in pixels."""
    try:
        return parse_radius(int(given) if re.fullmatch(r"[0-9]{1,3}", given) else None)
    except InputRefused:
        raise ValueError("a whole number of pixels from 0 to 24") from None


def font(given: str) -> tuple[str, ...]:
    """Font families, separated by commas, with or without quotes."""
    families = [re.sub(r"""^(["'])(.*)\1$""", r"\2", part.strip()) for part in given.split(",")]
    try:
        return parse_font(families)
    except InputRefused:
        raise ValueError(
            "up to 8 names of fonts, separated by commas, of letters A-Z a-z, digits, spaces "
            "and . _ + -, for example Inter, system-ui"
        ) from None


def color_mode(given: str) -> Mode:
    """Whether pages are light or dark."""
    try:
        return parse_mode(given.lower())
    except InputRefused:
        raise ValueError("light, dark or system") from None


def help_url(given: str) -> str:
    """Where a merchant finds help: a page, or an address to write to."""
    if _MAILTO.fullmatch(given):
        return given
    try:
        return address_with_query(given)
    except ValueError:
        raise ValueError(
            "an https:// address, or one such as mailto:support@example.com"
        ) from None


def _accent(given: str, backdrop: Backdrop) -> Colour:
    try:
        colour = Colour.parse(given)
    except InputRefused:
        raise ValueError("a colour such as #0b5cad") from None
    worst = backdrop.worst(colour)
    if worst is not None:
        raise ValueError(
            f"a colour that can be read, such as {backdrop.readable(colour)}: {worst}"
        )
    return colour

"""
A brand on the page: what its look has in the style sheet, its logos, and its short text form.

All that the style sheet of a look holds is values of the custom properties of `tillbridge.css`.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from domain.errors import InputRefused
from domain.ids import LogoName
from domain.model.backdrop import on
from domain.model.brand import Brand, Mode, parse_brand
from domain.model.picture import Picture
from entrypoints.web.conditional import short_tag_of


LONGEST_TEXT: Final = 2500
"""Characters of a brand's text; the longest that can be is shorter, and so a cookie holds it."""

WIDEST_LOGO: Final = 240
HIGHEST_LOGO: Final = 48
"""The room that a logo may take, in CSS pixels; larger ones are scaled down, smaller ones stay."""

GENERIC_FAMILIES: Final = frozenset(
    {
        "serif",
        "sans-serif",
        "monospace",
        "cursive",
        "fantasy",
        "system-ui",
        "ui-serif",
        "ui-sans-serif",
        "ui-monospace",
        "ui-rounded",
        "math",
        "-apple-system",
    }
)
"""These are no names but keywords (CSS Fonts 4 §2.1.3; the last is Safari's), so never quoted."""

OF_A_MODE: Final = (
    "ground",
    "card",
    "ink",
    "soft",
    "line",
    "accent",
    "on-accent",
    "focus",
    "done",
    "warn",
    "on-warn",
)
"""The properties of which `tillbridge.css` has a `--light-` and a `--dark-` one."""


def encode_brand(brand: Brand) -> str:
    """*brand* as text of letters, digits, hyphens and underscores: for cookies."""
    text = json.dumps(brand.fields(), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_brand(text: str) -> Brand | None:
    """
    Read what `encode_brand` wrote; `None` where it did not, or would not today.

    Each brand has one text, so that two cookies of the same look are the same.
    """
    if len(text) > LONGEST_TEXT:
        return None
    try:
        written = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", b"-_", validate=True)
        brand = parse_brand(json.loads(written))
    except (ValueError, RecursionError, InputRefused):
        return None
    return brand if encode_brand(brand) == text else None


def brand_sheet(brand: Brand) -> str:
    """The look of *brand* as CSS, to stand after `tillbridge.css`; often empty."""
    values = [*_accents(brand), *_shapes(brand), *_forced(brand.mode)]
    if not values:
        return ""
    return "".join([":root {\n", *(f"  {name}: {value};\n" for name, value in values), "}\n"])


def brand_values(brand: Brand) -> dict[str, str]:
    """The accents, the radius and the font of *brand*: what the component has properties for."""
    accents = zip(("--light-accent", "--dark-accent"), brand.accents, strict=True)
    told = {name: str(accent) for name, accent in accents if accent is not None}
    return {**told, **dict(_shapes(brand))}


@attrs.frozen(kw_only=True)
class ShownLogo:
    """A logo on the page: its address, and the room it takes, in CSS pixels."""

    address: str
    width: int
    height: int


@attrs.frozen
class BrandLogos:
    """The registered logos, as pages show them; *base* is the base path."""

    files: Mapping[LogoName, Picture]
    base: str = ""

    def shown(self, brand: Brand) -> tuple[ShownLogo | None, ShownLogo | None]:
        """
        The logo of *brand* on light pages, and that on dark ones; the same if it has but one.

        A logo that is registered no longer counts as none.
        """
        light = self._find(brand.logo)
        return light, self._find(brand.logo_dark) or light

    def _find(self, name: LogoName | None) -> ShownLogo | None:
        picture = self.files.get(name) if name else None
        if picture is None:
            return None
        scale = min(1.0, WIDEST_LOGO / picture.width, HIGHEST_LOGO / picture.height)
        return ShownLogo(
            address=f"{self.base}/brand/logos/{name}?v={short_tag_of(picture.content)}",
            width=max(1, round(picture.width * scale)),
            height=max(1, round(picture.height * scale)),
        )


def font_stack(families: tuple[str, ...]) -> str:
    """*families* as the value of `font-family`, with a generic one at the end."""
    names = [
        name.lower() if name.lower() in GENERIC_FAMILIES else f'"{name}"' for name in families
    ]
    if names[-1].startswith('"'):
        names.append("sans-serif")
    return ", ".join(names)


def _accents(brand: Brand) -> Iterator[tuple[str, str]]:
    for mode, accent in zip(("light", "dark"), brand.accents, strict=True):
        if accent is not None:
            yield f"--{mode}-accent", str(accent)
            yield f"--{mode}-on-accent", str(on(accent))
            yield f"--{mode}-focus", str(accent)


def _shapes(brand: Brand) -> Iterator[tuple[str, str]]:
    if brand.radius is not None:
        yield "--radius", f"{brand.radius}px"
    if brand.font is not None:
        yield "--font", font_stack(brand.font)


def _forced(mode: Mode | None) -> Iterator[tuple[str, str]]:
    """Everything that depends on the mode, as it is in *mode*, whatever the device prefers."""
    if mode is None or mode is Mode.SYSTEM:
        return
    yield "color-scheme", mode.value
    for name in OF_A_MODE:
        yield f"--{name}", f"var(--{mode.value}-{name})"

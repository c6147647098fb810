"""The brand as the settings have it: what is refused says why."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as configured

from domain.ids import LogoName
from domain.model.backdrop import DARK, LIGHT
from domain.model.brand import PARSERS, Brand, Mode
from domain.model.colour import Colour
from domain.model.picture import parse_picture
from entrypoints import brand_setting_types
from entrypoints.settings import SettingsInvalid
from entrypoints.web import brand
from tests import strategies
from tests.fakes.pictures import png
from tests.support import make_settings


SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
GIF = b"GIF89a\x30\x00\x30\x00\x00\x00\x00,\x00\x00\x00\x00\x30\x00\x30\x00\x00\x02\x01\x00\x00;"
WANTED = "it should be the path of a PNG, JPEG or WebP file of at most 64 kB"


def problem(**settings: str | None) -> str:
    """The one problem that there is."""
    with pytest.raises(SettingsInvalid) as invalid:
        make_settings(**settings)
    (told,) = invalid.value.problems
    return told


def test_the_settings_make_a_brand(tmp_path: Path) -> None:
    light, dark, acme = (tmp_path / name for name in ("light", "dark", "acme"))
    for number, file in enumerate((light, dark, acme)):
        file.write_bytes(png(note=str(number)))

    settings = make_settings(
        platform_name=" Café Till ",
        logo=str(light),
        logo_dark=str(dark),
        logos=f"acme={acme}",
        accent_color="#7a1fa2",
        accent_color_dark="#d9a6f0",
        radius="0",
        font="Inter",
        color_mode="light",
    )

    expected = Brand(
        name="Café Till",
        logo=LogoName("logo"),
        logo_dark=LogoName("logo-dark"),
        accent=Colour.parse("#7a1fa2"),
        accent_dark=Colour.parse("#d9a6f0"),
        radius=0,
        font=("Inter",),
        mode=Mode.LIGHT,
    )
    assert expected == settings.brand
    files = {"logo": light, "logo-dark": dark, "acme": acme}
    pictures = {name: parse_picture(file.read_bytes()) for name, file in files.items()}
    assert pictures == settings.registered_logos


def test_without_settings_there_is_no_brand() -> None:
    settings = make_settings()

    assert Brand() == settings.brand
    assert {} == settings.registered_logos


def test_a_colour_that_cannot_be_read_is_told_with_the_pair_that_fails() -> None:
    assert (
        "TILLBRIDGE_ACCENT_COLOR is wrong: it should be a colour that can be read, such as "
        "#886d00: #ffcc00 on #f4f5f7 (links) has a contrast of 1.38:1, and needs 4.5:1."
    ) == problem(accent_color="#ffcc00")
    assert (
        "TILLBRIDGE_ACCENT_COLOR_DARK is wrong: it should be a colour that can be read, such as "
        "#a76bc1: #7a1fa2 on #161b22 (links) has a contrast of 2.09:1, and needs 4.5:1."
    ) == problem(accent_color_dark="#7a1fa2")


@configured(deadline=None)
@given(strategies.colours)
def test_the_settings_let_through_what_can_be_read_and_nothing_else(colour: Colour) -> None:
    for name, backdrop in (("accent_color", LIGHT), ("accent_color_dark", DARK)):
        if backdrop.worst(colour) is None:
            assert colour == getattr(make_settings(**{name: str(colour)}), name)
        else:
            suggested = problem(**{name: str(colour)}).partition("such as ")[2][:7]
            assert suggested == str(getattr(make_settings(**{name: suggested}), name))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SVG.encode(), "; this is SVG, which may hold script."),
        (b"<SVG/>", "; as to this one, it is not PNG, JPEG, GIF or WebP."),
        (b"\xef\xbb\xbf<svg>", "; this is SVG, which may hold script."),
        (GIF, "; this is GIF."),
        (b"", "; as to this one, it is not PNG, JPEG, GIF or WebP."),
        (b"<html>", "; as to this one, it is not PNG, JPEG, GIF or WebP."),
        (png()[:-8], "; as to this one, it ends too early."),
        (png().replace(b"IDAT", b"IDAX"), "; as to this one, it is damaged."),
        (png(2049, 16), "; as to this one, its sides are not between 1 and 2048 pixels."),
        (png(15, 48), ", with sides of at least 16 pixels."),
        (png(48, 15), ", with sides of at least 16 pixels."),
        (png(note="x" * 65536), "; as to this one, it has more than 64 kB."),
    ],
    ids=[
        *("svg", "not quite svg", "svg with a mark", "gif", "empty", "html", "cut", "damaged"),
        *("wide", "narrow", "flat", "large"),
    ],
)
def test_a_file_that_is_no_logo_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(content)

    assert f"TILLBRIDGE_LOGO is wrong: {WANTED}{reason}" == problem(logo=str(file))


def test_the_smallest_and_the_largest_logo_will_do(tmp_path: Path) -> None:
    file = tmp_path / "logo"
    spare = 64 * 1024 - len(png(16, 16))
    file.write_bytes(png(16, 16, note="x" * spare))

    logo = make_settings(logo=str(file)).logo

    assert logo is not None
    assert (16, 64 * 1024) == (logo.width, len(logo.content))


def test_a_file_that_is_not_there_is_told() -> None:
    assert f"TILLBRIDGE_LOGO is wrong: {WANTED}; there is no such file." == problem(
        logo="/missing/logo.png"
    )
    assert f"TILLBRIDGE_LOGOS is wrong: {WANTED}; there is no such file." == problem(
        logos="acme=/missing/logo.png"
    )


def test_a_name_that_cannot_be_a_file_is_told() -> None:
    assert f"TILLBRIDGE_LOGO is wrong: {WANTED}; this one cannot be read." == problem(
        logo="l" * 300
    )


def test_the_page_about_brands_says_what_there_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "brand.md").read_text(encoding="utf-8")

    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `TILL")]
    fields = [field for row in rows for field in re.findall(r"`(\w+)`", row[2])]
    assert list(PARSERS) == fields
    assert problem(accent_color="#ffcc00") in page
    assert f"at most {brand_setting_types.LARGEST_LOGO // 1024} kB" in page
    assert f"up to {brand.WIDEST_LOGO} by {brand.HIGHEST_LOGO} CSS pixels" in page
    for backdrop in (LIGHT, DARK):
        assert f"`{backdrop.ground}`" in page
        assert f"`{backdrop.card}`" in page

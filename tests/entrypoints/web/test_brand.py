"""The platform's brand on the web: its text, its style sheet, its logos."""

import base64
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.ids import LogoName
from domain.model.backdrop import DARK, LIGHT, on
from domain.model.brand import PARSERS, Brand, Mode, parse_brand
from domain.model.colour import Colour
from domain.model.picture import Picture, parse_picture
from entrypoints.web.brand import (
    LONGEST_TEXT,
    OF_A_MODE,
    BrandLogos,
    ShownLogo,
    brand_sheet,
    decode_brand,
    encode_brand,
    font_stack,
)
from tests import strategies
from tests.entrypoints.web.asking import Service, problem, serve
from tests.fakes.pictures import png


pytestmark = pytest.mark.anyio

STYLES = (files("entrypoints.web") / "templates" / "tillbridge.css").read_text()
FAMILY = r'(?:"[A-Za-z0-9 ._+-]+"|[a-z-]+)'
LINES = [
    r"  --(?:light|dark)-(?:accent|on-accent|focus): #[0-9a-f]{6};",
    r"  --radius: (?:1?[0-9]|2[0-4])px;",
    rf"  --font: {FAMILY}(?:, {FAMILY})*;",
    r"  color-scheme: (?:light|dark);",
    rf"  --({'|'.join(OF_A_MODE)}): var\(--(?:light|dark)-\1\);",
]
FOR_GOOD, FOR_NOW = "public, max-age=31536000, immutable", "public, max-age=300"


def expect_grammar(sheet: str) -> None:
    """*sheet* is nothing but custom properties with values of the expected form."""
    if sheet:
        first, *lines, last, end = sheet.split("\n")
        assert (":root {", "}", "") == (first, last, end)
        for line in lines:
            assert 1 == sum(bool(re.fullmatch(form, line)) for form in LINES), line


def raw(fields: object) -> str:
    """*fields* as text, without the checks of a brand."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(strategies.brands)
def test_a_brand_comes_back_from_its_text(brand: Brand) -> None:
    text = encode_brand(brand)

    assert brand == decode_brand(text)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert len(text) <= LONGEST_TEXT


def test_the_longest_brand_fits_in_a_cookie() -> None:
    longest = {
        "name": "\U0001f355" * 200,
        "logo": "l" * 32,
        "logoDark": "d" * 32,
        "accentColor": "#0b5cad",
        "accentColorDark": "#6cb6ff",
        "radius": 24,
        "font": ["f" * 50] * 8,
        "mode": "system",
    }

    assert len(encode_brand(parse_brand(longest))) <= LONGEST_TEXT < 4096


@given(st.text(st.characters(codec="utf-8")) | st.text("abcdefghijklmnop0123456789-_=+/"))
@example("")
@example("é")
@example("\ud800")
@example("=")
@example("e30=")
@example("e30\n")
@example("e30 ")
@example(raw([]))
@example(raw(None))
@example(raw({"radius": 25}))
@example(raw({"radius": 4.0}))
@example(raw({"radius": None}))
@example(raw({"name": " x"}))
@example(raw({"mode": "dark", "radius": 4}))
@example(raw({"accentColor": "#FFF"}))
@example(raw({"accentColor": "#ffcc00"}))
@example(raw({"font": ["x;}body{color:red"]}))
@example(base64.urlsafe_b64encode(b'{"radius": 4}').decode().rstrip("="))
@example(base64.urlsafe_b64encode(b'{"radius":1,"radius":4}').decode().rstrip("="))
@example(base64.urlsafe_b64encode(b'{"radius":' + b"9" * 1500 + b"}").decode())
@example(base64.urlsafe_b64encode(b"[" * 1500).decode())
@example(base64.urlsafe_b64encode('{"name":"\\ud800"}'.encode("utf-16")).decode())
@example("A" * (LONGEST_TEXT + 1))
@example("A" * 10**6)
def test_no_other_text_is_taken_for_a_brand(text: str) -> None:
    brand = decode_brand(text)

    assert brand is None or text == encode_brand(brand)


@pytest.mark.parametrize(
    "fields",
    [
        {"radius": 25},
        {"accentColor": "#ffcc00"},
        {"accentColor": "#0B5CAD"},
        {"font": ["x;}body{color:red"]},
        {"mode": "dark", "radius": 4},
        {"radius": None},
        {"other": 1},
        [],
        None,
    ],
    ids=repr,
)
def test_what_encode_would_not_write_is_nothing(fields: object) -> None:
    assert decode_brand(raw({"radius": 4, "mode": "dark"})) is not None
    assert decode_brand(raw(fields)) is None


def test_a_brand_of_nothing_needs_no_style_sheet() -> None:
    for brand in (Brand(), Brand(name="Acme", logo=LogoName("acme")), Brand(mode=Mode.SYSTEM)):
        assert "" == brand_sheet(brand)


def test_the_style_sheet_says_the_look_for_both_modes() -> None:
    purple = Colour.parse("#7a1fa2")

    sheet = brand_sheet(Brand(accent=purple, radius=4, font=("Inter", "system-ui")))

    dark = DARK.readable(purple)
    assert [
        ":root {",
        "  --light-accent: #7a1fa2;",
        "  --light-on-accent: #ffffff;",
        "  --light-focus: #7a1fa2;",
        f"  --dark-accent: {dark};",
        f"  --dark-on-accent: {on(dark)};",
        f"  --dark-focus: {dark};",
        "  --radius: 4px;",
        '  --font: "Inter", system-ui;',
        "}",
        "",
    ] == sheet.split("\n")


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_a_forced_mode_takes_every_property_from_it(mode: Mode) -> None:
    lines = brand_sheet(Brand(mode=mode)).split("\n")

    expected = [f"  --{name}: var(--{mode.value}-{name});" for name in OF_A_MODE]
    assert [f"  color-scheme: {mode.value};", *expected] == lines[1:-2]


@given(strategies.brands)
def test_a_style_sheet_is_of_the_expected_form(brand: Brand) -> None:
    expect_grammar(brand_sheet(brand))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(PARSERS, strategies.anything),
            "font": st.lists(st.text(), max_size=9) | strategies.anything,
            "radius": st.integers(),
        },
    )
)
@example({"font": ['"; } body { color: red']})
@example({"font": ["a\\", "b"]})
@example({"font": ["</style><script>"]})
@example({"font": ["url(https://evil.test)"]})
@example({"font": ["a/*", "*/b"]})
@example({"font": ["a\nb"]})
@example({"accentColor": "#000;} body{display:none"})
@example({"mode": "dark; --x: 1"})
@example({"radius": "0; color: red"})
def test_no_text_gets_out_of_its_place_in_the_style_sheet(fields: dict[str, object]) -> None:
    try:
        brand = parse_brand(fields)
    except InputRefused:
        return

    expect_grammar(brand_sheet(brand))


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        (("Inter",), '"Inter", sans-serif'),
        (("Segoe UI", "Sans-Serif"), '"Segoe UI", sans-serif'),
        (("-apple-system", "system-ui"), "-apple-system, system-ui"),
        (("serif", "Inter"), 'serif, "Inter", sans-serif'),
        # Anywhere else these are keywords of CSS.
        (("inherit", "var"), '"inherit", "var", sans-serif'),
    ],
)
def test_names_are_quoted_and_generic_families_are_not(
    families: tuple[str, ...], expected: str
) -> None:
    assert expected == font_stack(families)


def test_the_grounds_of_the_page_are_those_that_accents_are_measured_before() -> None:
    told = dict(re.findall(r"(--(?:light|dark)-[a-z-]+): (#[0-9a-f]{3,6});", STYLES))

    for mode, backdrop in (("light", LIGHT), ("dark", DARK)):
        assert str(backdrop.ground) == str(Colour.parse(told[f"--{mode}-ground"]))
        assert str(backdrop.card) == str(Colour.parse(told[f"--{mode}-card"]))
        assert str(backdrop.accent) == str(Colour.parse(told[f"--{mode}-accent"]))
        for name in ("ink", "soft", "done"):
            ink = Colour.parse(told[f"--{mode}-{name}"])
            assert min(map(ink.contrast, (backdrop.ground, backdrop.card))) >= 4.5
        upon = Colour.parse(told[f"--{mode}-on-accent"])
        assert upon.contrast(backdrop.accent) >= 4.5


def test_the_pages_style_sheet_takes_its_properties_from_one_mode_at_a_time() -> None:
    light, dark = re.findall(r":root \{\n(.*?)\n *\}", STYLES, re.DOTALL)

    for name in OF_A_MODE:
        assert f"--{name}: var(--light-{name});" in light
        assert f"--{name}: var(--dark-{name});" in dark
    for text, form in (
        (light, r"--light-([a-z-]+):"),
        (light, r"--dark-([a-z-]+):"),
        (dark, r"--([a-z-]+):"),
    ):
        assert set(OF_A_MODE) == set(re.findall(form, text))
    assert "color-scheme: light dark;" in light
    assert "--radius:" in light
    assert "--font:" in light


@pytest.mark.parametrize(
    "path",
    [
        "/brand",
        "/brand/",
        "/brand/.css",
        f"/brand/{encode_brand(Brand(radius=4))}.css",
        "/brand/..%2Fstatic%2Ftillbridge.css",
        "/brand/logos",
        "/brand/logos/",
        "/brand/logos/none",
        "/brand/logos/ACME",
        "/brand/logos/..%2F..%2Fetc%2Fpasswd",
        "/brand/logos/acme.png",
        f"/brand/logos/{'a' * 5000}",
    ],
)
async def test_nothing_else_is_there(path: str) -> None:
    assert (404, "not-found") == problem(await serve().get(path, {}))


async def test_a_version_that_is_too_long_is_refused(service: Service) -> None:
    path = f"/brand/logos/acme?v={'0' * 65}"

    assert (400, "input-invalid") == problem(await service.get(path, {}))


def a_picture(width: int, height: int) -> Picture:
    return parse_picture(png(width, height))


@pytest.mark.parametrize(
    ("natural", "shown"),
    [
        ((48, 48), (48, 48)),
        ((16, 20), (16, 20)),
        ((745, 160), (224, 48)),
        ((2000, 100), (240, 12)),
        ((100, 2000), (2, 48)),
        ((2048, 16), (240, 2)),
        ((16, 2048), (1, 48)),
    ],
)
def test_a_logo_has_its_room_before_it_arrives(
    natural: tuple[int, int], shown: tuple[int, int]
) -> None:
    logos = BrandLogos({LogoName("acme"): a_picture(*natural)}, "/pay")

    light, dark = logos.shown(Brand(logo=LogoName("acme")))

    assert isinstance(light, ShownLogo)
    assert shown == (light.width, light.height)
    assert light.address.startswith("/pay/brand/logos/acme?v=")
    assert light == dark


def test_dark_pages_have_a_logo_of_their_own_if_there_is_one() -> None:
    acme, night = LogoName("acme"), LogoName("night")
    logos = BrandLogos({acme: a_picture(48, 48), night: a_picture(96, 48)})

    light, dark = logos.shown(Brand(logo=acme, logo_dark=night))
    assert light is not None
    assert dark is not None
    assert (48, 96) == (light.width, dark.width)
    assert (None, dark) == logos.shown(Brand(logo_dark=night))
    assert (None, None) == logos.shown(Brand())


def test_a_logo_that_is_registered_no_longer_counts_as_none() -> None:
    logos = BrandLogos({LogoName("acme"): a_picture(48, 48)})

    assert (None, None) == logos.shown(Brand(logo=LogoName("gone")))
    light, dark = logos.shown(Brand(logo=LogoName("acme"), logo_dark=LogoName("gone")))
    assert light == dark is not None


async def test_logos_are_served_with_their_own_type(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(png(64, 32))
    (tmp_path / "b").write_bytes(png(64, 32, note="of Acme"))
    service = serve(logo=str(tmp_path / "a"), logos=f"acme={tmp_path / 'b'}")
    registered = service.settings.registered_logos
    logos = BrandLogos(registered)

    assert {"logo", "acme"} == registered.keys()
    for name, picture in registered.items():
        shown, _ = logos.shown(Brand(logo=name))
        assert shown is not None
        answer = await service.get(shown.address, {})
        assert picture.content == answer.content
        assert "image/png" == answer.headers["content-type"]
        assert FOR_GOOD == answer.headers["cache-control"]
        assert "same-origin" == answer.headers["cross-origin-resource-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        again = await service.get(shown.address, {"If-None-Match": answer.headers["etag"]})
        assert (304, b"") == (again.status_code, again.content)
        bare = await service.get(f"/brand/logos/{name}", {})
        assert (FOR_NOW, picture.content) == (bare.headers["cache-control"], bare.content)


async def test_below_a_base_path_logos_are_there_as_well(tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(png())
    service = serve(
        public_url="https://shop.example.test/pay",
        return_urls=None,
        logo=str(tmp_path / "logo"),
    )
    logos = BrandLogos(service.settings.registered_logos, service.settings.base_path)
    shown, _ = logos.shown(service.settings.brand)
    assert shown is not None

    assert shown.address.startswith("/pay/brand/")
    assert 200 == (await service.get(shown.address, {})).status_code


GIVEN: dict[str, Any] = {
    "name": "Acme Till",
    "logo": "acme",
    "logoDark": "night",
    "accentColor": "#7A1FA2",
    "accentColorDark": "#d9a6f0",
    "radius": 4,
    "font": ["Inter", "system-ui"],
    "mode": "light",
}


def with_logos(directory: Path) -> Service:
    for name in ("acme", "night"):
        (directory / name).write_bytes(png())
    return serve(logos=f"acme={directory}/acme, night={directory}/night")


async def test_a_connect_token_carries_a_brand(tmp_path: Path) -> None:
    service = with_logos(tmp_path)

    await service.token("m-1", brand=GIVEN)

    (kept,) = service.world.tokens.unspent.values()
    assert parse_brand(GIVEN) == kept.grant.brand
    assert {**GIVEN, "accentColor": "#7a1fa2"} == kept.grant.brand.fields()


@pytest.mark.parametrize("nothing", [None, {}, {"name": None, "font": None}], ids=repr)
async def test_a_connect_token_need_not_say_anything_of_the_brand(
    service: Service, nothing: object
) -> None:
    await service.token("m-1", brand=nothing)

    (kept,) = service.world.tokens.unspent.values()
    assert Brand() == kept.grant.brand


@pytest.mark.parametrize(
    ("wrong", "field", "part_of_detail"),
    [
        (
            {"accentColor": "#ffcc00"},
            "brand.accentColor",
            "#ffcc00 on #f4f5f7 (links) has a contrast of 1.38:1, and needs 4.5:1",
        ),
        (
            {"accentColorDark": "#000"},
            "brand.accentColorDark",
            "#000000 on #0d1117 (links) has a contrast of 1.10:1, and needs 4.5:1",
        ),
        ({"accentColor": "red"}, "brand.accentColor", "is not a colour"),
        ({"accentColor": 7}, "brand.accentColor", "Expected"),
        ({"logo": "logo"}, "brand.logo", "is not a registered logo"),
        ({"logoDark": "https://evil.test/x.png"}, "brand.logoDark", "is not the name"),
        ({"radius": 25}, "brand.radius", "is not a radius"),
        ({"radius": "4"}, "brand.radius", "is not a radius"),
        ({"radius": 1.0}, "brand.radius", "is not a radius"),
        ({"font": ["a;b"]}, "brand.font", "is not a list of font families"),
        ({"font": "Inter"}, "brand.font", "Expected"),
        ({"mode": "auto"}, "brand.mode", "is not a mode"),
        ({"name": "\u202eemcA"}, "brand.name", "cannot be shown"),
        ({"accent_color": "#7a1fa2"}, "brand.accent_color", "unknown field"),
        ([], "brand", "Expected"),
    ],
    ids=repr,
)
async def test_a_brand_that_will_not_do_is_refused_by_its_field(
    tmp_path: Path, wrong: object, field: str, part_of_detail: str
) -> None:
    service = with_logos(tmp_path)

    wanted = {"merchantIdentifier": "m-1", "brand": wrong}
    answer = await service.post("/v1/connect-tokens", json=wanted)

    assert (400, "input-invalid") == problem(answer)
    (error,) = answer.json()["errors"]
    assert field == error["field"]
    assert part_of_detail in error["detail"]
    assert [] == service.world.tokens.issued


async def test_the_description_tells_the_forms_of_a_brand(service: Service) -> None:
    schemas = (await service.get("/openapi.json", {})).json()["components"]["schemas"]

    brand = schemas["BrandRequest"]
    assert brand["additionalProperties"] is False
    assert set(PARSERS) == brand["properties"].keys()
    assert ["light", "dark", "system", None] == brand["properties"]["mode"]["enum"]
    assert [{"type": "integer", "minimum": 0, "maximum": 24}, {"type": "null"}] == brand[
        "properties"
    ]["radius"]["oneOf"]
    form = brand["properties"]["accentColor"]["pattern"]
    assert re.search(form, "#0b5cad")
    assert not re.search(form, "red")

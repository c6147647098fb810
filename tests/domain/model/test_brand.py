import json

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.ids import LogoName
from domain.model.backdrop import DARK, LIGHT
from domain.model.brand import PARSERS, Brand, Mode, parse_brand
from domain.model.colour import Colour
from tests import strategies


FULL = {
    "name": "Café Till",
    "logo": "acme",
    "logoDark": "acme-dark",
    "accentColor": "#7a1fa2",
    "accentColorDark": "#d9a6f0",
    "radius": 0,
    "font": ["Inter", "system-ui"],
    "mode": "dark",
}
PURPLE, LILAC = Colour.parse("#7a1fa2"), Colour.parse("#d9a6f0")


def test_a_brand_is_read_from_its_fields() -> None:
    expected = Brand(
        name="Café Till",
        logo=LogoName("acme"),
        logo_dark=LogoName("acme-dark"),
        accent=PURPLE,
        accent_dark=LILAC,
        radius=0,
        font=("Inter", "system-ui"),
        mode=Mode.DARK,
    )
    assert expected == parse_brand(FULL)
    assert expected == parse_brand(FULL, logos={"acme", "acme-dark"})
    assert FULL == expected.fields()


@pytest.mark.parametrize("nothing", [None, {}, dict.fromkeys(FULL)], ids=["none", "{}", "nulls"])
def test_every_part_may_be_missing(nothing: object) -> None:
    assert Brand() == parse_brand(nothing)
    assert {} == Brand().fields()


@given(strategies.brands)
def test_a_brand_comes_back_from_its_fields(brand: Brand) -> None:
    assert brand == parse_brand(json.loads(json.dumps(brand.fields())))


@pytest.mark.parametrize(
    ("given_value", "field"),
    [
        ([], "brand"),
        ("acme", "brand"),
        ({"colour": "#fff"}, "brand"),
        ({"accent_color": "#7a1fa2"}, "brand"),
        ({1: 2}, "brand"),
        ({"name": "a\nb"}, "brand.name"),
        ({"name": "x" * 201}, "brand.name"),
        ({"logo": "none"}, "brand.logo"),
        ({"logo": "Acme"}, "brand.logo"),
        ({"logo": "../acme"}, "brand.logo"),
        ({"logo": "a" * 33}, "brand.logo"),
        ({"logo": ""}, "brand.logo"),
        ({"logoDark": "https://evil.test/x.png"}, "brand.logoDark"),
        ({"logoDark": "none"}, "brand.logoDark"),
        ({"accentColor": "purple"}, "brand.accentColor"),
        ({"accentColor": "#ffcc00"}, "brand.accentColor"),
        ({"accentColor": "#d9a6f0"}, "brand.accentColor"),
        ({"accentColorDark": "#7a1fa2"}, "brand.accentColorDark"),
        ({"accentColorDark": 7}, "brand.accentColorDark"),
        ({"radius": -1}, "brand.radius"),
        ({"radius": 25}, "brand.radius"),
        ({"radius": True}, "brand.radius"),
        ({"radius": 1.0}, "brand.radius"),
        ({"radius": "4"}, "brand.radius"),
        ({"font": []}, "brand.font"),
        ({"font": "Inter"}, "brand.font"),
        ({"font": ["Inter", None]}, "brand.font"),
        ({"font": ["Inter"] * 9}, "brand.font"),
        ({"font": ["Inter; }"]}, "brand.font"),
        ({"font": ['In"ter']}, "brand.font"),
        ({"font": ["url(x)"]}, "brand.font"),
        ({"font": ["Inter\n"]}, "brand.font"),
        ({"font": ["x" * 51]}, "brand.font"),
        ({"font": ["Inter "]}, "brand.font"),
        ({"font": [""]}, "brand.font"),
        ({"mode": "Dark"}, "brand.mode"),
        ({"mode": ["dark"]}, "brand.mode"),
        ({"mode": "auto"}, "brand.mode"),
    ],
    ids=repr,
)
def test_what_is_wrong_is_named(given_value: object, field: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_brand(given_value, logos={"acme"})

    assert field == refused.value.field


def test_a_logo_that_nobody_registered_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(InputRefused) as refused:
        parse_brand({"logo": "other"}, logos={"logo", "acme"})
    assert "acme, logo." in refused.value.remedy
    with pytest.raises(InputRefused) as refused:
        parse_brand({"logo": "other"}, logos=frozenset())
    assert "none." in refused.value.remedy
    assert LogoName("other") == parse_brand({"logo": "other"}).logo


@given(st.dictionaries(st.sampled_from([*PARSERS, "other"]), strategies.anything))
@example({"font": ["a" * 50]})
def test_whatever_is_accepted_is_well_formed_and_readable(given_value: object) -> None:
    try:
        brand = parse_brand(given_value)
    except InputRefused:
        return

    assert brand == parse_brand(brand.fields())


@settings(deadline=None)
@given(strategies.brands, strategies.brands)
def test_any_accepted_brand_can_be_read_in_both_modes_over_any_other(
    brand: Brand, other: Brand
) -> None:
    for merged in (brand, other, brand.over(other)):
        light, dark = merged.accents
        for accent, backdrop in ((light, LIGHT), (dark, DARK)):
            pairs = list(backdrop.pairs(accent or backdrop.accent))
            assert 5 == len(pairs)
            assert all(pair.ratio >= pair.needed for pair in pairs)


def test_a_dark_accent_that_is_not_given_is_the_other_lightened() -> None:
    light, dark = Brand(accent=PURPLE).accents

    assert (PURPLE, DARK.readable(PURPLE)) == (light, dark)
    assert DARK.worst(PURPLE)
    assert (PURPLE, LILAC) == Brand(accent=PURPLE, accent_dark=LILAC).accents
    assert (None, LILAC) == Brand(accent_dark=LILAC).accents
    assert (None, None) == Brand().accents


def test_a_brand_lies_over_another_part_by_part() -> None:
    ours = parse_brand(FULL)
    token = Brand(name="Acme", radius=8)

    assert attrs.evolve(ours, name="Acme", radius=8) == token.over(ours)


def test_what_was_made_for_the_dark_goes_with_what_it_was_made_from() -> None:
    ours = parse_brand(FULL)
    token = Brand(accent=Colour.parse("#0b5cad"), logo=LogoName("other"))

    merged = token.over(ours)

    assert ("other", None) == (merged.logo, merged.logo_dark)
    assert (token.accent, None) == (merged.accent, merged.accent_dark)
    only_dark = Brand(accent_dark=LILAC, logo_dark=LogoName("night")).over(ours)
    assert ("acme", "night") == (only_dark.logo, only_dark.logo_dark)
    assert (PURPLE, LILAC) == (only_dark.accent, only_dark.accent_dark)


@given(strategies.brands, strategies.brands, strategies.brands)
def test_laying_over_can_be_done_in_any_grouping(one: Brand, two: Brand, three: Brand) -> None:
    assert one.over(two).over(three) == one.over(two.over(three))
    assert one == one.over(Brand()) == Brand().over(one)


@given(strategies.brands)
def test_the_look_is_what_is_left_without_name_and_logos(brand: Brand) -> None:
    look = brand.look

    assert (None, None, None) == (look.name, look.logo, look.logo_dark)
    assert brand == look.over(Brand(name=brand.name, logo=brand.logo, logo_dark=brand.logo_dark))

"""Upstream texts and pictures end up on merchants' screens."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codat.wire import BrandingBody, IntegrationBody, decode
from domain.errors import CodatAnswerInvalid
from domain.model.integration import BrandingImage


def name_of(text: str) -> str:
    """The name under which an integration is shown that Codat names *text*."""
    integration = IntegrationBody(key="gbol", name=text).to_domain()
    assert integration is not None
    return integration.name


def logo_at(image: Any) -> BrandingImage | None:
    """The logo that comes of *image*."""
    body = msgspec.json.encode({"logo": {"full": {"image": image}}})
    return decode(body, BrandingBody).to_domain().logo_full


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Xero", "Xero"),
        ("  Exact\t(NL)\r\n ", "Exact (NL)"),
        ("Zettle\u00a0by\u2003PayPal", "Zettle by PayPal"),
        ("X\x00e\x1b[31mr\x7fo", "Xe[31mro"),
        ("\u202eoreX", "oreX"),
        ("Caf\u00e9 \u4f1a\u8ba1", "Caf\u00e9 \u4f1a\u8ba1"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", "gbol"),
        ("\u200b\u2060", "gbol"),
        ("x" * 101, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_a_name_is_one_line_of_printable_characters(text: str, expected: str) -> None:
    assert expected == name_of(text)


@given(st.text())
def test_no_name_is_too_odd_to_be_shown(text: str) -> None:
    name = name_of(text)

    assert name.isprintable()
    assert 0 < len(name) <= 100


@pytest.mark.parametrize(
    "src",
    [
        "https://static.codat.io/public/officialLogos/Full/Xero_Full.png",
        "http://127.0.0.1:8001/logo.png?v=1&w=2#a",
        "https://static.codat.io/a%20b.png",
        "https://[::1]/a.png",
        "https://a/" + "x" * 2038,
    ],
)
def test_a_picture_is_shown_by_its_absolute_address(src: str) -> None:
    assert BrandingImage(src=src) == logo_at({"src": src})


@pytest.mark.parametrize(
    "src",
    [
        None,
        "",
        "/logo.png",
        "//static.codat.io/logo.png",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "ftp://static.codat.io/logo.png",
        "https://",
        "https:///logo.png",
        "https://user:pass@static.codat.io/logo.png",
        "https://static.codat.io/a b.png",
        'https://static.codat.io/a".png',
        "https://static.codat.io/a'onerror=<.png",
        "https://static.codat.io/a\n.png",
        "https://static.codat.io\\@evil.example/a.png",
        "https://st\u00e4tic.codat.io/a.png",
        "https://[::1/a.png",
        "https://a/" + "x" * 2039,
    ],
)
def test_a_picture_without_a_usable_address_is_none(src: str | None) -> None:
    assert logo_at({"src": src, "alt": "logo"}) is None


def test_an_alternative_text_is_cleaned_like_a_name() -> None:
    src = "https://static.codat.io/a.png"

    assert BrandingImage(src=src, alt="a b") == logo_at({"src": src, "alt": "a\r\nb\x00"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"logo": None, "button": None, "sourceId": None},
        {"logo": {}, "button": {}},
        {"logo": {"full": None, "square": {}}, "button": {"default": {"image": None}}},
        {"logo": {"full": {"image": {}}}, "sourceId": "accounting", "theme": "dark"},
    ],
)
def test_any_level_of_branding_may_be_absent(body: dict[str, Any]) -> None:
    branding = decode(msgspec.json.encode(body), BrandingBody).to_domain()

    assert branding == decode(b"{}", BrandingBody).to_domain()


@given(st.binary() | st.text().map(str.encode))
def test_no_body_is_too_odd_to_be_refused(body: bytes) -> None:
    try:
        decode(body, BrandingBody)
    except CodatAnswerInvalid as error:
        assert "it does not have the documented shape" == error.reason  # noqa: PT017  # caught above

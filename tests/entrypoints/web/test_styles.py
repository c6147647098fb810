"""The style sheet within the pages."""

import base64
import hashlib

import pytest
from hypothesis import given

from domain.model.brand import Brand
from entrypoints.web.brand import brand_sheet
from entrypoints.web.styles import EVERYBODYS, page_sheet, shortened
from tests import strategies


@given(strategies.brands)
def test_a_look_ends_the_sheet_of_everybody_and_nothing_ends_the_element(brand: Brand) -> None:
    sheet = page_sheet(brand.look)

    assert f"{EVERYBODYS}{brand_sheet(brand)}" == sheet.text
    assert "<" not in sheet.text
    # Where the parser of HTML would read something else, the hash would be that of another text.
    assert not {"\r", "\x00"} & set(sheet.text)


@given(strategies.brands)
def test_the_source_is_that_of_the_whole_sheet(brand: Brand) -> None:
    sheet = page_sheet(brand.look)

    kind, _, digest = sheet.source.strip("'").partition("-")
    assert "sha256" == kind
    assert hashlib.sha256(sheet.text.encode()).digest() == base64.b64decode(digest)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a { color: red; }\n", "a{color:red;}"),
        ("/* why\n not */\na,\nb > c { }", "a, b > c{}"),
        ("@media (width: 1px) {\n  a { b: c }\n}\n", "@media (width:1px){a{b:c}}"),
        ('a b::after { content: "→" / ""; }', 'a b::after{content:"→" / "";}'),
        ('a { font-family: "Segoe UI", serif }', 'a{font-family:"Segoe UI", serif}'),
        ("a :hover { b: calc(1px + 2px) !important }", "a :hover{b:calc(1px + 2px) !important}"),
    ],
)
def test_a_sheet_is_sent_without_what_is_for_readers(written: str, sent: str) -> None:
    assert sent == shortened(written)

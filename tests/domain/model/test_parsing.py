"""What comes from outside is read strictly: accepted means well formed, and nothing is changed."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.ids import ReturnName
from domain.model.integration import parse_platform_key
from domain.model.locale import parse_locale
from domain.model.merchant import JOINERS, parse_merchant_identifier, parse_merchant_name
from domain.model.return_address import ReturnAddresses
from tests import strategies
from tests.strategies import IDENTIFIER_CHARACTERS


BIDI, NUL, SURROGATE, ZERO_WIDTH = "\u202e", "\x00", "\ud800", "\u200b"
LOOKALIKES = ["\uff4cqai", "gb\u043el", "gbo\u0142", "gb\u00f2l", "\u017fbol"]
ADDRESSES = ReturnAddresses(
    {
        ReturnName("home"): "https://shop.example.test/done",
        ReturnName("books"): "https://shop.example.test/books?tab=1",
    }
)


@given(strategies.platform_keys)
def test_a_platform_key_is_read_as_it_is(text: str) -> None:
    assert text == parse_platform_key(text)


@given(strategies.anything)
@example("gbol\n")
@example("GBOL")
@example("gbo")
@example("gbolx")
def test_an_accepted_platform_key_has_four_lower_case_letters(given_value: object) -> None:
    try:
        key = parse_platform_key(given_value)
    except InputRefused:
        return

    assert given_value == key
    assert 4 == len(key)
    assert set(key) <= set(string.ascii_lowercase)


@pytest.mark.parametrize(
    "text",
    [
        *("", "gbol\n", "\ngbol", "GBOL", "gbo1", "gb/l", "...."),
        *(f"gbo{NUL}", f"gbol{BIDI}", f"gbo{SURROGATE}", f"gbol{ZERO_WIDTH}", *LOOKALIKES),
    ],
    ids=ascii,
)
def test_anything_else_is_no_platform_key(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_platform_key(text, "integrations[0]")

    assert "integrations[0]" == refused.value.field


@given(strategies.merchant_identifiers)
@example("NFD-e")
@example("." * 128)
def test_a_merchant_identifier_is_read_as_it_is(text: str) -> None:
    assert text == parse_merchant_identifier(text)


@given(strategies.anything)
@example("m-1\n")
@example("x" * 129)
def test_an_accepted_merchant_identifier_has_only_allowed_characters(given_value: object) -> None:
    try:
        identifier = parse_merchant_identifier(given_value)
    except InputRefused:
        return

    assert given_value == identifier
    assert 1 <= len(identifier) <= 128
    assert set(identifier) <= set(IDENTIFIER_CHARACTERS)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "m 1", "m-1\n", "m/1", "m#1", "x" * 129, "e\u0301", "\u00e9", "\u0661"),
        *(f"m{NUL}", f"m{BIDI}1", f"m{SURROGATE}", f"m{ZERO_WIDTH}", *LOOKALIKES),
    ],
    ids=ascii,
)
def test_anything_else_is_no_merchant_identifier(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_merchant_identifier(text)

    assert "merchantIdentifier" == refused.value.field


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
@example("Café Ümläut & Söhne 株式会社 🍕")
@example("क्\u200dष")
@example("Salon \U0001f468\u200d\U0001f469\u200d\U0001f467")
def test_a_name_in_any_script_is_read_as_it_is(name: str) -> None:
    assert name == parse_merchant_name(name)


@given(strategies.anything)
def test_an_accepted_name_can_be_shown_on_one_line(given_value: object) -> None:
    try:
        name = parse_merchant_name(given_value)
    except InputRefused:
        return

    if name is None:
        assert given_value is None or "" == str(given_value).translate(JOINERS).strip()
        return
    assert isinstance(given_value, str)
    assert given_value.strip() == name
    assert name.translate(JOINERS).isprintable()
    assert name.encode()


@pytest.mark.parametrize("blank", [None, "", "  ", "\n", "\u200d", "\u200c \u200d"], ids=ascii)
def test_a_blank_name_is_none(blank: object) -> None:
    assert parse_merchant_name(blank) is None


@pytest.mark.parametrize(
    "name",
    ["x" * 201, f"a{BIDI}b", f"a{NUL}b", f"a{SURROGATE}", "two\nlines", "\x1b[31mred", 7, b"name"],
    ids=ascii,
)
def test_a_name_that_cannot_be_shown_is_refused(name: object) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_merchant_name(name)

    assert "merchantName" == refused.value.field


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("en", "en"), ("fil", "fil"), ("fr-CA", "fr-CA"), ("en_US", "en-US")),
        *(("zh-Hant-TW", "zh-Hant-TW"), ("de-1996", "de-1996")),
    ],
)
def test_a_language_tag_is_read(text: str, expected: str) -> None:
    assert expected == parse_locale(text)


def test_no_language_tag_is_none() -> None:
    assert parse_locale(None) is None


@given(strategies.anything)
@example("en\n")
@example("en-")
@example("-en")
@example("en--US")
def test_an_accepted_language_tag_is_well_formed(given_value: object) -> None:
    try:
        tag = parse_locale(given_value)
    except InputRefused:
        return

    if given_value is not None:
        assert tag is not None
        assert re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag)
        assert str(given_value).replace("_", "-") == tag


@pytest.mark.parametrize(
    "text",
    ["", "e", "en\n", "english", "en-", "en US", f"en{NUL}", "e\u017f", 7, ["en"]],
    ids=ascii,
)
def test_anything_else_is_no_language_tag(text: object) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_locale(text)

    assert "locale" == refused.value.field


@pytest.mark.parametrize(
    "text", ["books", "https://shop.example.test/books?tab=1"], ids=["name", "address"]
)
def test_a_return_address_is_named_by_its_name_or_by_itself(text: str) -> None:
    assert "books" == ADDRESSES.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "other",
        "Books",
        "https://shop.example.test/books",
        "https://shop.example.test/books?tab=1#",
        "https://shop.example.test/books?tab=1\n",
        "https://shop.example.test/books?tab=1&next=https://evil.example",
        "https://shop.example.test/done/../books?tab=1",
        "https://shop.example.test\\@evil.example/books?tab=1",
        "https://user@shop.example.test/done",
        "HTTPS://SHOP.EXAMPLE.TEST/done",
        "//shop.example.test/done",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_to_the_letter_is_refused(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        ADDRESSES.parse(text)

    assert "returnTo" == refused.value.field
    assert "books, home." in refused.value.remedy


@given(strategies.return_addresses, strategies.anything)
@example(ADDRESSES, ["home"])
@example(ADDRESSES, {"home": 1})
def test_only_registered_addresses_are_accepted(
    addresses: ReturnAddresses, given_value: object
) -> None:
    try:
        name = addresses.parse(given_value)
    except InputRefused:
        return

    if name is None:
        assert given_value is None
    else:
        assert given_value in (name, addresses.by_name[name])


@given(strategies.return_addresses, st.none() | strategies.return_names)
@example(ADDRESSES, None)
@example(ADDRESSES, ReturnName("books"))
@example(ADDRESSES, ReturnName("no-longer-registered"))
def test_a_merchant_is_sent_to_a_registered_address_or_nowhere(
    addresses: ReturnAddresses, name: ReturnName | None
) -> None:
    default = next(iter(addresses.by_name.values()), None)

    expected = default if name is None else addresses.by_name.get(name, default)
    assert expected == addresses.resolve(name)


@given(text=st.text(min_size=5))
def test_a_refusal_does_not_quote_what_was_given(text: str) -> None:
    canary = f"\x00{text}"
    for parse in (parse_platform_key, parse_merchant_identifier, parse_locale, ADDRESSES.parse):
        with pytest.raises(InputRefused) as refused:
            parse(canary)

        assert canary not in str(refused.value)

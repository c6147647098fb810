"""Which language is for whom."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.locales import LOCALES, match
from entrypoints.web.languages import Languages
from entrypoints.web.languages.accepting import MOST, parse


LANGUAGES = Languages.load()
GERMAN_BY_DEFAULT = Languages.load("de")


def accepted(accept_language: str | None, languages: Languages = LANGUAGES) -> str:
    return languages.choose(accept_language=accept_language).tag


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("en-US", "en-US"),
        ("en", "en-US"),
        ("en-GB", "en-US"),
        ("EN_gb", "en-US"),
        ("fr-FR", "fr-FR"),
        ("fr", "fr-FR"),
        ("fr-CA", "fr-FR"),
        ("fr-Latn-CH", "fr-FR"),
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-de", "de"),
        ("es-419", "es"),
        ("nl_BE", "nl"),
        ("ar-EG", "ar"),
        ("pt-BR", None),
        ("deu", None),
        ("d", None),
        ("", None),
        ("-", None),
        ("*", None),
        ("de\n", None),
    ],
)
def test_a_regional_tag_matches_its_language(wanted: str, expected: str | None) -> None:
    assert expected == match(wanted)


def test_the_very_tag_goes_before_another_region_of_the_language() -> None:
    locales = ("fr-FR", "fr-CA")

    assert "fr-CA" == match("fr-ca", locales)
    assert "fr-FR" == match("fr-BE", locales)


@pytest.mark.parametrize(
    ("asked", "granted", "accept_language", "expected"),
    [
        ("de", "fr-FR", "es", "de"),
        ("de-CH", None, None, "de"),
        (None, "fr", "es", "fr-FR"),
        ("", "fr", "es", "fr-FR"),
        ("tlh", "fr", "es", "fr-FR"),
        ("../../etc/passwd", None, "es", "es"),
        (None, "tlh", "es", "es"),
        (None, "", "es", "es"),
        (None, None, "es", "es"),
        (None, None, "tlh", "nl"),
        (None, None, "", "nl"),
        (None, None, None, "nl"),
    ],
)
def test_who_asks_goes_before_the_platform_the_browser_and_the_default(
    asked: str | None, granted: str | None, accept_language: str | None, expected: str
) -> None:
    chosen = Languages.load("nl").choose(
        asked=asked, granted=granted, accept_language=accept_language
    )

    assert expected == chosen.tag


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        ("fr", "fr-FR"),
        ("fr-CA, de", "fr-FR"),
        ("de;q=0.8, fr;q=0.9", "fr-FR"),
        ("de; q=0.8 ,\tfr ; Q=0.81", "fr-FR"),
        ("de;q=0.8, fr;q=0.8", "de"),
        ("de;q=0.999, fr", "fr-FR"),
        ("pt-BR, pt;q=0.9, es;q=0.8, en;q=0.7", "es"),
        ("nl;q=1., ar;q=0.001", "nl"),
        ("ar;q=0.001", "ar"),
        ("*", "en-US"),
        ("tlh, *;q=0.5", "en-US"),
        ("*;q=0.5, nl;q=0.4", "en-US"),
        ("nl, *;q=0.5", "nl"),
        ("en;q=0, *", "fr-FR"),
        ("en-US;q=0, *", "fr-FR"),
        ("en-GB;q=0, *", "en-US"),
        ("en;q=0, fr;q=0, *;q=0.1", "de"),
        ("de;q=0, de-AT", "en-US"),
        ("en;q=0", "en-US"),
        ("*;q=0", "en-US"),
        ("fr;q=0", "en-US"),
    ],
)
def test_the_weights_of_the_browser_count(accept_language: str, expected: str) -> None:
    assert expected == accepted(accept_language)


@pytest.mark.parametrize(
    "element",
    [
        *(
            "fr;q=2",
            "fr;q=1.001",
            "fr;q=-1",
            "fr;q=0.1234",
            "fr;q=NaN",
            "fr;q=1e0",
            "fr;q=",
            "fr;q",
        ),
        *(
            "fr;level=1",
            "fr;q=1;q=1",
            "fr fr",
            "fr;",
            "f_r",
            "fr-",
            "-fr",
            "frenchlanguage",
            "fr*",
        ),
        *(
            "",
            " ",
            ";",
            ";q=1",
            "\x00fr",
            "fr\r\nX: y",
            "ﬀ",
            "fr;q=\N{FULLWIDTH DIGIT ONE}",
            "<script>",
            "%66%72",
        ),
    ],
)
def test_what_is_not_in_the_form_of_the_header_is_passed_over(element: str) -> None:
    assert "de" == accepted(element, GERMAN_BY_DEFAULT)
    assert "nl" == accepted(f"{element},nl;q=0.1", GERMAN_BY_DEFAULT)
    assert "nl" == accepted(f"nl;q=0.1,{element}", GERMAN_BY_DEFAULT)


def test_no_more_is_looked_at_than_browsers_send() -> None:
    padding = "tlh," * (MOST - 1)

    assert "fr-FR" == accepted(f"{padding}fr")
    assert "en-US" == accepted(f"{padding}tlh,fr")
    assert "en-US" == accepted("q=" * 1_000_000)


@given(
    asked=st.none() | st.text(),
    granted=st.none() | st.text(),
    accept_language=st.none() | st.text() | st.text("enfrdaEsl,;=q01.*- \t"),
)
def test_whatever_is_sent_one_of_our_languages_comes_out(
    asked: str | None, granted: str | None, accept_language: str | None
) -> None:
    chosen = LANGUAGES.choose(asked=asked, granted=granted, accept_language=accept_language)

    assert chosen in LANGUAGES.every


weights = st.integers(0, 1000).map(lambda thousandths: f"{thousandths / 1000:.3f}")


@given(wishes=st.lists(st.tuples(st.sampled_from(LOCALES), weights), unique_by=lambda w: w[0]))
def test_the_heaviest_language_is_chosen_and_the_first_of_those_that_are_alike(
    wishes: list[tuple[str, str]],
) -> None:
    chosen = accepted(",".join(f"{tag};q={weight}" for tag, weight in wishes))

    heaviest = max((float(weight) for _, weight in wishes), default=0.0)
    expected = next((tag for tag, weight in wishes if float(weight) == heaviest > 0), "en-US")
    assert expected == chosen


tags = st.from_regex(re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,3}"), fullmatch=True)


@given(wishes=st.lists(st.tuples(tags, weights), max_size=MOST))
def test_every_wish_is_read_once_the_weightiest_first(wishes: list[tuple[str, str]]) -> None:
    read = parse(", ".join(f"{tag};q={weight}" for tag, weight in wishes))

    wanted = [(tag.lower(), float(weight)) for tag, weight in wishes if float(weight)]
    wanted.sort(key=lambda wish: -wish[1])
    assert tuple(tag for tag, _ in wanted) == read.wanted
    assert {tag.lower() for tag, weight in wishes if not float(weight)} == read.unwanted

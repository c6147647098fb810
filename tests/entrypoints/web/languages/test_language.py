"""What one language knows."""

import datetime as dt

import pytest

from entrypoints.locales import LOCALES, SOURCE
from entrypoints.web.languages import N_, Language, Languages


LANGUAGES = Languages.load()
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
FIRST_STRONG, POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def test_all_languages_are_there_in_the_order_of_a_menu() -> None:
    assert LOCALES == tuple(language.tag for language in LANGUAGES.every)
    assert SOURCE == LANGUAGES.default.tag
    assert "Language('de')" == repr(LANGUAGES.by_tag["de"])


@pytest.mark.parametrize(
    ("tag", "direction", "own_name"),
    [
        ("en-US", "ltr", "English"),
        ("fr-FR", "ltr", "Français"),
        ("de", "ltr", "Deutsch"),
        ("es", "ltr", "Español"),
        ("nl", "ltr", "Nederlands"),
        ("ar", "rtl", "العربية"),
    ],
)
def test_a_language_knows_its_direction_and_what_it_calls_itself(
    tag: str, direction: str, own_name: str
) -> None:
    language = LANGUAGES.by_tag[tag]

    assert (tag, direction, own_name) == (language.tag, language.dir, language.own_name)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en-US", "November 3, 2026, 2:05\N{NARROW NO-BREAK SPACE}PM UTC"),
        ("fr-FR", "3 novembre 2026, 14:05 UTC"),
        ("de", "3. November 2026, 14:05 UTC"),
        ("es", "3 de noviembre de 2026, 14:05 UTC"),
        ("nl", "3 november 2026, 14:05 UTC"),
        ("ar", "3 نوفمبر 2026، 2:05 م UTC"),
    ],
)
def test_a_moment_is_told_as_people_write_it_and_in_utc(tag: str, expected: str) -> None:
    moment = dt.datetime(2026, 11, 3, 19, 35, 59, tzinfo=EAST)

    assert expected == LANGUAGES.by_tag[tag].moment(moment)


def test_the_source_is_what_the_code_says() -> None:
    source = LANGUAGES.by_tag[SOURCE]

    assert "Coming soon" == source.gettext("Coming soon")
    assert "%(num)s result" == source.ngettext("%(num)s result", "%(num)s results", 1)
    assert "%(num)s results" == source.ngettext("%(num)s result", "%(num)s results", 0)


def test_a_text_that_nobody_translated_stays_english() -> None:
    unheard_of = "A text that is in no catalogue"

    assert {unheard_of} == {language.gettext(unheard_of) for language in LANGUAGES.every}
    assert {unheard_of} == {
        language.ngettext(unheard_of, "More of them", 1) for language in LANGUAGES.every
    }


def test_a_mark_changes_nothing() -> None:
    assert "Coming soon" == N_("Coming soon")


@pytest.mark.parametrize("name", ["Xero", "QuickBooks Online (UK)", "Müller & Søn", ""])
def test_a_name_is_kept_apart_from_text_of_the_other_direction(name: str) -> None:
    def told_by(language: Language) -> str:
        return language.isolate(name)

    assert name == told_by(LANGUAGES.by_tag["de"])
    assert f"{FIRST_STRONG}{name}{POP}" == told_by(LANGUAGES.by_tag["ar"])


@pytest.mark.parametrize("name", ["مخبز الركن", "מאפייה", "Bakery (مخبز)"])
def test_a_name_from_right_to_left_is_kept_apart_everywhere(name: str) -> None:
    isolated = {language.isolate(name) for language in LANGUAGES.every}

    assert {f"{FIRST_STRONG}{name}{POP}"} == isolated

"""How templates translate."""

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from entrypoints.web.languages import Language, Languages
from entrypoints.web.languages.templates import install
from tests.entrypoints.web.languages.pseudo import pseudo_language


PSEUDO = pseudo_language()
ENGLISH = Languages.load().default


def render(language: Language | None, template: str, /, **values: object) -> str:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader(
            {
                "page": template,
                "parts": "{% macro greet(name) %}{% trans %}Hello {{ name }}{% endtrans %}"
                "{% endmacro %}",
            }
        ),
    )
    install(environment)
    given = {} if language is None else {"language": language}
    return environment.get_template("page").render(**given, **values)


@pytest.mark.parametrize(
    ("template", "english", "other"),
    [
        ("{{ _('Find') }}", "Find", "⟦Find⟧"),
        ("{{ _('Go to %(name)s', name=name) }}", "Go to &lt;b&gt;", "⟦Go to &lt;b&gt;⟧"),
        ("{{ _('100%%') }}", "100%", "⟦100%⟧"),
        (
            "{% trans %}Codat <b>has</b> it{% endtrans %}",
            "Codat <b>has</b> it",
            "⟦Codat <b>has</b> it⟧",
        ),
        ("{% trans %}For <b>{{ name }}</b>{% endtrans %}", "For <b>&lt;b&gt;</b>", None),
        ("{% trans %}100 % of it{% endtrans %}", "100 % of it", "⟦100 % of it⟧"),
        ("{% trans %}\n  One\n  line\n{% endtrans %}", "One line", "⟦One line⟧"),
        ("{% trans n=1 %}{{ n }} shop{% pluralize %}{{ n }} shops{% endtrans %}", "1 shop", None),
        ("{% trans n=2 %}{{ n }} shop{% pluralize %}{{ n }} shops{% endtrans %}", "2 shops", None),
        ("{{ ngettext('%(num)s shop', '%(num)s shops', 3) }}", "3 shops", "⟦3 shops⟧"),
        (
            "{% import 'parts' as parts with context %}{{ parts.greet(name) }}",
            "Hello &lt;b&gt;",
            "⟦Hello &lt;b&gt;⟧",
        ),
    ],
)
def test_texts_are_markup_and_what_is_put_into_them_is_text(
    template: str, english: str, other: str | None
) -> None:
    assert english == render(ENGLISH, template, name="<b>")
    assert (other or f"⟦{english}⟧") == render(PSEUDO, template, name="<b>")


@pytest.mark.parametrize(
    "template",
    [
        "{{ _('Find') }}",
        "{% trans n=2 %}{{ n }} shop{% pluralize %}{{ n }} shops{% endtrans %}",
        "{% import 'parts' as parts %}{{ parts.greet('you') }}",
    ],
    ids=["text", "number", "macro without context"],
)
def test_a_template_that_does_not_know_for_whom_it_speaks_fails(template: str) -> None:
    language = ENGLISH if "import" in template else None

    with pytest.raises(KeyError, match="language"):
        render(language, template)

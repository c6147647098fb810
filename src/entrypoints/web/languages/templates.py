"""Translation in templates."""

from typing import Final

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from entrypoints.web.languages.language import Language


EXTENSION: Final = "jinja2.ext.i18n"
POLICIES: Final = {"ext.i18n.trimmed": True}
"""A text may be broken into lines and indented: it is one line all the same."""


def install(environment: Environment) -> None:
    """
    Let templates translate: `{% trans %}…{% endtrans %}`, `_()` and `ngettext()`.

    One *environment* serves all languages: each rendering is given its `language`.
    Macros that translate are imported `with context`, else they know no language and fail.
    Texts are markup, as the rest of a template is; what is put into them is escaped.
    """
    environment.policies.update(POLICIES)
    environment.add_extension(EXTENSION)
    # The extension adds these to the environment; nobody declares them.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )


@pass_context
def _gettext(context: Context, text: str) -> str:
    return _language(context).gettext(text)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    return _language(context).ngettext(one, many, number)


def _language(context: Context) -> Language:
    language: Language = context["language"]
    return language

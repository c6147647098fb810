"""A language in which every text that was translated shows."""

from gettext import NullTranslations

from entrypoints.web.languages import Language


OPEN, CLOSE = "⟦", "⟧"


class Marked(NullTranslations):
    """English, with each text in brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{OPEN}{super().ngettext(msgid1, msgid2, n)}{CLOSE}"


def pseudo_language(tag: str = "en-US") -> Language:
    """The language under the *tag* of another."""
    return Language.speaking(tag, Marked())

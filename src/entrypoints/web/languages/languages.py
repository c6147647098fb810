"""All languages of the hosted pages, and which of them is for whom."""

from collections.abc import Mapping
from typing import Self

import attrs

from entrypoints.locales import LOCALES, SOURCE, match
from entrypoints.web.languages.accepting import Wishes, parse
from entrypoints.web.languages.catalogues import texts_of
from entrypoints.web.languages.language import Language


@attrs.frozen
class Languages:
    """The languages by their tags, and the one for those who ask for none."""

    by_tag: Mapping[str, Language]
    default: Language

    @classmethod
    def load(cls, default: str = SOURCE) -> Self:
        """Read the catalogues; *default* is the tag of one of `LOCALES`."""
        by_tag = {tag: Language.speaking(tag, texts_of(tag)) for tag in LOCALES}
        return cls(by_tag, by_tag[default])

    @property
    def every(self) -> tuple[Language, ...]:
        """All languages, in the order in which a menu shows them."""
        return tuple(self.by_tag.values())

    def choose(
        self,
        *,
        asked: str | None = None,
        granted: str | None = None,
        accept_language: str | None = None,
    ) -> Language:
        """
        The language for one answer.

        What was *asked* for in so many words, else what the platform *granted* in the
        connect token, else what the browser accepts, else the default.
        Each may be any text; what is no language of ours is passed over.
        """
        for wanted in (asked, granted):
            found = self.find(wanted) if wanted else None
            if found:
                return found
        return self._accepted(parse(accept_language or ""))

    def find(self, wanted: str) -> Language | None:
        """The language that serves somebody who wants the one of the tag *wanted*."""
        tag = match(wanted, self.by_tag)
        return self.by_tag[tag] if tag else None

    def _accepted(self, wishes: Wishes) -> Language:
        for wanted in wishes.wanted:
            suitable = [self.default, *self.every] if wanted == "*" else [self.find(wanted)]
            for language in suitable:
                if language and not wishes.refuse(language.tag):
                    return language
        return self.default

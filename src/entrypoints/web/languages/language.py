"""One language of the hosted pages."""

import datetime as dt
from gettext import NullTranslations
from typing import Final, Literal, Self, TypeAlias
from unicodedata import bidirectional

import attrs
from babel import Locale
from babel.dates import format_date, format_time


Direction: TypeAlias = Literal["ltr", "rtl"]
RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Language:
    """
    What a page needs in order to speak to a merchant.

    *tag* and *dir* are for the attributes `lang` and `dir`; *own_name* is what a menu of
    languages says: `Deutsch`.
    """

    tag: str
    dir: Direction
    own_name: str
    _locale: Locale
    _texts: NullTranslations

    @classmethod
    def speaking(cls, tag: str, texts: NullTranslations) -> Self:
        """The language of *tag*, whose *texts* are translated already."""
        locale = Locale.parse(tag, sep="-")
        name = locale.get_language_name() or tag
        return cls(
            tag=tag,
            dir="rtl" if locale.text_direction == "rtl" else "ltr",
            own_name=name[:1].upper() + name[1:],
            locale=locale,
            texts=texts,
        )

    def __repr__(self) -> str:
        return f"Language({self.tag!r})"

    def gettext(self, text: str) -> str:
        """The English *text* in this language."""
        return self._texts.gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The form of the text that goes with *number* things; it may contain `%(num)s`."""
        return self._texts.ngettext(one, many, number)

    def isolate(self, name: str) -> str:
        """
        A *name* to be put into a text, so that neither disturbs the other's direction.

        Where there is markup, `bdi` does it; elsewhere Unicode's isolates do (UAX #9 §2.7).
        """
        foreign = self.dir == "rtl" or any(bidirectional(c) in RIGHT_TO_LEFT for c in name)
        return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if foreign else name

    def moment(self, moment: dt.datetime) -> str:
        """The date and the time of an aware *moment* as people write it here, in UTC."""
        utc = moment.astimezone(dt.UTC)
        date = format_date(utc, "long", locale=self._locale)
        time = format_time(utc, "short", locale=self._locale)
        return f"{self._locale.datetime_formats['long'].format(time, date)} UTC"

"""The tiles of the picker: one integration each, as one merchant finds it."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Self

import attrs

from domain.ids import PlatformKey
from domain.model.integration import Availability, Integration
from domain.model.picture import PictureKind
from domain.model.sync_session import SyncSessionStatus
from domain.use_cases.confirm_connection import Standing
from entrypoints.web.languages import Language
from entrypoints.web.logos import Logos


ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "ldgh": ("Kounta",),
    "ndsk": ("QBO", "Intuit"),
    "qhyg": ("QBO", "Intuit"),
    "tgff": ("Sage One", "Sage Business Cloud"),
    "ugxp": ("iZettle", "PayPal"),
}
"""What merchants also call some integrations, beside their names."""

WHITE_SPACE: Final = re.compile(
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)
"""Unicode's property of this name, as in browsers; Python's own idea of it is another."""

MOST_REMEMBERED: Final = 1024
"""Names as a search compares them, in whichever way merchants write them."""

MOST_MADE: Final = 2000
"""Tiles; half a kilobyte each."""

IGNORED: Final = frozenset({"Mn", "Mc", "Me", "Cf"})
"""The general categories of marks, and of what formats text and cannot be seen."""


@attrs.frozen(kw_only=True)
class Tile:
    """
    One integration on the page, all words in the merchant's language.

    *state* is `choose`, `continue`, `manage`, `soon` or `off`; only the first three can be
    started. *label* stands on the tile, *note* below it, *busy* while the merchant is on the way.
    *letter* shows where *logo* is missing or broken; *art* and *art_hover* are the button that the
    integration's owner asks for. *wanted* tells that the merchant wants to hear when it is ready.
    *terms* is what a search looks in.
    """

    key: PlatformKey
    name: str
    state: str
    label: str
    note: str
    busy: str
    letter: str
    terms: str
    logo: str | None = None
    art: str | None = None
    art_hover: str | None = None
    art_words: str = ""
    wanted: bool = False

    @property
    def startable(self) -> bool:
        """Whether it is a button."""
        return self.state in {"choose", "continue", "manage"}


@attrs.frozen
class Stand:
    """
    All that a tile tells of how a merchant's sync session stands; two that are equal look alike.

    *organisation* is what the merchant's own accounting calls it, where that is to be told.
    """

    begun: bool = False
    completed: bool = False
    organisation: str | None = None

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """What there is to tell of *standing*."""
        if not standing.session.redirects:
            return cls()
        if standing.session.status is not SyncSessionStatus.COMPLETED:
            return cls(begun=True)
        organisation = standing.report.organisation if standing.report else None
        return cls(begun=True, completed=True, organisation=organisation)


NOT_BEGUN: Final = Stand()


@attrs.frozen
class Tiles:
    """
    Makes tiles, each once for all who see the same; *logos* knows where the pictures are.

    An integration is known again as long as it is the very same object.
    """

    logos: Logos
    _made: "dict[tuple[object, ...], tuple[Integration, Tile]]" = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    def tile(
        self,
        language: Language,
        integration: Integration,
        standing: Standing | None = None,
        *,
        wanted: bool = False,
    ) -> Tile:
        """The tile of *integration*, by how the merchant's latest sync session for it stands."""
        stand = Stand.of(standing) if standing else NOT_BEGUN
        key = (id(integration), language.tag, stand, wanted)
        known, made = self._made.get(key, (None, None))
        if made is None or known is not integration:
            made = self._make(language, integration, stand, wanted=wanted)
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            self._made[key] = integration, made
        return made

    def _make(
        self, language: Language, integration: Integration, stand: Stand, *, wanted: bool
    ) -> Tile:
        state = _state(integration, stand)
        name = integration.name
        label, note = _words(language, state, name, stand)
        art = state == "choose"
        return Tile(
            key=integration.key,
            name=name,
            state=state,
            label=label,
            note=note,
            busy=language.gettext("Taking you to %(name)s…") % {"name": language.isolate(name)},
            letter=name[:1].upper(),
            terms=plain(" ".join((name, *ALIASES.get(integration.key, ())))),
            logo=self.logos.address(integration, PictureKind.LOGO),
            art=self.logos.address(integration, PictureKind.BUTTON) if art else None,
            art_hover=self.logos.address(integration, PictureKind.BUTTON_HOVER) if art else None,
            art_words=language.gettext("Connect to %(name)s") % {"name": language.isolate(name)},
            wanted=wanted,
        )


def matches(tile: Tile, sought: str) -> bool:
    """Whether every word of *sought* is in what the tile is called; case and accents aside."""
    words = WHITE_SPACE.split(sought)
    return all(plain(word) in tile.terms for word in words) or plain(sought) in tile.terms


@functools.lru_cache(MOST_REMEMBERED)
def plain(text: str) -> str:
    """
    *text* without case, marks, spaces and what cannot be seen, as a search compares it.

    The scripts of the pages and of the component do the same, in the same order.
    """
    spread = WHITE_SPACE.sub("", unicodedata.normalize("NFKD", text))
    kept = "".join(c for c in spread if unicodedata.category(c) not in IGNORED)
    return kept.lower().replace("ß", "ss").replace("ς", "σ")  # noqa: RUF001 - it is Greek


def _state(integration: Integration, stand: Stand) -> str:
    if integration.availability is Availability.COMING_SOON:
        return "soon"
    if integration.availability is Availability.DISABLED:
        return "off"
    if not stand.begun:
        return "choose"
    return "manage" if stand.completed else "continue"


def _words(language: Language, state: str, name: str, stand: Stand) -> tuple[str, str]:
    """What stands on a tile, and below it."""
    _ = language.gettext
    if state == "continue":
        return _("Continue with %(name)s") % {"name": language.isolate(name)}, _(
            "Started, not finished yet"
        )
    if state == "manage":
        organisation = stand.organisation
        note = (
            _("Connected to %(organisation)s") % {"organisation": language.isolate(organisation)}
            if organisation
            else _("Connected")
        )
        return _("Manage %(name)s") % {"name": language.isolate(name)}, note
    return name, {"soon": _("Coming soon"), "off": _("Not available right now")}.get(state, "")

"""What the picker shows, before it becomes a page, or JSON for the web component."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Self

import attrs

from domain.ids import PlatformKey
from domain.model.connector import Side
from domain.use_cases.confirm_connection import Standing
from domain.use_cases.list_integrations import Offer
from entrypoints.web.languages import Language
from entrypoints.web.pages.tiles import Stand, Tile, Tiles, matches


MANY: Final = 5
"""With more integrations than this, a search earns its place."""

NOBODY: Final = frozenset[PlatformKey]()


@attrs.frozen(kw_only=True)
class Group:
    """Tiles that belong together."""

    id: str
    heading: str
    tiles: tuple[Tile, ...]


@attrs.frozen
class Moment:
    """A time within a text: its *words* there, in UTC, and *at* as HTML takes it (ISO 8601)."""

    words: str
    at: str

    @classmethod
    def of(cls, moment: dt.datetime, language: Language) -> Self:
        """An aware *moment*, as *language* tells it."""
        at = moment.astimezone(dt.UTC).isoformat(timespec="seconds")
        return cls(language.moment(moment), at)


@attrs.frozen(kw_only=True)
class Trouble:
    """
    A start that did not work, told on the picker itself; *key* is missing where none can work.

    *wait* is in seconds, and there where trying earlier makes no sense; *until* says it in words,
    with *moment* among them where they name a time.
    """

    key: PlatformKey | None
    title: str
    detail: str
    reference: str
    wait: int | None = None
    until: str = ""
    moment: Moment | None = None


@attrs.frozen(kw_only=True)
class PickerView:
    """
    The whole picker, all words in the merchant's language.

    *only* is the one integration there is to choose, where there is but one: then the page asks
    for a confirmation, and still starts nothing by itself. *as_of* is the time that *hint* names.
    """

    title: str
    lead: str
    groups: tuple[Group, ...]
    sought: str = ""
    searchable: bool = False
    nothing: bool = False
    hint: str = ""
    as_of: Moment | None = None
    only: Tile | None = None
    trouble: Trouble | None = None


@attrs.frozen
class PickerViews:
    """Composes the picker; *side* is the connector's, so that merchants choose of the other."""

    tiles: Tiles
    side: Side

    def view(
        self,
        language: Language,
        offer: Offer,
        standings: Sequence[Standing],
        *,
        wanted: Collection[PlatformKey] = NOBODY,
        sought: str = "",
        trouble: Trouble | None = None,
    ) -> PickerView:
        """
        Everything on offer, what was begun before first; *sought* narrows it by name.

        *standings* come newest first.
        """
        _ = language.gettext
        latest = _latest(standings)
        tiles = [
            _told_of(
                trouble, self.tiles.tile(language, i, latest.get(i.key), wanted=i.key in wanted)
            )
            for i in offer.catalogue.offered
        ]
        groups = (
            _group("begun", _("Started"), {"continue"}, tiles, sought),
            _group("connected", _("Connected"), {"manage"}, tiles, sought),
            _group("ready", _("Available"), {"choose"}, tiles, sought),
            _group("soon", _("Coming soon"), {"soon"}, tiles, sought),
            _group("off", _("Not available right now"), {"off"}, tiles, sought),
        )
        as_of = Moment.of(offer.as_of, language) if offer.last_known else None
        only = tiles[0] if len(tiles) == 1 and tiles[0].startable else None
        return PickerView(
            title=self._title(language, tiles, only),
            lead=_("You will go on to Codat’s secure pages, sign in there, and then come back.")
            if any(tile.startable for tile in tiles)
            else _("Please come back later."),
            groups=tuple(group for group in groups if group.tiles),
            sought=sought,
            searchable=len(tiles) > MANY,
            nothing=not tiles,
            hint=_hint(language, as_of) if as_of else "",
            as_of=as_of,
            only=only,
            trouble=trouble,
        )

    def _title(self, language: Language, tiles: Sequence[Tile], only: Tile | None) -> str:
        _ = language.gettext
        if not any(tile.startable for tile in tiles):
            return _("There is nothing to connect yet")
        if only and only.state != "choose":
            return only.label
        if only:
            return _("Connect %(name)s") % {"name": language.isolate(only.name)}
        if self.side is Side.COMMERCE:
            return _("Select your accounting software")
        return _("Select your sales system")


def seen_of(standings: Sequence[Standing]) -> Mapping[PlatformKey, Stand]:
    """All that a picker tells of *standings*, which come newest first."""
    return {key: Stand.of(standing) for key, standing in _latest(standings).items()}


def _told_of(trouble: Trouble | None, tile: Tile) -> Tile:
    """The *tile*, which says so itself if it is the one that did not work."""
    if trouble is None or trouble.key != tile.key:
        return tile
    return attrs.evolve(tile, note=trouble.title)


def _group(
    name: str, heading: str, states: Collection[str], tiles: Sequence[Tile], sought: str
) -> Group:
    found = tuple(t for t in tiles if t.state in states and matches(t, sought))
    return Group(id=name, heading=heading, tiles=found)


def _hint(language: Language, as_of: Moment) -> str:
    return language.gettext(
        "The list may be out of date: it is the one of %(moment)s. You can still try to connect."
    ) % {"moment": as_of.words}


def _latest(standings: Sequence[Standing]) -> Mapping[PlatformKey, Standing]:
    latest: dict[PlatformKey, Standing] = {}
    for standing in standings:
        latest.setdefault(standing.session.platform_key, standing)
    return latest

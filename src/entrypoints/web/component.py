"""What `<tillbridge-picker>` shows on a page of the platform's: the picker as JSON."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from domain.model.brand import Brand
from domain.model.merchant import Merchant
from domain.use_cases.redeem_connect_token import Ticket, seconds_left
from entrypoints.settings import Settings
from entrypoints.web.brand import brand_values
from entrypoints.web.languages import N_, Language
from entrypoints.web.pages.look import Look
from entrypoints.web.pages.picker import PickerView, Trouble
from entrypoints.web.pages.tiles import Tile


TEXTS = {
    "loading": N_("Loading…"),
    "failed": N_("This cannot be shown at the moment"),
    "blame": N_("It is our fault, not yours. Please try again; nothing that you did is lost."),
    "offline": N_(
        "You are offline. This page stays as it is; "
        "you can go on as soon as you are connected again."
    ),
    "retry": N_("Try again"),
    # Translators: before a short code that the merchant reads out to support.
    "reference": N_("Reference:"),
}
"""What the component says before it has an answer; its script is served with all languages."""


class ShownTile(msgspec.Struct, rename="camel"):
    """One integration; see `Tile`."""

    key: str
    name: str
    state: str
    label: str
    note: str
    busy: str
    letter: str
    terms: str
    logo: str | None
    art: str | None
    art_hover: str | None
    art_words: str


class ShownGroup(msgspec.Struct):
    """Tiles that belong together."""

    heading: str
    tiles: list[ShownTile]


class SearchWords(msgspec.Struct):
    """
    What is said around the search; there is none where there is little to choose.

    *none* is said where nothing is found, before and after what was sought.
    """

    label: str
    matches: str
    none: tuple[str, str]
    clear: str


class ShownTrouble(msgspec.Struct):
    """Why nothing can be started for now; *wait* is in seconds."""

    title: str
    detail: str
    reference: str
    wait: int | None


class ShownBrand(msgspec.Struct):
    """The look of the brand; *properties* are custom properties, as in `tillbridge.css`."""

    mode: str
    properties: dict[str, str]


class ComponentView(msgspec.Struct, rename="camel"):
    """
    Everything that the component needs, all texts in the merchant's language.

    *ticket* is for the form by which the merchant leaves, as often as it does, and good for
    *expiresIn* seconds.
    """

    ticket: str
    expires_in: int
    language: str
    dir: str
    title: str
    merchant: str
    lead: str
    hint: str
    nothing: str
    groups: list[ShownGroup]
    search: SearchWords | None
    trouble: ShownTrouble | None
    brand: ShownBrand

    def __repr__(self) -> str:
        """Nothing of the ticket."""
        return f"ComponentView(language={self.language!r}, expires_in={self.expires_in!r})"


def texts_in(languages: Iterable[Language]) -> dict[str, dict[str, str]]:
    """What the component says before it has an answer, by the tags of *languages*."""
    return {
        language.tag: {name: language.gettext(text) for name, text in TEXTS.items()}
        for language in languages
    }


def shown(
    look: Look, view: PickerView, ticket: Ticket, settings: Settings, now: dt.datetime
) -> ComponentView:
    """The *view* as the component of a page elsewhere shows it: with absolute addresses."""
    language = look.language
    return ComponentView(
        ticket=ticket.secret,
        expires_in=seconds_left(ticket.expires_at, now),
        language=language.tag,
        dir=language.dir,
        title=view.title,
        merchant=_for(ticket.grant.merchant, language),
        lead=view.lead,
        hint=view.hint,
        nothing=_nothing(language) if view.nothing else "",
        groups=[
            ShownGroup(
                heading=group.heading, tiles=[_shown(tile, settings) for tile in group.tiles]
            )
            for group in view.groups
        ],
        search=_search(language) if view.searchable else None,
        trouble=_trouble(view.trouble) if view.trouble else None,
        brand=_brand(look.brand),
    )


def _shown(tile: Tile, settings: Settings) -> ShownTile:
    return ShownTile(
        key=tile.key,
        name=tile.name,
        state=tile.state,
        label=tile.label,
        note=tile.note,
        busy=tile.busy,
        letter=tile.letter,
        terms=tile.terms,
        logo=_absolute(tile.logo, settings),
        art=_absolute(tile.art, settings),
        art_hover=_absolute(tile.art_hover, settings),
        art_words=tile.art_words,
    )


def _absolute(address: str | None, settings: Settings) -> str | None:
    """A path of ours as an address; addresses of others stay as they are."""
    if address is None or not address.startswith("/"):
        return address
    return f"{settings.public_url}{address.removeprefix(settings.base_path)}"


def _for(merchant: Merchant, language: Language) -> str:
    name = language.isolate(merchant.name or merchant.identifier)
    return language.gettext("For %(name)s") % {"name": name}


def _nothing(language: Language) -> str:
    return language.gettext("Please come back later.")


def _search(language: Language) -> SearchWords:
    _ = language.gettext
    none = _("Nothing matches “<bdi data-sought>%(sought)s</bdi>”.")
    before, _sought, after = none.partition("<bdi data-sought>%(sought)s</bdi>")
    return SearchWords(
        label=_("Find your software"),
        matches=_("Matches:"),
        none=(before, after),
        clear=_("Show everything"),
    )


def _trouble(trouble: Trouble) -> ShownTrouble:
    return ShownTrouble(
        title=trouble.title,
        detail=f"{trouble.detail} {trouble.until}".strip(),
        reference=trouble.reference,
        wait=trouble.wait,
    )


def _brand(brand: Brand) -> ShownBrand:
    return ShownBrand(mode=brand.mode.value if brand.mode else "", properties=brand_values(brand))

"""How the pages look for one request: language, brand, and the way back to the platform."""

import base64
import binascii
import hashlib
from typing import Any, Final
from urllib.parse import quote

import attrs
import msgspec

from domain.ids import ReturnName, Secret, SyncSessionId
from domain.model.brand import Brand
from domain.model.caller import Grant, MerchantCaller
from entrypoints.locales import SOURCE
from entrypoints.settings import Settings
from entrypoints.web.auth import CALLER, AnyRequest, entered_by
from entrypoints.web.brand import decode_brand, encode_brand
from entrypoints.web.cross_site import is_framed
from entrypoints.web.headers import Cookie
from entrypoints.web.languages import Language, Languages


REMEMBERED_FOR: Final = 30 * 24 * 3600
"""Seconds that a browser remembers how its pages looked: the page of an ended visit looks so."""

START: Final = "/connect"
"""The page where everything begins."""

LONGEST_TAG: Final = 35
"""Language tags are no longer than this (RFC 5646 §4.4.1 has that as what everyone supports)."""


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """
    What the cookie holds: nothing that is secret, and nothing that is believed without a check.

    *asked* is the language that was chosen on a page, and *whose* the mark of the merchant who
    did, if somebody was logged in; *granted* is the language of the platform.
    """

    asked: str | None = None
    whose: str | None = None
    granted: str | None = None
    back: str | None = None
    brand: str | None = None


NOTHING: Final = Remembered()
LENT: Final = "tillbridge.look"
"""Where a request keeps the look of the connect token that it brought in vain."""


def lend(request: AnyRequest, look: Grant | None) -> None:
    """Have the pages of *request* look as by *look*, in a browser that has none of its own."""
    scope: Any = request.scope
    scope[LENT] = look


@attrs.frozen(kw_only=True)
class Look:
    """
    How one answer looks.

    *chosen* tells that the request itself asks for the language; *here* the path by which the
    same page can be asked for again; *framed* tells that it is not the whole window, and *ticket*
    is what its forms carry then, since no cookie will go with them. *arrival* is the line of
    `Set-Cookie` for a browser that came in by this very request. *remembered* is what the
    browser's cookie says, and *known* that, or what was lent where it says nothing.
    """

    language: Language
    brand: Brand
    return_to: ReturnName | None = None
    caller: MerchantCaller | None = None
    chosen: bool = False
    here: str = START
    framed: bool = False
    remembered: Remembered = NOTHING
    known: Remembered = NOTHING
    ticket: Secret | None = attrs.field(default=None, repr=False)
    arrival: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Looks:
    """Finds out how an answer looks: by the login, else as the browser's pages looked before."""

    settings: Settings
    languages: Languages
    cookie: Cookie

    @property
    def plain(self) -> Look:
        """The look of what engineers read: in English, whoever asks."""
        return Look(language=self.languages.by_tag[SOURCE], brand=self.settings.brand)

    def of(self, request: AnyRequest) -> Look:
        """The look for whoever asks, logged in or not; nothing that is sent can make it fail."""
        scope: Any = request.scope
        caller = scope.get(CALLER)
        merchant = caller if isinstance(caller, MerchantCaller) else None
        return self.look(request, merchant.grant if merchant else None, merchant)

    def look(
        self, request: AnyRequest, grant: Grant | None, caller: MerchantCaller | None = None
    ) -> Look:
        """The look of a page for somebody of this *grant*."""
        entered = entered_by(request)
        framed = is_framed(request.headers)
        cookies = request.headers.getall("cookie", [])
        before = _read(self.cookie.find(cookies, framed=framed))
        known = _lent(request, before)
        chosen = self.languages.find(request.query_params.get("lang", "")[:LONGEST_TAG])
        accepted = request.headers.get("accept-language")
        if grant:
            look = self._granted(grant, before, chosen, accepted)
        else:
            language = self.languages.choose(
                asked=known.asked, granted=known.granted, accept_language=accepted
            )
            brand = (decode_brand(known.brand) if known.brand else None) or Brand()
            look = Look(
                language=chosen or language,
                brand=brand.over(self.settings.brand),
                return_to=ReturnName(known.back) if known.back else None,
            )
        return attrs.evolve(
            look,
            caller=caller,
            chosen=chosen is not None,
            here=quote(request.scope["path"]) if request.method == "GET" else START,
            framed=framed,
            remembered=before,
            known=known,
            arrival=entered.cookie if entered else None,
        )

    def at_the_start(self, caller: MerchantCaller, cookies: str, accepted: str | None) -> Look:
        """
        The look of a plain GET of `START` by *caller*: of the whole window, without a query.

        *cookies* and *accepted* are the headers `Cookie` and `Accept-Language`.
        """
        before = _read(self.cookie.find([cookies]))
        look = self._granted(caller.grant, before, None, accepted)
        return attrs.evolve(look, caller=caller, remembered=before, known=before)

    def _granted(
        self, grant: Grant, before: Remembered, chosen: Language | None, accepted: str | None
    ) -> Look:
        """What a *grant* has to do with the look of a page."""
        language = chosen or self.languages.choose(
            asked=_asked_by(grant, before), granted=grant.locale, accept_language=accepted
        )
        return Look(
            language=language,
            brand=grant.brand.over(self.settings.brand),
            return_to=grant.return_to,
        )

    def cookies(self, look: Look) -> tuple[str, ...]:
        """The lines of `Set-Cookie` that belong to a page of this *look*."""
        return tuple(line for line in (look.arrival, self.to_remember(look)) if line)

    def to_remember(self, look: Look) -> str | None:
        """The cookie that keeps *look* for when the login is over; none if it is kept already."""
        before = look.remembered
        kept = look.known
        if look.caller:
            grant = look.caller.grant
            asked = look.language.tag if look.chosen else _asked_by(grant, before)
            kept = Remembered(
                asked=asked,
                whose=_mark(grant) if asked else None,
                granted=grant.locale,
                back=grant.return_to,
                brand=_text_of(grant),
            )
        elif look.chosen:
            # By whoever opens a link: it counts for no merchant who logs in later.
            kept = msgspec.structs.replace(kept, asked=look.language.tag, whose=None)
        if kept == before:
            return None
        value = base64.urlsafe_b64encode(msgspec.json.encode(kept)).decode().rstrip("=")
        return self.cookie.set(value, REMEMBERED_FOR, framed=look.framed)

    def way_back(self, look: Look, session: SyncSessionId | None = None) -> str | None:
        """
        The platform's registered address, with the sync session's id where there is one.

        Never with a status: the platform should ask for that.
        """
        address = self.settings.return_urls.resolve(look.return_to)
        if address is None or session is None:
            return address
        return f"{address}{'&' if '?' in address else '?'}session={quote(session)}"


def _mark(grant: Grant) -> str:
    """Enough of a hash to tell the merchants of one browser apart."""
    return hashlib.sha256(grant.merchant.identifier.encode()).hexdigest()[:12]


def _asked_by(grant: Grant, before: Remembered) -> str | None:
    """The language that this merchant chose here; another one's choice does not count."""
    return before.asked if before.whose == _mark(grant) else None


def _lent(request: AnyRequest, before: Remembered) -> Remembered:
    """What the browser knows *before*, or else by the token that it brought in vain."""
    scope: Any = request.scope
    lent: Grant | None = scope.get(LENT)
    if lent is None or before.granted or before.back or before.brand:
        return before
    return msgspec.structs.replace(
        before, granted=lent.locale, back=lent.return_to, brand=_text_of(lent)
    )


def _text_of(grant: Grant) -> str | None:
    return None if grant.brand == Brand() else encode_brand(grant.brand)


def _read(cookie: str | None) -> Remembered:
    if cookie is None:
        return NOTHING
    try:
        padded = cookie + "=" * (-len(cookie) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Remembered)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return NOTHING

"""
The picker for a browser that looks at it for the first time, without the framework.

It is what the route would answer, byte by byte, made of the same parts: one read tells all that
is stored of the merchant, and what is drawn alike for many is there already. Whatever is out of
the ordinary, about the request, the login, the storage or Codat, goes the usual way, and so may
be forgotten here; all that is done before is reading.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from typing import Final, TypeVar

import attrs

from domain.errors import CodatError, StorageUnavailable
from domain.ids import PlatformKey, Secret
from domain.model.caller import Grant, MerchantCaller
from domain.ports.visits import Visit, Visits
from domain.use_cases.confirm_connection import Standing
from domain.use_cases.list_integrations import Offer
from entrypoints.web.asgi import Header, Message, Scope
from entrypoints.web.desk import Desk
from entrypoints.web.leaving import MOST_SESSIONS
from entrypoints.web.one_piece import lines
from entrypoints.web.pages.drawn import Pieces
from entrypoints.web.pages.look import START, Look
from entrypoints.web.pages.picker import NOBODY, seen_of
from entrypoints.web.standing import known


T = TypeVar("T")
MOST_PREPARED: Final = 200
"""Pages, about ten kilobytes each, and as many offers."""

LONGEST_WISHES: Final = 500
"""Characters of what a browser says of its languages and of its look, of which a page is kept."""

PAUSE: Final = 5.0
"""Seconds without another try after the storage could not be read."""

NOT_PLAIN: Final = frozenset({b"content-length", b"transfer-encoding"})
HOST: Final = b"host"
LENGTH: Final = b"content-length"
ACCEPTED: Final = b"accept-language"
DESTINATION: Final = b"sec-fetch-dest"
WINDOW: Final = b"document"


@attrs.frozen(kw_only=True)
class _Asked:
    """What a request for the picker says; *login* is the cookie's value."""

    login: Secret = attrs.field(repr=False)
    cookies: str = attrs.field(repr=False)
    looked: str | None
    accepted: str | None


@attrs.frozen(kw_only=True)
class _Offered:
    """An *offer*, which is the same from *since* until before *until* in this *edition*."""

    offer: Offer
    edition: int
    since: dt.datetime
    until: dt.datetime

    def holds(self, now: dt.datetime, edition: int) -> bool:
        return self.edition == edition and self.since <= now < self.until


@attrs.frozen
class _Prepared:
    """
    A page that many see, drawn of what was *offered*; *pieces* are filled in for each.

    *head* has the headers, as they are before and after the length.
    """

    offered: _Offered
    head: tuple[Sequence[Header], Sequence[Header]]
    pieces: Pieces
    _wire: tuple[bytes, bytes] = attrs.field(init=False, repr=False)

    @_wire.default
    def _write(self) -> tuple[bytes, bytes]:
        before, after = (lines(headers) for headers in self.head)
        return b"%b%b: " % (before, LENGTH), b"\r\n%b\r\n" % after

    def wire(self, content: bytes) -> bytes:
        before, after = self._wire
        return b"".join([before, str(len(content)).encode(), after, content])

    def start(self, content: bytes) -> Message:
        before, after = self.head
        length = (LENGTH, str(len(content)).encode())
        headers = [*before, length, *after]
        return {"type": "http.response.start", "status": 200, "headers": headers}


@attrs.frozen
class QuickPage:
    """One merchant's page; it has all that a `ready.Answer` has."""

    prepared: _Prepared
    content: bytes
    route: str = START
    status: int = 200

    @property
    def wire(self) -> bytes:
        """All of it from the first header of ours on, as HTTP/1.1 has it."""
        return self.prepared.wire(self.content)

    @property
    def start(self) -> Message:
        """The status and the headers."""
        return self.prepared.start(self.content)

    @property
    def body(self) -> Message:
        """The page itself."""
        return {"type": "http.response.body", "body": self.content, "more_body": False}


@attrs.define
class QuickPicker:
    """Answers plain requests for the picker; who a page is for is never kept with it."""

    desk: Desk
    visits: Visits
    _offers: "OrderedDict[Hashable, _Offered]" = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )
    _prepared: "OrderedDict[Hashable, _Prepared]" = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )
    _paused_until: float = attrs.field(default=0.0, init=False)

    def at_once(self, headers: Sequence[Header]) -> QuickPage | None:
        """
        The page for a GET of the picker with these *headers*, if nothing has to be waited for.

        `None` where it takes another way.
        """
        asked = self._read(headers)
        if asked is None:
            return None
        now = self.desk.clock.now()
        try:
            visit = self.visits.find_at_once(asked.login, now, limit=MOST_SESSIONS)
        except StorageUnavailable:
            return None
        if visit is None:
            return None
        offered = self._offers.get(visit.login.grant.integrations)
        if offered is None or not offered.holds(now, self.desk.listing.withdrawn):
            return None
        return self._shown(asked, visit, offered)

    async def answer(self, scope: Scope) -> QuickPage | None:
        """The page that a request asks for; `None` where it takes the usual way."""
        if scope["path"] != START or scope["method"] != "GET" or scope.get("query_string"):
            return None
        asked = self._read(scope["headers"])
        if asked is None or self.desk.clock.monotonic() < self._paused_until:
            return None
        now = self.desk.clock.now()
        try:
            visit = await self.visits.find(asked.login, now, limit=MOST_SESSIONS)
        except StorageUnavailable:
            self._paused_until = self.desk.clock.monotonic() + PAUSE
            return None
        offered = None if visit is None else await self._offered(visit.login.grant, now)
        if visit is None or offered is None:
            return None
        return self._shown(asked, visit, offered)

    def _read(self, given: Sequence[Header]) -> _Asked | None:
        """What is asked, by a plain GET of the whole window: no header twice."""
        headers: dict[bytes, bytes] = dict(given)
        plain = len(headers) == len(given) and NOT_PLAIN.isdisjoint(headers) and HOST in headers
        if not plain or headers.get(DESTINATION, WINDOW) != WINDOW:
            return None
        cookies = headers.get(b"cookie", b"").decode("latin-1")
        login = self.desk.cookie.find([cookies])
        if login is None:
            return None
        return _Asked(
            login=Secret(login),
            cookies=cookies,
            looked=self.desk.looks.cookie.find([cookies]),
            accepted=headers[ACCEPTED].decode("latin-1") if ACCEPTED in headers else None,
        )

    async def _offered(self, grant: Grant, now: dt.datetime) -> _Offered | None:
        """What whoever has the *grant* is offered, if it is known to stay the same for a while."""
        edition = self.desk.listing.withdrawn
        offered = self._offers.get(grant.integrations)
        if offered is not None and offered.holds(now, edition):
            return offered
        try:
            offer = await self.desk.listing(MerchantCaller(grant=grant))
        except CodatError:
            return None
        offered = _Offered(
            offer=offer, edition=edition, since=offer.same_from, until=offer.same_until
        )
        if not offer.complete or not offered.holds(now, self.desk.listing.withdrawn):
            return None
        _keep(self._offers, grant.integrations, offered)
        return offered

    def _shown(self, asked: _Asked, visit: Visit, offered: _Offered) -> QuickPage | None:
        """The page, unless there is more to be said than what was *offered*, or to be asked."""
        if self.desk.starting.closed is not None:
            return None
        begun = known(self.desk.confirming, visit.begun) if visit.begun else ()
        if begun is None:
            return None
        caller = MerchantCaller(grant=visit.login.grant, until=visit.login.expires_at)
        wanted = visit.wanted if self.desk.settings.interest else NOBODY
        return self._page(asked, caller, offered, begun, wanted)

    def _page(
        self,
        asked: _Asked,
        caller: MerchantCaller,
        offered: _Offered,
        begun: Sequence[Standing],
        wanted: Collection[PlatformKey],
    ) -> QuickPage:
        stands = frozenset(seen_of(begun).items()) if begun else frozenset()
        key = (asked.looked, asked.accepted, wanted, stands, *_alike(caller.grant))
        prepared = self._prepared.get(key)
        if prepared is not None and prepared.offered is offered:
            self._prepared.move_to_end(key)
            return QuickPage(prepared, prepared.pieces.filled(caller))
        look = self.desk.looks.at_the_start(caller, asked.cookies, asked.accepted)
        prepared = self._prepare(look, offered, begun, wanted)
        wishes = len(asked.looked or "") + len(asked.accepted or "")
        # A language that somebody chose here counts for that merchant only.
        if look.remembered.whose is None and wishes <= LONGEST_WISHES:
            _keep(self._prepared, key, prepared)
        return QuickPage(prepared, prepared.pieces.filled(caller))

    def _prepare(
        self,
        look: Look,
        offered: _Offered,
        begun: Sequence[Standing],
        wanted: Collection[PlatformKey],
    ) -> _Prepared:
        desk = self.desk
        view = desk.views.view(look.language, offered.offer, begun, wanted=wanted)
        headers, pieces = desk.pages.picker_in_pieces(look, view)
        at = [name for name, _ in headers].index(LENGTH)
        return _Prepared(offered, (headers[:at], headers[at + 1 :]), pieces)


def _alike(grant: Grant) -> tuple[Hashable, ...]:
    """All of a *grant* that a page looks by, save who it is for."""
    named = bool(grant.merchant.name)
    return (grant.integrations, grant.return_to, grant.locale, grant.brand, named)


def _keep(kept: "OrderedDict[Hashable, T]", key: Hashable, value: T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MOST_PREPARED:
        kept.popitem(last=False)

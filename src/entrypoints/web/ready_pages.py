"""
Hosted pickers that lie ready: for a browser that asks again, without the framework.

Given again is only what was sent in answer to the very same headers, cookie included, and only
if nothing that it was made of can have changed meanwhile: nothing that is stored, by the mark of
the database; nothing that Codat reports, by how long the list is fresh; not the clock, nor
whether Codat is asked at all. Whatever is out of the ordinary goes the usual way.
"""

import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from domain.model.caller import MerchantCaller
from domain.ports.change_mark import ChangeMark
from domain.ports.clock import Clock
from domain.use_cases.list_integrations import Offer
from entrypoints.web.asgi import Message, Scope
from entrypoints.web.auth import AnyRequest
from entrypoints.web.ready import Answer


PATH: Final = "/connect"
SHOWN: Final = "tillbridge.shown"
"""Where the route leaves what `ReadyPages.keep` has to know."""

MOST_KEPT: Final = 500
"""Pages; about ten kilobytes each."""

SLOWEST: Final = 1.0
"""Seconds by which the clocks may come apart while a page lies ready."""


@attrs.frozen(kw_only=True)
class Shown:
    """
    What a page was made of, as far as time goes: the list, and the login until it ends.

    All else *lasts* for so many seconds, unless something is written.
    """

    offer: Offer
    until: dt.datetime
    lasts: float


def may_be_kept(
    request: AnyRequest, offer: Offer, caller: MerchantCaller, *, lasts: float
) -> None:
    """Tell what the page was made of, for whoever wants to give it again; see `Shown`."""
    if caller.until is not None and offer.complete:
        scope: Any = request.scope
        scope[SHOWN] = Shown(offer=offer, until=caller.until, lasts=lasts)


@attrs.frozen(kw_only=True)
class Asked:
    """
    A request for the picker: *key* stands for all of its headers.

    *mark* and *edition* were read before anything else was.
    """

    key: bytes
    mark: object
    edition: object


@attrs.frozen(kw_only=True)
class _Kept:
    asked: Asked
    answer: Answer
    ahead: float
    ends: float
    same_from: dt.datetime
    same_until: dt.datetime


@attrs.define
class ReadyPages:
    """
    What lies ready, the latest used last.

    *edition* is another one when what is offered was changed, or something was heard of Codat;
    *closed* tells whether pages have to say that Codat is not asked at the moment.
    """

    clock: Clock
    mark: ChangeMark
    edition: Callable[[], object]
    closed: Callable[[], bool]
    _kept: "OrderedDict[bytes, _Kept]" = attrs.field(factory=OrderedDict, init=False, repr=False)

    async def read(self, scope: Scope) -> Asked | None:
        """What a request asks, if it is a plain one for the picker, and changes can be noticed."""
        if scope["path"] != PATH or scope["method"] != "GET" or scope.get("query_string"):
            return None
        if not any(name == b"cookie" for name, _ in scope["headers"]):
            return None
        mark = await self.mark.read()
        if mark is None:
            return None
        # Names end before their colon, and no value has a line break in it (RFC 9110 §5).
        told = b"".join([b"%b:%b\n" % header for header in scope["headers"]])
        return Asked(key=hashlib.sha256(told).digest(), mark=mark, edition=self.edition())

    def find(self, asked: Asked) -> Answer | None:
        """The page that was sent to the very same request, if it would be the same now."""
        kept = self._kept.get(asked.key)
        if kept is None:
            return None
        now = self.clock.now()
        if (
            (kept.asked.mark, kept.asked.edition) != (asked.mark, asked.edition)
            or not kept.same_from <= now < kept.same_until
            or self.clock.monotonic() >= kept.ends
            or abs(self._ahead(now) - kept.ahead) > SLOWEST
            or self.closed()
        ):
            del self._kept[asked.key]
            return None
        self._kept.move_to_end(asked.key)
        return kept.answer

    def keep(self, asked: Asked, scope: Scope, sent: Sequence[Message]) -> None:
        """Keep what was *sent*, if the page will stay the same, and sets no cookie."""
        shown: Shown | None = scope.get(SHOWN)
        if shown is None:
            return
        start, body = sent
        if any(name.lower() == b"set-cookie" for name, _ in start["headers"]):
            return
        now = self.clock.now()
        self._kept[asked.key] = _Kept(
            asked=asked,
            answer=Answer(start=start, body=body, route=scope["path_template"]),
            ahead=self._ahead(now),
            ends=self.clock.monotonic() + shown.lasts,
            same_from=shown.offer.same_from,
            same_until=min(shown.offer.same_until, shown.until),
        )
        self._kept.move_to_end(asked.key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _ahead(self, now: dt.datetime) -> float:
        """How far the time is ahead of the monotonic clock, in seconds."""
        return now.timestamp() - self.clock.monotonic()

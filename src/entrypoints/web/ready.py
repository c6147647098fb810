"""
Answers that lie ready: the catalogue for the platform's backend, without the framework.

Only what the route itself answered a moment ago is given again, byte by byte, and only to a
caller whom the doorkeeper let in as the backend since then. Whatever is out of the ordinary
about the request, or about the list, goes the usual way.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import attrs

from domain.model.caller import Backend
from domain.ports.clock import Clock
from domain.use_cases.list_integrations import Offer
from entrypoints.web.asgi import Header, Message, Scope
from entrypoints.web.auth import CALLER
from entrypoints.web.one_piece import lines


PATH: Final = "/v1/integrations"
OFFER: Final = "tillbridge.offer"
"""Where the route leaves what it answered with, for `ReadyAnswers.keep`."""

BRIEFLY: Final = dt.timedelta(seconds=5)
"""How long a list without some of its branding lies ready: the next try may bring it."""

METHODS: Final = frozenset({"GET", "HEAD"})
NOT_PLAIN: Final = frozenset({b"content-length", b"cookie", b"origin", b"transfer-encoding"})
"""What else decides an answer, somewhere on the usual way; such requests take it."""


@attrs.frozen(kw_only=True)
class Question:
    """A plain request for the catalogue; *digest* stands for the credentials."""

    digest: bytes
    tag: bytes | None


class Whole(Protocol):
    """
    A whole answer; *route* is the template of the path that it counts for.

    *wire* is all that follows the status, from the first header of ours on, as HTTP/1.1 has it.
    """

    @property
    def route(self) -> str:
        """The template."""
        ...

    @property
    def status(self) -> int:
        """The status."""
        ...

    @property
    def start(self) -> Message:
        """The status and the headers, as ASGI has them."""
        ...

    @property
    def body(self) -> Message:
        """All of the body, as ASGI has it."""
        ...

    @property
    def wire(self) -> bytes:
        """As HTTP/1.1 has it."""
        ...


@attrs.frozen(kw_only=True)
class Answer:
    """
    What was sent, just as it was; *route* is the template that it counts for.

    *wire* is the same as HTTP/1.1 has it, from the first header of ours on.
    """

    start: Message
    body: Message
    route: str
    wire: bytes = attrs.field(init=False, repr=False)

    @wire.default
    def _write(self) -> bytes:
        return b"%b\r\n%b" % (lines(self.start["headers"]), self.body["body"])

    @property
    def status(self) -> int:
        """The status of the answer."""
        status: int = self.start["status"]
        return status


@attrs.frozen(kw_only=True)
class _Kept:
    """
    The answers with one entity tag: in full (by `None`), and to whoever has it already.

    *admitted* are the digests of those whom the doorkeeper let in meanwhile: no more than there
    are operator keys.
    """

    tag: bytes
    same_from: dt.datetime
    same_until: dt.datetime
    edition: int
    admitted: set[bytes] = attrs.field(factory=set)
    answers: dict[bytes | None, Answer] = attrs.field(factory=dict)

    def holds(self, now: dt.datetime) -> bool:
        """Whether the cache would say the same at *now*."""
        return self.same_from <= now < self.same_until


def the_only_one() -> int:
    """Nothing is ever withdrawn."""
    return 0


@attrs.define
class ReadyAnswers:
    """
    What lies ready; it is thrown away as soon as the cache might say something else.

    So it is when *edition* gives another number, for what is offered changed then.
    """

    clock: Clock
    edition: Callable[[], int] = the_only_one
    _kept: _Kept | None = attrs.field(default=None, init=False)

    def find(self, question: Question) -> Answer | None:
        """The answer, if it holds and the caller was let in since it was composed."""
        kept = self._kept
        if kept is None:
            return None
        if kept.edition != self.edition() or not kept.holds(self.clock.now()):
            self._kept = None
            return None
        # All of them, always: how long it takes tells nothing of which one is nearly right.
        known = [hmac.compare_digest(one, question.digest) for one in kept.admitted]
        return kept.answers.get(question.tag) if any(known) else None

    def keep(self, question: Question, scope: Scope, sent: Sequence[Message]) -> None:
        """Keep what was *sent* in answer, if it is the backend's list and will stay the same."""
        offer: Offer | None = scope.get(OFFER)
        if offer is None or not isinstance(scope.get(CALLER), Backend):
            return
        start, body = sent
        headers = tuple(start["headers"])
        answer = Answer(
            start={**start, "headers": headers}, body=body, route=scope["path_template"]
        )
        tag = dict(headers)[b"etag"]
        kept = self._renewed(offer, tag)
        if kept is not None:
            kept.admitted.add(question.digest)
            kept.answers[tag if start["status"] == 304 else None] = answer  # noqa: PLR2004  # RFC 9110 §15.4.5
        self._kept = kept

    def _renewed(self, offer: Offer, tag: bytes) -> _Kept | None:
        now, kept, edition = self.clock.now(), self._kept, self.edition()
        same = (tag, offer.same_from, edition)
        if kept and (kept.tag, kept.same_from, kept.edition) == same and kept.holds(now):
            return kept
        until = offer.same_until if offer.complete else min(offer.same_until, now + BRIEFLY)
        fresh = _Kept(tag=tag, same_from=offer.same_from, same_until=until, edition=edition)
        return fresh if fresh.holds(now) else None


def read(scope: Scope) -> Question | None:
    """What a request asks, if it is a plain one: of the exact path, without a query."""
    if scope["path"] != PATH or scope.get("query_string") or scope["method"] not in METHODS:
        return None
    return read_plain(scope["headers"])


def read_plain(headers: Sequence[Header]) -> Question | None:
    """What is asked with these *headers*, if they are plain: none twice, one bearer token."""
    known: dict[bytes, bytes] = dict(headers)
    if len(known) != len(headers) or not NOT_PLAIN.isdisjoint(known):
        return None
    credentials = known.get(b"authorization", b"")
    scheme, _, token = credentials.partition(b" ")
    # Exactly as the doorkeeper takes it, so that one key has one digest.
    exact = (
        scheme == b"Bearer"
        and token
        and token == token.decode("latin-1").strip().encode("latin-1")
    )
    if not exact or b"host" not in known:
        return None
    return Question(digest=hashlib.sha256(credentials).digest(), tag=known.get(b"if-none-match"))

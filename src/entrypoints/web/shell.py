"""
What surrounds every request: a reference, the clock, a count, one log line.

Also what the framework leaves to the server: strict framing, HEAD, the base path,
and security headers for answers that bring none.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

import attrs
import msgspec
import structlog

from domain.ports.clock import Clock
from entrypoints.logs import RequestLine, frames, log_request
from entrypoints.references import new_reference
from entrypoints.web.asgi import WIRE, App, Header, Message, Receive, Scope, Send, Wire
from entrypoints.web.auth import AnyRequest
from entrypoints.web.clients import Clients
from entrypoints.web.headers import EVERYWHERE
from entrypoints.web.metrics import Metrics
from entrypoints.web.one_piece import in_one_piece
from entrypoints.web.pages.look import START
from entrypoints.web.ready import PATH, ReadyAnswers, Whole, read, read_plain, the_only_one


REFERENCE: Final = "tillbridge.reference"
HEAD: Final = "tillbridge.head"
log = structlog.get_logger("tillbridge.web")
DEFAULTS: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in EVERYWHERE.items()
)
ALLOW: Final = b"allow"
ROOTS: Final = frozenset(
    {
        "brand",
        "connect",
        "docs",
        "healthz",
        "logos",
        "metrics",
        "openapi.json",
        "problems",
        "readyz",
        "static",
        "v1",
    }
)
"""How every path of this service begins."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Quick(Protocol):
    """What may answer without the framework; only where it does so just as that would."""

    def at_once(self, headers: Sequence[Header]) -> Whole | None:
        """The answer to a GET of the picker, where nothing has to be waited for."""
        ...

    async def answer(self, scope: Scope) -> Whole | None:
        """The answer to a request, if it is one of those."""
        ...


@attrs.frozen
class Shell:
    """
    An ASGI application around the one that answers; it speaks HTTP only.

    *base_path* is the path of the public URL: proxies may pass it on or strip it.
    *edition* is for the answers that lie ready; *quick* may answer what does not.
    *clients* tells whose request it is, for the log.
    """

    app: App
    metrics: Metrics
    clock: Clock
    base_path: str = ""
    edition: Callable[[], int] = the_only_one
    quick: Quick | None = None
    clients: Clients = Clients(())  # noqa: RUF009  # it is frozen
    ready: ReadyAnswers = attrs.field(init=False)
    _lists: frozenset[bytes] = attrs.field(init=False)
    _pickers: frozenset[bytes] = attrs.field(init=False)

    @ready.default
    def _nothing_yet(self) -> ReadyAnswers:
        return ReadyAnswers(self.clock, self.edition)

    @_lists.default
    def _name_the_lists(self) -> frozenset[bytes]:
        return self._below_or_not(PATH)

    @_pickers.default
    def _name_the_pickers(self) -> frozenset[bytes]:
        return self._below_or_not(START) if self.quick else frozenset()

    def _below_or_not(self, path: str) -> frozenset[bytes]:
        return frozenset({path.encode(), f"{self.base_path}{path}".encode()})

    def at_once(
        self, target: bytes, headers: Sequence[Header], peer: tuple[str, int] | None
    ) -> tuple[int, bytes] | None:
        """
        The answer to a GET of *target*, if it can be had now: its status, and all that follows.

        *peer* is who connected.

        For a server that can send it as it is, without a task and a scope for the request. What
        follows the status are our own headers and the body, as HTTP/1.1 has them.
        It is counted and logged here, like every other answer.
        """
        started = self.clock.monotonic()
        answer: Whole | None = None
        if target in self._lists:
            question = read_plain(headers)
            answer = self.ready.find(question) if question else None
        elif target in self._pickers and self.quick:
            answer = self._quickly(self.quick, headers)
        if answer is None:
            return None
        asked = {"client": peer, "headers": headers, REFERENCE: new_reference()}
        self._tell("GET", answer.route, answer.status, started, asked)
        return answer.status, answer.wire

    @staticmethod
    def _quickly(quick: Quick, headers: Sequence[Header]) -> Whole | None:
        try:
            return quick.at_once(headers)
        except Exception as error:  # noqa: BLE001  # the usual way meets it again, and tells of it
            log.warning("not at once", error=type(error).__qualname__, where=frames(error))
            return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; lifespan passes through."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # A copy: servers look at theirs while they send, for example whether it was HEAD.
        scope = dict(scope)
        started = self.clock.monotonic()
        method = scope["method"]
        scope[REFERENCE] = new_reference()
        self._strip_base_path(scope)
        scope[HEAD] = method == "HEAD"
        scope["method"] = "GET" if scope[HEAD] else method
        wire = scope.get("extensions", {}).get(WIRE)
        sent = _Sent(send, wire, bodiless=scope[HEAD])
        route = None
        try:
            if _is_smuggled(scope):
                await _refuse(sent)
            else:
                route = await self._answer(scope, receive, sent)
        except Exception as error:  # noqa: BLE001  # the last line of defence
            await _last_resort(sent, scope[REFERENCE], error)
        finally:
            self._tell(method, route or _route(scope), sent.status, started, scope)

    async def _answer(self, scope: Scope, receive: Receive, sent: "_Sent") -> str | None:
        """Answer one request; what route it is for, if the answer lay ready."""
        question = read(scope)
        ready = self.ready.find(question) if question else None
        quick = await self.quick.answer(scope) if self.quick else None
        if answer := ready or quick:
            await sent.again(answer)
            return answer.route
        if question and not scope[HEAD]:
            sent.told = []
        await self.app(scope, receive, sent)
        if question and sent.told is not None:
            self.ready.keep(question, scope, sent.told)
        return None

    def _tell(self, method: str, route: str, status: int, started: float, scope: Scope) -> None:
        """Count an answer, and log it."""
        seconds = self.clock.monotonic() - started
        self.metrics.request(method if method in METHODS else "other", route, status, seconds)
        log_request(
            RequestLine(
                method=method[:16],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                reference=scope[REFERENCE],
                client=self.clients.of(scope) or msgspec.UNSET,
                timestamp=self.clock.now(),
            )
        )

    def _strip_base_path(self, scope: Scope) -> None:
        """
        Take the base path away where it was passed on.

        If what follows is no path of ours, the base path only looks like the beginning of one:
        below `https://shop.example.com/connect`, `/connect/return/…` has been stripped already.
        """
        path: str = scope["path"]
        if self.base_path and path.startswith(f"{self.base_path}/"):
            below = path[len(self.base_path) :]
            if below.split("/")[1] in ROOTS:
                scope["path"] = below


def was_head(request: AnyRequest) -> bool:
    """Whether a request that is answered like GET asked for the headers only."""
    scope: Any = request.scope
    asked: bool = scope[HEAD]
    return asked


class _Sent:
    """
    Passes on what is sent; remembers the status, and all that was *told* where wanted.

    Where the body follows at once and the server has a wire, both go in one piece.
    """

    __slots__ = ("_bodiless", "_head", "_send", "_wire", "begun", "status", "told")

    def __init__(self, send: Send, wire: Wire | None, *, bodiless: bool) -> None:
        self._send = send
        self._wire = None if bodiless else wire
        self._bodiless = bodiless
        self._head: Message | None = None
        self.status = 500
        self.begun = False
        self.told: list[Message] | None = None

    async def __call__(self, message: Message) -> None:
        begins = message["type"] == "http.response.start"
        if begins:
            self.status = message["status"]
            message = {**message, "headers": _complete(message["headers"])}
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        if self.told is not None:
            self.told.append(message)
        if begins and self._wire:
            self._head = message
            return
        self.begun = True
        head, self._head = self._head, None
        if head is not None:
            rest = in_one_piece(head, message)
            if self._wire and rest is not None:
                await self._wire(self.status, rest)
                return
            await self._send(head)
        await self._send(message)

    async def again(self, answer: Whole) -> None:
        """Send once more what was sent before."""
        self.status, self.begun = answer.status, True
        if self._wire:
            await self._wire(answer.status, answer.wire)
            return
        await self._send(answer.start)
        await self._send({**answer.body, "body": b""} if self._bodiless else answer.body)


def _complete(headers: Iterable[Header]) -> list[Header]:
    """*headers* of an answer, with those that every answer has."""
    given = [_with_head(*pair) if pair[0] == ALLOW else pair for pair in headers]
    present = {name for name, _ in given}
    return [*given, *(pair for pair in DEFAULTS if pair[0] not in present)]


def _with_head(name: bytes, value: bytes) -> Header:
    """Tell that whatever takes GET takes HEAD: here and not where the routes are."""
    return name, value.replace(b"GET", b"GET, HEAD")


def _is_smuggled(scope: Scope) -> bool:
    """Two lengths, or not exactly one Host (RFC 9112 §6.1 and §3.2): somebody plays tricks."""
    names = [name for name, _ in scope["headers"]]
    two_lengths = b"content-length" in names and b"transfer-encoding" in names
    hosts = names.count(b"host")
    no_host = hosts == 0 and scope.get("http_version") == "1.1"
    return two_lengths or no_host or hosts > 1 or names.count(b"content-length") > 1


async def _last_resort(send: _Sent, reference: str, error: Exception) -> None:
    """Even where the handling of an error fails, nobody sees a stack trace."""
    log.error("failed", reference=reference, error=type(error).__qualname__, where=frames(error))
    if send.begun:
        raise error
    text = f"Something went wrong. Please try again. Reference: {reference}".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers.append((b"content-length", str(len(text)).encode()))
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": text, "more_body": False})


async def _refuse(send: _Sent) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 400,
            "headers": [(b"connection", b"close"), (b"content-length", b"0")],
        }
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _route(scope: Scope) -> str:
    return str(scope.get("path_template") or "unmatched")

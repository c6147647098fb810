"""
HTTP/1.1 as the server speaks it, with an end to what a client may send before it has said who.

The parser keeps a request line, a header or a trailer until it is complete, however long it
gets, and waits for the rest however long that takes. Here both have a bound. A request that
arrives in one piece, as nearly all do, costs no timer.

And what the application has ready is sent as it is, without a task for the request.
"""

import asyncio
import enum
import weakref
from collections.abc import Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from entrypoints.web.asgi import WIRE


LARGEST_HEAD: Final = 32 * 1024
"""Bytes of a request that are no body: request line and headers, then framing and trailers."""

MOST_HEADERS: Final = 100

WIRED: Final = frozenset({"GET", "POST"})
"""Whose answers the application may write in one piece; those to HEAD have no body."""

LONGEST_LEAVE: Final = 0.5
"""Seconds, while the server ends, for what somebody sent before they could know."""

AtOnce: TypeAlias = Callable[
    [bytes, Sequence[tuple[bytes, bytes]], tuple[str, int] | None], tuple[int, bytes] | None
]
"""
What an application may have as `at_once`: for the target and the headers of a GET, and whoever
connected, the status and all that follows the server's own headers, if it lies ready. The
application counts it as answered.
"""


class Stage(enum.Enum):
    """How far the request is that arrives at the moment."""

    NOT_BEGUN = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


class HeadTooLarge(Exception):
    """The headers are too many, or too large together; the parser hands this on as its own."""


class BoundedHttp(HttpToolsProtocol):
    """
    One connection.

    *longest_head* and *longest_body* are the seconds within which a request's head, and then
    its body, have to arrive.
    """

    longest_head = 10.0
    longest_body = 20.0

    _stage = Stage.NOT_BEGUN
    _completed = 0
    _apart = 0
    _at_most = 0
    _of_body = 0
    _refusal = HTTPStatus.BAD_REQUEST
    _deadline: asyncio.TimerHandle | None = None
    _ready: tuple[int, bytes] | None = None
    _ending = False

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._at_once: AtOnce | None = getattr(self.app, "at_once", None)

    # Narrower than in asyncio, as in the class below: TCP is all that there is.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there, who may be as silent as between two requests, and no longer."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._disarm()

    def shutdown(self) -> None:
        """
        The server ends: answer what is on its way, and close.

        What a client has sent may not have been read yet; to close now would reset its connection,
        and whether its request was heard nobody could tell it.
        """
        self._ending = True
        if self._answering:
            super().shutdown()
        else:
            self.loop.call_later(LONGEST_LEAVE, self._leave)

    def _leave(self) -> None:
        if not self._answering:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse some more of what the client sends, and see whether it goes too far."""
        stage, completed, self._of_body = self._stage, self._completed, 0
        # No less than what the head takes; it may be more, where other things came with it.
        self._at_most = len(data) + (self._at_most if stage is Stage.HEAD else 0)
        super().data_received(data)
        if self.transport.is_closing():
            self._disarm()
            return
        new = self._stage is Stage.HEAD and stage is Stage.NOT_BEGUN
        if self._completed == completed and (new or self._stage is stage):
            # All of it belongs to the same stage of one request, or is empty lines before it.
            self._apart += len(data) - self._of_body
            if self._apart > LARGEST_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
            self._arm()
        elif self._stage is not Stage.NOT_BEGUN:
            self._arm()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._stage = Stage.HEAD

    def on_headers_complete(self) -> None:
        """
        Its head is there: let the application have it, unless it is too large.

        Raises:
            HeadTooLarge: it is.
        """
        if len(self.headers) > MOST_HEADERS or (
            self._at_most > LARGEST_HEAD and self._size_of_head() > LARGEST_HEAD
        ):
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise HeadTooLarge
        self._enter(Stage.BODY)
        self._ready = self._find()
        if self._ready is None:
            super().on_headers_complete()
            if self._ending:
                self.cycle.keep_alive = False
            if self.scope["method"] in WIRED:
                # Its task has not begun; the application finds it there.
                scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]  # uvicorn knows no extensions of ours
                scope["extensions"] = {WIRE: _Wire(self.cycle, self.server_state)}

    def on_body(self, body: bytes) -> None:
        """Some of its body is there; how much of that there may be, the application knows."""
        self._of_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._enter(Stage.NOT_BEGUN)
        self._completed += 1
        if self._ready is None:
            super().on_message_complete()
        else:
            self._send_ready(*self._ready)

    def send_400_response(self, msg: str) -> None:
        """Say what the parser stumbled over, without a word about the server."""
        if self._refusal is HTTPStatus.BAD_REQUEST:
            super().send_400_response(msg)
        else:
            self._refuse(self._refusal)

    def _find(self) -> tuple[int, bytes] | None:
        """What lies ready, where nothing else has to be done or waited for to send it."""
        if self._at_once is None or self._ending:
            return None
        parser = self.parser
        plain = (
            parser.get_method() == b"GET"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
        )
        if not plain or self._answering or self.flow.write_paused or self._is_crowded:
            return None
        return self._at_once(self.url, self.headers, self.client)

    @property
    def _is_crowded(self) -> bool:
        """Whether the server is to answer that there are too many."""
        limit = self.limit_concurrency
        return limit is not None and max(len(self.connections), len(self.tasks)) >= limit

    def _send_ready(self, status: int, rest: bytes) -> None:
        self._ready = None
        self.transport.write(_written(status, self.server_state, rest))
        self.on_response_complete()

    def _size_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _enter(self, stage: Stage) -> None:
        self._stage, self._apart = stage, 0
        self._disarm()

    def _arm(self) -> None:
        if self._deadline is None:
            body = self._stage is Stage.BODY
            seconds = self.longest_body if body else self.longest_head
            self._deadline = self.loop.call_later(seconds, self._too_late)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.flow.read_paused:
            # It is us who do not read, so nobody can tell whether the client is late.
            self._arm()
        elif self._stage is not Stage.BODY and self._answering:
            # The answer to an earlier request is owed; it ends the connection.
            self.cycle.keep_alive = False
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    @property
    def _answering(self) -> bool:
        # Before the first request there is none, whatever its annotation says.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _refuse(self, status: HTTPStatus) -> None:
        self._disarm()
        unheard = self._stage is Stage.BODY and not self.cycle.response_started
        if unheard or not (self._stage is Stage.BODY or self._answering):
            rest = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(_written(status, self.server_state, rest))
        if self._answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


class _Wire:
    """
    Sends one whole answer to the request of a *cycle*, in one piece and as it is.

    It does not hold on to the cycle, which has the scope that this is found in: a ring of each
    request would wait for the collector, with all that hangs on it, and memory would grow.
    """

    __slots__ = ("_cycle", "_state")

    def __init__(self, cycle: RequestResponseCycle, state: ServerState) -> None:
        self._cycle = weakref.ref(cycle)
        self._state = state

    @property
    def gone(self) -> bool:
        cycle = self._cycle()
        return cycle is None or cycle.disconnected

    async def __call__(self, status: int, rest: bytes) -> None:
        cycle = self._cycle()
        if cycle is None:
            # Nobody is left to be answered: the server lets go of it when that is over.
            return
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        if not cycle.keep_alive:
            rest = b"connection: close\r\n" + rest
        cycle.response_started = cycle.response_complete = True
        # Who waits to be told to go on has the answer already.
        cycle.waiting_for_100_continue = False
        cycle.transport.write(_written(status, self._state, rest))
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()


def _written(status: int, state: ServerState, rest: bytes) -> bytes:
    """An answer: its status, the server's own headers, and all that follows them."""
    own = (b"%b: %b\r\n" % header for header in state.default_headers)
    return b"".join([STATUS_LINE[status], *own, rest])

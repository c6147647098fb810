"""
One connection to Codat: HTTP/1.1, requests without a body, one after the other.

httptools takes the answers apart, strictly. What came unasked is never taken for the answer to
the next request (RFC 9112 §9.2): the connection is given up instead.
"""

import asyncio
from collections import deque
from typing import Final, cast

import attrs
import httptools
import httpx


LONGEST_HEAD: Final = 100 * 1024
"""Bytes of an answer before its body begins; beyond, it is given up."""

MOST_UNREAD: Final = 1024 * 1024
"""Bytes of a body that wait for their reader; beyond, it is given up."""

FIRST_FINAL_STATUS: Final = 200
"""Answers below only announce the one that is awaited (RFC 9110 §15.2)."""

FRAMING: Final = {b"content-length", b"transfer-encoding"}


@attrs.define(eq=False)
class _Answer:
    """What came so far in answer to one request; *status* 0 while its head has not ended."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = attrs.field(factory=list)
    unread: deque[bytes] = attrs.field(factory=deque)
    ended: bool = False
    error: httpx.TransportError | None = None

    def fail(self, error: httpx.TransportError) -> None:
        """Have the reader meet *error*, unless the answer is whole or has failed already."""
        if not self.ended and self.error is None:
            self.error = error


class Conversation(asyncio.Protocol):
    """
    Asks one thing at a time: `ask`, then `read` to the end or not, then `end`.

    *good_until* is for whoever keeps it between two requests.
    """

    def __init__(self) -> None:
        self.good_until = 0.0
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._answer: _Answer | None = None
        self._head_length = 0
        self._keeps = True
        self._patience = 0.0
        self._news: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether something can be asked, as far as is known."""
        return self._keeps and not self._transport.is_closing()

    async def ask(self, head: bytes, patience: float) -> tuple[int, list[tuple[bytes, bytes]]]:
        """
        Send *head* and await the status and the headers of the answer.

        *patience* is the longest silence, in seconds, then and while the body is read.

        Raises:
            httpx.TransportError: there is no answer; the request may have had its effect.
        """
        self._answer = answer = _Answer()
        self._head_length, self._patience = 0, patience
        self._transport.write(head)
        while not answer.status:
            await self._more(answer)
        return answer.status, answer.headers

    async def read(self) -> bytes:
        """
        The next piece of the body; empty at its end.

        Raises:
            httpx.TransportError: it breaks off.
        """
        answer = self._expected
        while not answer.unread and not answer.ended:
            await self._more(answer)
        return answer.unread.popleft() if answer.unread else b""

    def end(self) -> bool:
        """Have done with the answer; false where the connection had to be closed."""
        answer, self._answer = self._answer, None
        whole = answer is not None and answer.ended and not answer.unread
        if whole and self.is_open:
            return True
        self.close()
        return False

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self._transport.abort()

    async def _more(self, answer: _Answer) -> None:
        if answer.error is None:
            self._news = news = self._loop.create_future()
            timer = self._loop.call_later(self._patience, self._lose_patience)
            try:
                await news
            finally:
                timer.cancel()
                self._news = None
        if answer.error is not None:
            raise answer.error

    def _lose_patience(self) -> None:
        self._fail(httpx.ReadTimeout("The other side is silent."))
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _fail(self, error: httpx.TransportError) -> None:
        self._keeps = False
        if self._answer is not None:
            self._answer.fail(error)

    # What the event loop calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what requests are written to."""
        # The transports of uvloop only look like asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Have *data* taken apart."""
        answer = self._answer
        if answer is None:
            # Nobody asked.
            self._keeps = False
            self.close()
            return
        if not answer.status:
            self._head_length += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(httpx.RemoteProtocolError("The answer is not HTTP."))
        if not answer.status and self._head_length > LONGEST_HEAD:
            self._fail(httpx.RemoteProtocolError("The head of the answer is too long."))
        if sum(map(len, answer.unread)) > MOST_UNREAD:
            self._fail(httpx.RemoteProtocolError("The body comes faster than it is read."))
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side, or this one, has hung up."""
        answer = self._answer
        if answer is not None and exc is None and answer.status:
            framed = any(name.lower() in FRAMING for name, _ in answer.headers)
            # Only then it is the end of the connection that ends the body (RFC 9112 §6.3).
            answer.ended = answer.ended or not framed
        self._fail(httpx.ReadError("The connection broke."))
        self._tell()
        # It holds on to what it calls, so the two would wait for the collector together.
        del self._parser

    # What the parser calls while it is fed:

    def on_message_begin(self) -> None:
        """Notice an answer that nobody asked for, behind the one that was awaited."""
        if self._expected.ended:
            self._keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; not what comes after the body."""
        if not self._expected.status:
            self._expected.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Keep the status, unless it is only an announcement."""
        status = self._parser.get_status_code()
        if status < FIRST_FINAL_STATUS:
            self._expected.headers.clear()
        elif not self._expected.ended:
            self._expected.status = status

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        if not self._expected.ended:
            self._expected.unread.append(body)

    def on_message_complete(self) -> None:
        """Note that the answer is whole, and whether another may follow."""
        if self._expected.status:
            self._expected.ended = True
            self._keeps = self._keeps and self._parser.should_keep_alive()

    @property
    def _expected(self) -> _Answer:
        # Whoever reads has asked, and the parser is fed only in between.
        return cast("_Answer", self._answer)

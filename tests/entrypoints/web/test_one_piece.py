"""An answer in one piece is what the server would have written, to the last byte."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import attrs
import pytest
from structlog.testing import capture_logs

from entrypoints.web.asgi import WIRE, App, Header, Message, Receive, Scope, Send
from entrypoints.web.metrics import Metrics
from entrypoints.web.one_piece import in_one_piece
from entrypoints.web.shell import Shell
from tests.entrypoints.connections import served
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

DATE: Final = re.compile(rb"date: [^\r]*")
REFERENCE: Final = re.compile(rb"[0-9A-Z]{4}-[0-9A-Z]{4}")
GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSE: Final = b"connection: close"
LAST: Final = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""So that the server ends the connection, and all that was sent is read."""


@attrs.define
class Answering:
    """Answers with *headers* and the *bodies*; *wired* counts how often that went in one piece."""

    status: int
    headers: Sequence[Header]
    bodies: Sequence[bytes]
    hidden: bool
    wired: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        last = scope["path"] == "/last"
        status, headers, bodies = self.status, self.headers, self.bodies
        if last:
            status, headers, bodies = 200, [(b"content-length", b"0")], [b""]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        *first, final = bodies
        for body in first:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": final, "more_body": False})

    def served(self) -> App:
        """Within the shell, whose wire is counted, or hidden from it."""
        shell = Shell(self, Metrics(), FakeClock())

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = scope.get("extensions", {})
            wire = extensions.get(WIRE)

            async def counted(status: int, rest: bytes) -> None:
                self.wired += scope["path"] != "/last"
                await wire(status, rest)

            known = {WIRE: counted} if wire and not self.hidden else {}
            await shell({**scope, "extensions": known}, receive, send)

        return app


async def written(answering: Answering, request: bytes) -> list[bytes]:
    """
    All that the server sends for *request* and one more.

    That a connection ends comes last in a head: the server writes it itself, first or last.
    """
    async with served(answering.served()) as service:
        client = await service.connect()
        client.send(request + LAST)
        sent = REFERENCE.sub(b"", DATE.sub(b"date", await client.reader.read()))
    heads = [each.split(b"\r\n") for each in sent.split(b"\r\n\r\n")]
    return [b"\r\n".join(sorted(each, key=CLOSE.__eq__)) for each in heads]


PLAIN: Final = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
TWICE: Final = [(b"content-length", b"0"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


@pytest.mark.parametrize(
    ("wired", "status", "headers", "bodies", "request_"),
    [
        (1, 200, PLAIN, [b"hello"], GET),
        (1, 404, PLAIN, [b"hello"], GET),
        (1, 200, PLAIN, [b"hello"], GET.replace(b"1.1", b"1.0")),
        (1, 200, [*PLAIN, (b"x-name", b"caf\xe9\t!")], [b"hello"], GET),
        (1, 303, TWICE, [b""], GET.replace(b"GET", b"POST")),
        (1, 200, PLAIN, [b"hello"], b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"),
        (0, 200, PLAIN, [b"hello"], GET.replace(b"GET", b"HEAD")),
        (0, 200, PLAIN, [b"hello"], GET.replace(b"GET", b"PUT")),
        (0, 200, PLAIN, [b"he", b"llo"], GET),
        (0, 200, PLAIN, [b"hell"], GET),
        (0, 200, PLAIN, [b"hello!"], GET),
        (0, 200, [], [b"hello"], GET),
        (0, 204, [], [b""], GET),
        (0, 200, [*PLAIN, (b"connection", b"close")], [b"hello"], GET),
        (0, 200, [(b"transfer-encoding", b"chunked")], [b"hello"], GET),
        (0, 200, [*PLAIN, (b"x-name", b"a\r\nx-evil: b")], [b"hello"], GET),
        (0, 200, [*PLAIN, (b"x-name", b"a\nb")], [b"hello"], GET),
        (0, 200, [*PLAIN, (b"x-name", b"a\0b")], [b"hello"], GET),
        (0, 200, [*PLAIN, (b"x name", b"a")], [b"hello"], GET),
    ],
)
async def test_it_is_what_the_server_would_have_written(
    wired: int, status: int, headers: list[Header], bodies: list[bytes], request_: bytes
) -> None:
    answering = [Answering(status, headers, bodies, hidden=hidden) for hidden in (False, True)]

    in_one, as_usual = await asyncio.gather(*(written(each, request_) for each in answering))

    assert as_usual == in_one
    assert [wired, 0] == [each.wired for each in answering]


async def test_who_waits_to_be_told_to_go_on_has_the_answer_and_goes_on() -> None:
    waiting = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    answering = [Answering(200, PLAIN, [b"hello"], hidden=hidden) for hidden in (False, True)]

    in_one, as_usual = await asyncio.gather(
        *(written(each, waiting + b"ab") for each in answering)
    )

    assert as_usual == in_one
    assert 1 == answering[0].wired
    assert not any(b"100 Continue" in piece for piece in in_one)


async def test_an_error_after_the_head_is_still_told() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": PLAIN})
        raise ValueError("late")

    with capture_logs():
        async with served(Shell(app, Metrics(), FakeClock())) as service:
            client = await service.connect()
            client.send(GET)
            told = await client.status()

    assert 500 == told


def test_more_to_come_is_no_whole_answer() -> None:
    start: Message = {"type": "http.response.start", "status": 200, "headers": PLAIN}
    whole: Message = {"type": "http.response.body", "body": b"hello"}

    written = in_one_piece(start, whole)

    assert b"content-type: text/plain\r\ncontent-length: 5\r\n\r\nhello" == written
    assert in_one_piece(start, {**whole, "more_body": True}) is None

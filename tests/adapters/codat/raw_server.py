"""A server that sends any bytes, or none: what no HTTP framework would do."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TypeAlias

import attrs


Act: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, *headers: str, status: str = "200 OK", close: bool = False) -> bytes:
    """A whole answer; without *close*, the connection stays open for the next request."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def send(content: bytes) -> Act:
    """Send *content*."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return act


def send_and_reset(content: bytes) -> Act:
    """Send *content*, then break the connection as a crash would (RST)."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        # Gone before the reset, which would overtake it.
        await asyncio.sleep(0.02)
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return act


def send_slowly(content: bytes, rest: bytes, every: float) -> Act:
    """Send *content*, then *rest* byte by byte."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        for index in range(len(rest)):
            await asyncio.sleep(every)
            writer.write(rest[index : index + 1])
            await writer.drain()

    return act


def send_forever(content: bytes, again: bytes) -> Act:
    """Send *content*, then *again* until nobody listens."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        while True:
            writer.write(again)
            await writer.drain()

    return act


async def say_nothing(writer: asyncio.StreamWriter) -> None:
    """Read the request and leave it at that."""
    await asyncio.Event().wait()


@attrs.define
class RawServer:
    """Plays *script* request by request, the last one again and again."""

    script: list[Act]
    url: str = ""
    requests: list[str] = attrs.field(factory=list)
    connections: int = 0
    _news: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def asked(self, times: int = 1) -> None:
        """Wait until that many requests have come."""
        while len(self.requests) < times:
            self._news.clear()
            await self._news.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode())
                self._news.set()
                act = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                await act(writer)
        except (asyncio.IncompleteReadError, OSError):
            # The other side has had enough.
            return
        finally:
            writer.transport.abort()


@asynccontextmanager
async def raw_server(
    *script: Act, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[RawServer, None]:
    """Listen on a free port of the loopback interface."""
    server = RawServer(list(script))
    talks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(server.serve(reader, writer)))

    listening = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await listening.wait_closed()


def closed_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def port_that_never_answers() -> Generator[int, None, None]:
    """A port with a queue that is full, so that whoever connects waits for ever."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]

"""Applications behind our server, and clients of it that speak in bytes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import attrs
import uvicorn
from uvicorn._types import ASGIApplication

from entrypoints.bounded_http import BoundedHttp
from entrypoints.web.asgi import App


@attrs.define
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def status(self) -> int:
        """Of the next answer, whose body is read as well."""
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await self.reader.readexactly(int(line.partition(b":")[2]))
        return int(head.split()[1])

    async def ended(self) -> bool:
        """Whether the server ends the connection, without another word."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True

    async def is_open_after(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@attrs.frozen
class Served:
    """Whoever connects to *port* is among *clients*, and let go of at the end."""

    port: int
    server: uvicorn.Server
    clients: list[Client] = attrs.field(factory=list)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def end(self) -> None:
        for client in self.clients:
            client.writer.close()
        closed = (client.writer.wait_closed() for client in self.clients)
        await asyncio.gather(*closed, return_exceptions=True)


@asynccontextmanager
async def served(
    app: App,
    protocol: type[BoundedHttp] = BoundedHttp,
    *,
    idle: float = 5,
    most: int | None = None,
) -> AsyncGenerator[Served]:
    """Serve *app*; *idle* is in seconds, and *most* how many may be served at once."""
    config = uvicorn.Config(
        cast("ASGIApplication", app),
        port=0,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=idle,  # type: ignore[arg-type]  # whole seconds are long for a test
        limit_concurrency=most,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())  # noqa: SLF001  # `serve` takes over signals
    while not server.started:  # noqa: ASYNC110  # there is no event to tell it by
        await asyncio.sleep(0.001)
    it = Served(server.servers[0].sockets[0].getsockname()[1], server)
    try:
        yield it
    finally:
        await it.end()
        server.should_exit = True
        await running

"""
Connections to Codat: many small pools instead of a large one.

httpx looks at every connection of a pool on every call, so one pool for fifty calls at a time
costs several times what sixteen pools of eight do.
"""

import ssl
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Final, Self

import attrs
import httpx


POOLS: Final = 16
CONNECTIONS_PER_POOL: Final = 8
KEEPALIVE_EXPIRY: Final = 60.0
"""Seconds; httpx's own 5 would have a quiet service shake hands on almost every redirect."""


@attrs.define(eq=False)
class PooledTransport(httpx.AsyncBaseTransport):
    """
    Sends each request by the pool with the fewest under way, the warmest of them first.

    Nothing of the environment is heeded save `SSL_CERT_FILE` and `SSL_CERT_DIR`, which name
    further certificate authorities; nothing is ever sent twice.
    """

    _pools: tuple["_Pool", ...] = attrs.field(default=(), init=False, repr=False)

    async def __aenter__(self) -> Self:
        # Reading the certificate authorities takes longer than a call; all pools share them.
        tls = httpx.create_ssl_context()
        self._pools = tuple(_Pool(_transport(tls)) for _ in range(POOLS))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; it can be opened again."""
        pools, self._pools = self._pools, ()
        for pool in pools:
            await pool.transport.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """
        Send *request* once.

        Raises:
            RuntimeError: it is not open.
            httpx.TransportError: see httpx.
        """
        if not self._pools:
            raise RuntimeError("The connections to Codat are not open.")
        return await min(self._pools, key=_busyness).send(request)


@attrs.define(eq=False)
class _Pool:
    transport: httpx.AsyncHTTPTransport
    under_way: int = 0

    async def send(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        try:
            response = await self.transport.handle_async_request(request)
        except BaseException:
            # A cancelled call, too, is no longer under way.
            self.under_way -= 1
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for the types
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(response.stream, self._end),
            extensions=response.extensions,
        )

    def _end(self) -> None:
        self.under_way -= 1


@attrs.define(eq=False)
class _Counted(httpx.AsyncByteStream):
    """The body of an answer; the call is under way until it is closed, however often."""

    body: httpx.AsyncByteStream
    end: Callable[[], None]
    closed: bool = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.body:
            yield chunk

    async def aclose(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            await self.body.aclose()
        finally:
            self.end()


def _busyness(pool: _Pool) -> int:
    return pool.under_way


def _transport(tls: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=CONNECTIONS_PER_POOL,
        max_keepalive_connections=CONNECTIONS_PER_POOL,
        keepalive_expiry=KEEPALIVE_EXPIRY,
    )
    return httpx.AsyncHTTPTransport(verify=tls, limits=limits, trust_env=False)

"""
Connections to Codat: kept, counted, and nothing sent twice.

httpx's own pool looks at all of its connections on each call, with a system call for each that
is idle, and took two thirds of the event loop's time for a redirect. This one does no more than
Codat's calls need: HTTP/1.1, no bodies to send, no proxies, no redirects.
"""

import asyncio
import functools
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import attrs
import httpx

from adapters.codat.conversation import Conversation


MOST_CONNECTIONS: Final = 128
KEEPALIVE_EXPIRY: Final = 60.0
"""Seconds; httpx's own 5 would have a quiet service shake hands on almost every redirect."""

PATIENCE: Final[dict[str, float]] = {"pool": 5.0, "connect": 5.0, "read": 5.0}
"""Seconds, for a request that does not say."""

LONGEST_DETOUR: Final = 0.5
"""Seconds for an address that is not the last; a dead one must not use up all of the time."""

PORTS: Final = {"https": 443, "http": 80}
Origin: TypeAlias = tuple[str, str, int]
Address: TypeAlias = tuple[int, int, int, str, Any]
"""As `getaddrinfo` has it: family, kind, protocol, name, and what to connect to."""


class NameNotFound(httpx.ConnectError):
    """The name of Codat's host was not resolved, or not in time."""


class NotTrusted(httpx.ConnectError):
    """Whoever answered could not prove to be Codat, or speaks an outdated TLS."""


class PooledTransport(httpx.AsyncBaseTransport):
    """
    Sends each request by the connection that was used last, so that few are kept warm.

    Nothing of the environment is heeded save `SSL_CERT_FILE` and `SSL_CERT_DIR`, which name
    further certificate authorities; nothing is ever sent twice.
    A request has no body and may have httpx's timeouts and its target among its extensions.
    """

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None
        self._idle: defaultdict[Origin, list[Conversation]] = defaultdict(list)
        self._under_way: set[Conversation] = set()

    async def __aenter__(self) -> Self:
        self._tls = httpx.create_ssl_context()
        self._tls.set_alpn_protocols(["http/1.1"])
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    @property
    def under_way(self) -> int:
        """How many calls are being made, until the body of the answer is closed."""
        return len(self._under_way)

    async def aclose(self) -> None:
        """Close every connection; it can be opened again."""
        self._tls = None
        for conversation in (*self._under_way, *(c for cs in self._idle.values() for c in cs)):
            conversation.close()
        self._idle.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """
        Send *request* once.

        Raises:
            RuntimeError: it is not open.
            httpx.ConnectError, httpx.ConnectTimeout: no connection was made; `NameNotFound` and
                `NotTrusted` tell two reasons apart.
            httpx.PoolTimeout: no connection was free.
            httpx.TransportError: no answer came, whatever became of the request.
        """
        if self._tls is None:
            raise RuntimeError("The connections to Codat are not open.")
        head = _head(request)
        patience = request.extensions.get("timeout", PATIENCE)
        await self._wait_for_free(patience["pool"])
        try:
            url = request.url
            origin = (url.scheme, url.host, url.port or PORTS[url.scheme])
            conversation = self._warm(origin)
            if conversation is None:
                conversation = await _connected(origin, self._tls, patience["connect"])
        except BaseException:
            self._free.release()
            raise
        self._under_way.add(conversation)
        body = _Body(conversation, functools.partial(self._end, origin, conversation))
        try:
            status, headers = await conversation.ask(head, patience["read"])
        except BaseException:
            # A call that is cancelled, too, is no longer under way.
            await body.aclose()
            raise
        return httpx.Response(status, headers=headers, stream=body)

    async def _wait_for_free(self, patience: float) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(patience):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("All connections are busy.") from None

    def _warm(self, origin: Origin) -> Conversation | None:
        idle, now = self._idle[origin], asyncio.get_running_loop().time()
        while idle:
            conversation = idle.pop()
            if conversation.is_open and now < conversation.good_until:
                return conversation
            conversation.close()
        return None

    def _end(self, origin: Origin, conversation: Conversation) -> None:
        if conversation not in self._under_way:
            return
        self._under_way.remove(conversation)
        self._free.release()
        if conversation.end() and self._tls is not None:
            conversation.good_until = asyncio.get_running_loop().time() + KEEPALIVE_EXPIRY
            self._idle[origin].append(conversation)


@attrs.frozen(eq=False)
class _Body(httpx.AsyncByteStream):
    """The body of an answer; the call is under way until it is closed, however often."""

    conversation: Conversation
    end: Callable[[], None]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await self.conversation.read()
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        self.end()


def _head(request: httpx.Request) -> bytes:
    headers = (b"%s: %s" % header for header in request.headers.raw)
    target = request.extensions.get("target") or request.url.raw_path
    lines = [b"GET %s HTTP/1.1" % target, *headers, b"", b""]
    head = b"\r\n".join(lines)
    # What would break out of its place would be a request of somebody else's making.
    breaks = {head.count(b"\r"), head.count(b"\n")}
    if request.method != "GET" or breaks != {len(lines) - 1} or b" " in target:
        raise httpx.LocalProtocolError("Only plain GET requests can be sent.")
    return head


async def _connected(origin: Origin, tls: ssl.SSLContext, patience: float) -> Conversation:
    """Make a connection; *patience*, in seconds, is for TCP and again for TLS."""
    scheme, host, port = origin
    secure, named = scheme == "https", False
    try:
        async with asyncio.timeout(patience):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
            named = True
            dialled = await _dialled(found)
        async with asyncio.timeout(patience):
            _, conversation = await asyncio.get_running_loop().create_connection(
                Conversation,
                sock=dialled,
                ssl=tls if secure else None,
                server_hostname=host if secure else None,
            )
    except TimeoutError:
        if not named:
            raise NameNotFound("The name was not resolved in time.") from None
        raise httpx.ConnectTimeout("No connection was made in time.") from None
    except socket.gaierror:
        raise NameNotFound("The name does not resolve.") from None
    except ssl.SSLError as error:
        # Words of OpenSSL's, such as "certificate has expired".
        reason = getattr(error, "verify_message", None) or error.reason or "TLS broke off"
        raise NotTrusted(reason) from None
    except OSError as error:
        raise httpx.ConnectError("No connection was made.") from error
    return conversation


async def _dialled(found: Sequence[Address]) -> socket.socket:
    loop = asyncio.get_running_loop()
    for number, (family, kind, protocol, _, address) in enumerate(found, start=1):
        dialling = socket.socket(family, kind, protocol)
        dialling.setblocking(False)  # noqa: FBT003 - the name of the method says what it means
        last = number == len(found)
        try:
            async with asyncio.timeout(None if last else LONGEST_DETOUR):
                await loop.sock_connect(dialling, address)
        except BaseException as error:
            dialling.close()
            if last or not isinstance(error, OSError):
                raise
        else:
            return dialling
    raise OSError("The name has no address.")

"""Pictures by HTTP: from listed origins only, bounded in time and size, told by their bytes."""

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import httpx

from adapters.outbound import bare_transport, read_at_most
from domain.errors import (
    CodatAnswerInvalid,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.model.picture import LARGEST, Picture, parse_picture
from domain.model.web_places import lies_at


LONGEST_FETCH: Final = 5.0
"""Seconds for the whole of it, however slowly the body drips."""

ABSENT: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN})
"""Stores of files answer 403 for a file that is not there, to whoever may not list them."""

PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Like every 5xx, these say nothing of the picture."""

HEADERS: Final = {
    "Accept": "image/png, image/jpeg, image/gif, image/webp",
    # Unpacking is how a small answer fills the memory.
    "Accept-Encoding": "identity",
    "User-Agent": "tillbridge",
}
"""All that is sent: no key, no cookie, nothing of who asks."""


class HttpPictureSource:
    """
    Keeps the PictureSource port, for addresses at *origins*.

    An httpx transport without the client around it follows no redirects, heeds no proxies or
    passwords of the environment, and keeps no cookies. *longest_fetch* is in seconds.
    """

    def __init__(
        self,
        origins: tuple[str, ...],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        longest_fetch: float = LONGEST_FETCH,
    ) -> None:
        self._origins = frozenset(origins)
        self._given = transport
        self._transport: httpx.AsyncBaseTransport | None = None
        self._longest_fetch = longest_fetch

    async def __aenter__(self) -> Self:
        """Make ready; nothing is asked yet."""
        self._transport = self._given or bare_transport()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def fetch(self, src: str) -> Picture:
        """Ask once, and look at what comes; what its sender calls it counts for nothing."""
        if self._transport is None:
            raise RuntimeError("The connections to the pictures are not open.")
        if not lies_at(src, self._origins):
            raise CodatAnswerInvalid(reason="its picture is not at a listed origin")
        try:
            async with asyncio.timeout(self._longest_fetch):
                content = await _ask(self._transport, src)
        except (TimeoutError, httpx.TimeoutException):
            raise CodatTimedOut from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise CodatUnavailable from None
        try:
            return parse_picture(content)
        except ValueError as error:
            raise CodatAnswerInvalid(reason=f"its picture cannot be shown: {error}") from None


async def _ask(transport: httpx.AsyncBaseTransport, src: str) -> bytes:
    request = httpx.Request("GET", src, headers=HEADERS)
    response = await transport.handle_async_request(request)
    try:
        if response.status_code in ABSENT:
            raise CodatNotFound
        if response.status_code in PASSING or response.is_server_error:
            raise CodatUnavailable
        if response.status_code != HTTPStatus.OK:
            reason = f"its picture is answered with HTTP {response.status_code}"
            raise CodatAnswerInvalid(reason=reason)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise CodatAnswerInvalid(reason="its picture is compressed")
        body = await read_at_most(response, LARGEST)
        if body is None:
            raise CodatAnswerInvalid(reason=f"its picture has over {LARGEST // 1024} kB")
        return body
    finally:
        await response.aclose()

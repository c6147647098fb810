"""One question to Codat and its answer: bounded in time, in size, and in how often it is asked."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from typing import Final, cast

import attrs
import httpx

from adapters.codat.errors import from_status
from domain.errors import (
    CodatAnswerInvalid,
    CodatConnectionLost,
    CodatError,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ports.clock import Clock


SHORT_ANSWER: Final = 64 * 1024
LONG_ANSWER: Final = 1024 * 1024
"""Bytes, before which an answer is cut off."""


@attrs.frozen(kw_only=True)
class Patience:
    """
    How long Codat may take; all in seconds.

    *attempt* bounds one attempt with its body, however slowly it drips, which httpx does not;
    *read* is the longest silence; *connect* counts twice, for TCP and for TLS.
    Waiting for a free connection (*pool*) and making one take less than *attempt* together, so
    if that one strikes, the request was on its way.
    Another attempt begins within *retry* after the first began, so 8 seconds are the end of it.
    """

    attempt: float = 5.0
    pool: float = 0.9
    connect: float = 2.0
    read: float = 4.0
    retry: float = 3.0


@attrs.frozen(kw_only=True)
class Answer:
    """What Codat answered, with *began_at* the wall clock's reading before it was asked."""

    status: int
    headers: Mapping[str, str]
    began_at: dt.datetime
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class Failure:
    """No usable answer; *may_ask_again* where asking once more does no harm and may help."""

    error: CodatError
    may_ask_again: bool = False


@attrs.frozen(kw_only=True)
class Exchange:
    """
    Asks Codat by an httpx transport, without the client around it.

    So there are no cookies, no redirects, no proxies and no passwords of the environment.
    """

    base_url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    transport: httpx.AsyncBaseTransport
    clock: Clock
    patience: Patience = attrs.field(factory=Patience)

    async def ask_once(self, target: str) -> Answer:
        """
        Ask something that has effects; once, save where no connection was made.

        *target* is a path with its query, encoded.

        Raises:
            CodatError: there is no answer of status 200.
        """
        # An answer from some cache on the way would be a URL that somebody had before.
        request = self._request(target, {"Cache-Control": "no-store"})
        return await self._ask(request, SHORT_ANSWER, effects=True)

    async def ask(self, target: str, limit: int = SHORT_ANSWER) -> Answer:
        """
        Ask something that has no effects; once more where that may help and time allows.

        Raises:
            CodatError: there is no answer of status 200.
        """
        return await self._ask(self._request(target, {}), limit, effects=False)

    async def _ask(self, request: httpx.Request, limit: int, *, effects: bool) -> Answer:
        began = self.clock.monotonic()
        outcome = await self._attempt(request, limit, effects=effects)
        early = self.clock.monotonic() - began <= self.patience.retry
        if isinstance(outcome, Failure) and outcome.may_ask_again and early:
            outcome = await self._attempt(request, limit, effects=effects)
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def _request(self, target: str, more: Mapping[str, str]) -> httpx.Request:
        patience = self.patience
        timeouts = {"pool": patience.pool, "connect": patience.connect, "read": patience.read}
        return httpx.Request(
            "GET",
            self.base_url + target,
            headers={**self.headers, **more},
            extensions={"timeout": {**timeouts, "write": patience.read}},
        )

    async def _attempt(
        self, request: httpx.Request, limit: int, *, effects: bool
    ) -> Answer | Failure:
        began_at = self.clock.now()
        answer: Answer | None = None
        try:
            async with asyncio.timeout(self.patience.attempt):
                response = await self.transport.handle_async_request(request)
                try:
                    status, headers = response.status_code, response.headers
                    answer = Answer(status=status, headers=headers, began_at=began_at)
                    answer = attrs.evolve(answer, body=await _read(response, limit))
                finally:
                    await response.aclose()
        except (CodatAnswerInvalid, httpx.HTTPError, OSError) as error:
            # The status of an error says enough, whatever became of its body.
            if answer is None or answer.status == HTTPStatus.OK:
                return _broken(error, effects=effects)
        return self._judge(answer, effects=effects)

    def _judge(self, answer: Answer, *, effects: bool) -> Answer | Failure:
        if answer.status != HTTPStatus.OK:
            error = from_status(answer.status, answer.headers, answer.body, self.clock.now())
            # A key that is refused, a limit and a quota are no better a moment later.
            passing = type(error) is CodatUnavailable and "retry-after" not in answer.headers
            return Failure(error, may_ask_again=passing and not effects)
        media_type = answer.headers.get("content-type", "application/json").partition(";")[0]
        if not media_type.strip().lower().endswith("json"):
            return Failure(CodatAnswerInvalid(reason="it is not JSON"))
        return answer


async def _read(response: httpx.Response, limit: int) -> bytes:
    # Nothing else was asked for, and unpacking is how a small answer fills the memory.
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise CodatAnswerInvalid(reason="it is compressed")
    body = bytearray()
    # Closed by name, for a generator that is only dropped ends at some later time.
    generator = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
    async with contextlib.aclosing(generator) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                raise CodatAnswerInvalid(reason="it is too long")
    return bytes(body)


def _broken(error: Exception, *, effects: bool) -> Failure:
    match error:
        case CodatError():
            return Failure(error)
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return Failure(CodatUnavailable(), may_ask_again=True)
        case httpx.PoolTimeout():
            return Failure(CodatUnavailable())
        case httpx.TimeoutException() | TimeoutError():
            return Failure(CodatTimedOut())
        case _ if effects:
            # The request was on its way when the connection broke.
            return Failure(CodatConnectionLost())
        case _:
            return Failure(CodatUnavailable(), may_ask_again=True)

"""
One question to Codat and its answer: bounded in time, in size, and in how often it is asked.

This is the one layer that tries again: once, while enough time is left, and while the budget
and the breaker agree (see `line.py`).
"""

import asyncio
import datetime as dt
import enum
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, cast

import attrs
import httpx

from adapters.codat.errors import from_status
from adapters.codat.line import BRIEFLY, Line
from adapters.codat.transport import NameNotFound, NotTrusted
from adapters.outbound import read_at_most
from domain.errors import (
    CodatAnswerInvalid,
    CodatConnectionLost,
    CodatError,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ports.clock import Clock
from domain.ports.codat_gateway import LONGEST_START, SecondTry


SHORT_ANSWER: Final = 64 * 1024
LONG_ANSWER: Final = 1024 * 1024
"""Bytes, before which an answer is cut off."""

NO_BODY: Final = httpx.ByteStream(b"")
NO_HEADERS: Final[Mapping[str, str]] = {}

JITTER: Final = 0.1
"""Seconds at most between two tries, so that many that failed together do not come together."""


@attrs.frozen(kw_only=True)
class Patience:
    """
    How long Codat may take; all in seconds.

    *whole* bounds everything, both tries and what lies between; a second one begins only while
    *least* are left of it.
    *attempt* bounds one attempt with its body, however slowly it drips, which httpx does not;
    *read* is the longest silence; *connect* counts twice, for TCP and for TLS.
    Waiting for a free connection (*pool*) and making one take less than *attempt* together, so
    if that one strikes, the request was on its way.
    """

    whole: float = LONGEST_START
    least: float = 2.0
    attempt: float = 5.0
    pool: float = 0.9
    connect: float = 2.0
    read: float = 4.0


@attrs.frozen(kw_only=True)
class Answer:
    """
    What Codat answered, with *began_at* the wall clock's reading before it was asked.

    *headers* are by their names in lower case.
    *after_unknown* where nobody knows what became of the try before this one.
    """

    status: int
    headers: Mapping[str, str]
    began_at: dt.datetime
    body: bytes = attrs.field(default=b"", repr=False)
    after_unknown: bool = False


class Cause(enum.Enum):
    """Why a try failed that another may make good."""

    UNOPENED = "unopened"
    LOST = "lost"
    SILENT = "timed out"
    REFUSED = "unavailable"
    HURRIED = "rate limited"


@attrs.frozen(kw_only=True)
class Failure:
    """
    No usable answer; *cause* where asking once more may help, after *wait* seconds.

    *full* where the request did not even set out, for all our connections were busy.
    """

    error: CodatError
    cause: Cause | None = None
    wait: float = 0.0
    full: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what Codat did."""
        return isinstance(self.error, CodatTimedOut)


@attrs.frozen(kw_only=True)
class Exchange:
    """
    Asks Codat by an httpx transport, without the client around it.

    So there are no cookies, no redirects, no proxies and no passwords of the environment.
    *second_try* is for what has effects; *jitter* tells how many seconds to let pass.
    """

    base_url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    transport: httpx.AsyncBaseTransport
    clock: Clock
    line: Line
    patience: Patience
    second_try: SecondTry
    jitter: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    _url: httpx.URL = attrs.field(init=False, repr=False)
    _plain: httpx.Headers = attrs.field(init=False, repr=False)
    _uncached: httpx.Headers = attrs.field(init=False, repr=False)
    _timeouts: Mapping[str, float] = attrs.field(init=False, repr=False)

    @_url.default
    def _take_apart(self) -> httpx.URL:
        return httpx.URL(self.base_url)

    @_plain.default
    def _compose(self) -> httpx.Headers:
        return httpx.Request("GET", self._url, headers=self.headers).headers

    @_uncached.default
    def _add(self) -> httpx.Headers:
        # An answer from some cache on the way would be a URL that somebody had before.
        more = {**self.headers, "Cache-Control": "no-store"}
        return httpx.Request("GET", self._url, headers=more).headers

    @_timeouts.default
    def _tell(self) -> Mapping[str, float]:
        patience = self.patience
        waits = {"pool": patience.pool, "connect": patience.connect, "read": patience.read}
        return waits | {"write": patience.read}

    async def start(self, target: str, *, within: float) -> Answer:
        """
        Ask something that has effects, *within* so many seconds.

        *target* is a path with its query, encoded. An answer that was lost once stays lost,
        whatever the second try brings.

        Raises:
            CodatTimedOut: it is not known what became of one of the tries.
            CodatError: there is no answer of status 200.
        """
        self.line.expect_quota()
        request = self._request(target, self._uncached)
        causes = set(Cause) if self.second_try is SecondTry.ANY else {Cause.UNOPENED}
        within = min(within, self.patience.whole)
        return await self._ask(request, SHORT_ANSWER, causes, within, effects=True)

    async def confirm(self, target: str, limit: int = SHORT_ANSWER) -> Answer:
        """
        Ask how far a merchant is; refused where only the share of the quota for others is left.

        Raises:
            CodatError: there is no answer of status 200.
        """
        self.line.expect_quota()
        return await self.ask(target, limit)

    async def ask(self, target: str, limit: int = SHORT_ANSWER) -> Answer:
        """
        Ask something that has no effects.

        Raises:
            CodatError: there is no answer of status 200.
        """
        request, within = self._request(target, self._plain), self.patience.whole
        return await self._ask(request, limit, set(Cause), within, effects=False)

    async def _ask(
        self,
        request: httpx.Request,
        limit: int,
        causes: set[Cause],
        within: float,
        *,
        effects: bool,
    ) -> Answer:
        until = self.clock.monotonic() + within
        self.line.budget.earn()
        first = await self._try(request, limit, until, effects=effects)
        if not isinstance(first, Failure):
            return first
        pause = first.wait + self.jitter()
        late = until - self.clock.monotonic() - pause < self.patience.least
        cause = first.cause if first.cause in causes else None
        if cause is None or late or not self.line.pay(cause.value):
            raise first.error
        await self.sleep(pause)
        second = await self._try(request, limit, until, effects=effects)
        if not isinstance(second, Failure):
            return attrs.evolve(second, after_unknown=first.unknown)
        # What one of the two may have done is not undone by what the other knows.
        raise first.error if first.unknown and not second.unknown else second.error

    def _request(self, target: str, headers: httpx.Headers) -> httpx.Request:
        # Taking an address apart takes httpx as long as all else that it does. Ours begin alike;
        # what follows is encoded already, and goes as httpx's extension for just that.
        path = self._url.raw_path.rstrip(b"/") + target.encode("ascii")
        extensions = {"timeout": self._timeouts, "target": path}
        # Given a stream, httpx takes the headers as they are: they were completed before.
        return httpx.Request(
            "GET", self._url, headers=headers, stream=NO_BODY, extensions=extensions
        )

    async def _try(
        self, request: httpx.Request, limit: int, until: float, *, effects: bool
    ) -> Answer | Failure:
        permit = self.line.ask()
        if isinstance(permit, CodatUnavailable):
            return Failure(error=permit)
        outcome: Answer | Failure | None = None
        try:
            outcome = await self._attempt(request, limit, until, effects=effects)
        finally:
            if outcome is None or (isinstance(outcome, Failure) and outcome.full):
                self.line.called_off(permit)
            else:
                error = outcome.error if isinstance(outcome, Failure) else None
                self.line.ended(permit, error)
        return outcome

    async def _attempt(
        self, request: httpx.Request, limit: int, until: float, *, effects: bool
    ) -> Answer | Failure:
        began_at = self.clock.now()
        # No status yet; that of an answer is never 0.
        status, headers, body = 0, NO_HEADERS, b""
        left = until - self.clock.monotonic()
        try:
            async with asyncio.timeout(min(self.patience.attempt, left)):
                response = await self.transport.handle_async_request(request)
                try:
                    status, headers = response.status_code, _headers_of(response)
                    self.line.quota.read(headers)
                    body = await _read(response, headers, limit)
                finally:
                    await response.aclose()
        except NotTrusted as error:
            self.line.distrusts(str(error))
            return Failure(error=CodatUnavailable())
        except (CodatAnswerInvalid, httpx.HTTPError, OSError) as error:
            # The status of an error says enough, whatever became of its body.
            if status in {0, HTTPStatus.OK}:
                return _broken(error, effects=effects)
        return self._judge(Answer(status=status, headers=headers, began_at=began_at, body=body))

    def _judge(self, answer: Answer) -> Answer | Failure:
        if answer.status != HTTPStatus.OK:
            error = from_status(answer.status, answer.headers, answer.body, self.clock.now())
            return _refused(error, told_when="retry-after" in answer.headers)
        media_type = answer.headers.get("content-type", "application/json").partition(";")[0]
        if not media_type.strip().lower().endswith("json"):
            return Failure(error=CodatAnswerInvalid(reason="it is not JSON"))
        return answer


def _refused(error: CodatError, *, told_when: bool) -> Failure:
    """What a status other than 200 leaves to hope for; *told_when* if it came with a time."""
    if isinstance(error, CodatTimedOut):
        return Failure(error=error, cause=Cause.SILENT)
    if type(error) not in {CodatUnavailable, CodatRateLimited}:
        # A key that is refused and a limit are no better a moment later.
        return Failure(error=error)
    unavailable = cast("CodatUnavailable", error)
    if told_when and unavailable.retry_after > BRIEFLY:
        return Failure(error=error)
    wait = unavailable.retry_after.total_seconds() if told_when else 0.0
    if type(error) is CodatUnavailable:
        return Failure(error=error, cause=Cause.REFUSED, wait=wait)
    return Failure(error=error, cause=Cause.HURRIED, wait=wait) if wait else Failure(error=error)


def _headers_of(response: httpx.Response) -> Mapping[str, str]:
    """By their names in lower case; read once, where httpx would read them all at each look."""
    headers: dict[str, str] = {}
    for name, value in response.headers.raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _read(response: httpx.Response, headers: Mapping[str, str], limit: int) -> bytes:
    # Nothing else was asked for, and unpacking is how a small answer fills the memory.
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise CodatAnswerInvalid(reason="it is compressed")
    body = await read_at_most(response, limit)
    if body is None:
        raise CodatAnswerInvalid(reason="it is too long")
    return body


def _broken(error: Exception, *, effects: bool) -> Failure:
    match error:
        case CodatError():
            return Failure(error=error)
        case NameNotFound():
            # Whoever looks names up has tried again already, and took its time for it.
            return Failure(error=CodatUnavailable())
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return Failure(error=CodatUnavailable(), cause=Cause.UNOPENED)
        case httpx.PoolTimeout():
            return Failure(error=CodatUnavailable(), full=True)
        case httpx.TimeoutException() | TimeoutError():
            return Failure(error=CodatTimedOut(), cause=Cause.SILENT)
        case _:
            # The request was on its way when the connection broke.
            lost = CodatConnectionLost() if effects else CodatUnavailable()
            return Failure(error=lost, cause=Cause.LOST)

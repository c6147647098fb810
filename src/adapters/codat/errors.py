"""
From what went wrong on the way to what Tillbridge knows of it.

The question behind every line: can anything have been minted? `CodatUnavailable` says no, or that
Codat itself declares the call failed; `CodatTimedOut` says that nobody knows.

    no connection was made (name, refusal, TLS, connect timeout)     CodatUnavailable
    no free connection in time                                       CodatUnavailable
    an answer was awaited and did not come in time                   CodatTimedOut
    the connection broke after the request was on its way            CodatConnectionLost for the
                                                                     start, else CodatUnavailable
    401, 403                                                         CodatKeyRefused
    402                                                              CodatLimitReached
    404                                                              CodatNotFound
    429                                                              CodatRateLimited
    504 (a proxy gave up waiting)                                    CodatTimedOut
    408 and every other 5xx                                          CodatUnavailable
    anything else but 200                                            CodatAnswerInvalid

Source for the statuses: Codat's OpenAPI file "Sync for Commerce", and its error documentation.
The status line counts, not the `statusCode` of the body, which Codat's own examples get wrong.
"""

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import msgspec

from adapters.codat.quota import until_midnight
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
)


WITHOUT_ADVICE: Final = dt.timedelta(seconds=60)
"""How long to leave Codat alone after a 429 that does not say, or says it illegibly."""

UNTIL_BETTER: Final = dt.timedelta(seconds=10)
"""The same after a fault of Codat's own."""

SHORTEST_WAIT: Final = dt.timedelta(seconds=1)

_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
# 32 hexadecimal digits in the OpenAPI file, a GUID in the documentation.
_CORRELATION_ID: Final = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f-]{7,63}")


_PLAIN: Final[Mapping[int, type[CodatError]]] = {
    HTTPStatus.UNAUTHORIZED: CodatKeyRefused,
    HTTPStatus.FORBIDDEN: CodatKeyRefused,
    HTTPStatus.PAYMENT_REQUIRED: CodatLimitReached,
    HTTPStatus.NOT_FOUND: CodatNotFound,
    HTTPStatus.GATEWAY_TIMEOUT: CodatTimedOut,
}


class _ErrorMessage(msgspec.Struct):
    correlationId: object = None  # noqa: N815 - Codat's spelling


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, now: dt.datetime
) -> CodatError:
    """The error for an answer whose *status* is not 200; *now* is the wall clock's reading."""
    reference = correlation_id(body)
    if status in _PLAIN:
        return _PLAIN[status](correlation_id=reference)
    wait = retry_after(headers, now)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = WITHOUT_ADVICE if wait is None else wait
        return CodatRateLimited(correlation_id=reference, retry_after=_capped(wait, now))
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = UNTIL_BETTER if wait is None else wait
        return CodatUnavailable(correlation_id=reference, retry_after=_capped(wait, now))
    return CodatAnswerInvalid(correlation_id=reference, reason=f"its status is {status}")


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> dt.timedelta | None:
    """
    What `Retry-After` says (RFC 9110 §10.2.3: seconds or a date); `None` if nothing legible.

    Which of the two forms Codat uses is not documented.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return dt.timedelta(seconds=int(text))
    date = http_date(text)
    return None if date is None else date - now


def http_date(text: str) -> dt.datetime | None:
    """Read a date as HTTP writes it; `None` where it is not one."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=dt.UTC) if date.tzinfo is None else date.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def correlation_id(body: bytes) -> str | None:
    """Codat's reference for its support; only if it looks like one, for it is shown."""
    try:
        reference = msgspec.json.decode(body, type=_ErrorMessage).correlationId
    except (ValueError, RecursionError):
        return None
    if isinstance(reference, str) and _CORRELATION_ID.fullmatch(reference):
        return reference
    return None


def _capped(wait: dt.timedelta, now: dt.datetime) -> dt.timedelta:
    """At least a second, at most until the daily quota is renewed at midnight, UTC."""
    return max(SHORTEST_WAIT, min(wait, until_midnight(now)))

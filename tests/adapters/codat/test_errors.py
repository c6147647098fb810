"""What an answer that is not 200 means."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codat.errors import correlation_id, from_status, http_date, retry_after
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


NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
UNTIL_MIDNIGHT = dt.timedelta(hours=15)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, CodatKeyRefused),
        (403, CodatKeyRefused),
        (402, CodatLimitReached),
        (404, CodatNotFound),
        (429, CodatRateLimited),
        (408, CodatUnavailable),
        (500, CodatUnavailable),
        (502, CodatUnavailable),
        (503, CodatUnavailable),
        (504, CodatTimedOut),
        (599, CodatUnavailable),
        (201, CodatAnswerInvalid),
        (204, CodatAnswerInvalid),
        (301, CodatAnswerInvalid),
        (302, CodatAnswerInvalid),
        (304, CodatAnswerInvalid),
        (400, CodatAnswerInvalid),
        (409, CodatAnswerInvalid),
        (422, CodatAnswerInvalid),
    ],
)
def test_each_status_has_its_error(status: int, expected: type[CodatError]) -> None:
    assert expected is type(from_status(status, {}, b"", NOW))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", dt.timedelta(seconds=1)),
        ("21600", dt.timedelta(hours=6)),
        ("0", dt.timedelta(seconds=1)),
        ("999999999", UNTIL_MIDNIGHT),
        ("Mon, 23 Nov 2026 09:10:00 GMT", dt.timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 09:10:00", dt.timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 10:10:00 +0100", dt.timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 08:00:00 GMT", dt.timedelta(seconds=1)),
        ("Sun, 31 Dec 2028 08:00:00 GMT", UNTIL_MIDNIGHT),
        ("soon", dt.timedelta(seconds=60)),
        ("-5", dt.timedelta(seconds=60)),
        ("1.5", dt.timedelta(seconds=60)),
        ("٣", dt.timedelta(seconds=60)),
        ("9999999999999999999999", dt.timedelta(seconds=60)),
        ("Mon, 99 Nov 2026 08:00:00 GMT", dt.timedelta(seconds=60)),
        ("Fri, 31 Dec 9999 23:59:59 -2359", dt.timedelta(seconds=60)),
        ("", dt.timedelta(seconds=60)),
    ],
)
def test_a_quota_is_left_alone_for_as_long_as_codat_says(
    text: str, expected: dt.timedelta
) -> None:
    error = from_status(429, {"retry-after": text}, b"", NOW)

    assert isinstance(error, CodatRateLimited)
    assert expected == error.retry_after


def test_a_quota_that_says_nothing_is_left_alone_for_a_minute() -> None:
    error = from_status(429, {}, b"", NOW)

    assert isinstance(error, CodatRateLimited)
    assert dt.timedelta(seconds=60) == error.retry_after


def test_maintenance_may_say_how_long_it_takes() -> None:
    error = from_status(503, {"retry-after": "120"}, b"", NOW)

    assert isinstance(error, CodatUnavailable)
    assert dt.timedelta(seconds=120) == error.retry_after


@given(st.text())
def test_no_retry_after_is_too_odd_to_be_read(text: str) -> None:
    found = retry_after({"retry-after": text}, NOW)

    assert found is None or isinstance(found, dt.timedelta)


@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, [0-9]+ [A-Z][a-z]{2} [0-9]+ .*\Z"))
def test_a_date_is_aware_or_none_at_all(text: str) -> None:
    date = http_date(text)

    assert date is None or date.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "reference",
    [
        "7eb40d6b415d7bcd99ce658268284056",
        "00000000-0000-0000-0000-000000000000",
        "ABCDEF0123456789",
    ],
)
def test_codats_reference_is_kept(reference: str) -> None:
    body = json.dumps({"correlationId": reference, "statusCode": 418}).encode()

    assert reference == from_status(500, {}, body, NOW).correlation_id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 5000,
        b'{"correlationId":"\xff"}',
        b'{"correlationId":null}',
        b'{"correlationId":5}',
        b'{"correlationId":["7eb40d6b415d7bcd99ce658268284056"]}',
        b'{"correlationId":"https://sync-flow.codat.io/?otp=123456"}',
        b'{"correlationId":"123456"}',
        b'{"correlationId":"' + b"a" * 65 + b'"}',
        b'{"error":"7eb40d6b415d7bcd99ce658268284056"}',
    ],
)
def test_what_does_not_look_like_a_reference_is_not_kept(body: bytes) -> None:
    assert correlation_id(body) is None


@given(st.binary())
def test_no_body_is_too_odd_to_look_for_a_reference(body: bytes) -> None:
    found = correlation_id(body)

    assert found is None or len(found) <= 64

"""How often Codat is asked: which failure is worth another attempt, and which is not."""

import httpx
import pytest

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
from domain.ids import PlatformKey
from tests.adapters.codat.gateways import (
    FLOW,
    gateway_over,
    scripted,
    start,
)
from tests.adapters.codat.scripted import Step, answer
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

GBOL = PlatformKey("gbol")


@pytest.mark.parametrize("error", [httpx.ConnectError(""), httpx.ConnectTimeout("")])
async def test_a_start_is_tried_again_only_when_no_connection_was_made(error: Exception) -> None:
    network = scripted(error, answer({"url": FLOW}))

    assert FLOW == await start(gateway_over(network))
    assert 2 == len(network.requests)


async def test_a_start_is_tried_again_once_at_most() -> None:
    network = scripted(httpx.ConnectError(""))

    with pytest.raises(CodatUnavailable):
        await start(gateway_over(network))

    assert 2 == len(network.requests)


async def test_a_connection_that_took_too_long_to_fail_is_not_tried_again() -> None:
    clock = FakeClock()

    def slow_refusal(_: httpx.Request) -> httpx.Response:
        clock.advance(3.1)
        raise httpx.ConnectTimeout("")

    network = scripted(slow_refusal)

    with pytest.raises(CodatUnavailable):
        await start(gateway_over(network, clock=clock))

    assert 1 == len(network.requests)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(""),
        httpx.WriteTimeout(""),
        httpx.ReadError(""),
        httpx.WriteError(""),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
async def test_what_became_of_a_start_that_was_on_its_way_is_unknown(error: Exception) -> None:
    network = scripted(error)

    with pytest.raises(CodatTimedOut):
        await start(gateway_over(network))

    assert 1 == len(network.requests)


async def test_without_a_free_connection_nothing_was_minted() -> None:
    network = scripted(httpx.PoolTimeout(""))

    with pytest.raises(CodatUnavailable):
        await start(gateway_over(network))

    assert 1 == len(network.requests)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, CodatAnswerInvalid),
        (400, CodatAnswerInvalid),
        (401, CodatKeyRefused),
        (402, CodatLimitReached),
        (403, CodatKeyRefused),
        (404, CodatNotFound),
        (429, CodatRateLimited),
        (500, CodatUnavailable),
        (503, CodatUnavailable),
        (504, CodatTimedOut),
    ],
)
async def test_a_start_that_was_answered_is_never_tried_again(
    status: int, expected: type[CodatError]
) -> None:
    network = scripted(answer({"url": FLOW}, status))

    with pytest.raises(expected):
        await start(gateway_over(network))

    assert 1 == len(network.requests)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError(""),
        httpx.ConnectTimeout(""),
        httpx.ReadError(""),
        httpx.RemoteProtocolError(""),
        answer({}, 500),
        answer({}, 502),
        answer({}, 408),
    ],
)
async def test_a_read_is_tried_once_more_where_that_may_help(failure: Step) -> None:
    network = scripted(failure, answer({}))

    await gateway_over(network).branding(GBOL)

    assert 2 == len(network.requests)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ReadTimeout(""), CodatTimedOut),
        (httpx.PoolTimeout(""), CodatUnavailable),
        (answer({}, 401), CodatKeyRefused),
        (answer({}, 402), CodatLimitReached),
        (answer({}, 404), CodatNotFound),
        (answer({}, 429), CodatRateLimited),
        (answer({}, 400), CodatAnswerInvalid),
        (answer({}, 503, {"Retry-After": "30"}), CodatUnavailable),
        (answer(b"<html>"), CodatAnswerInvalid),
    ],
)
async def test_a_read_is_not_tried_again_where_that_would_not_help(
    failure: Step, expected: type[CodatError]
) -> None:
    network = scripted(failure)

    with pytest.raises(expected):
        await gateway_over(network).branding(GBOL)

    assert 1 == len(network.requests)


async def test_a_read_that_fails_twice_has_failed() -> None:
    network = scripted(answer({}, 503))

    with pytest.raises(CodatUnavailable):
        await gateway_over(network).branding(GBOL)

    assert 2 == len(network.requests)

"""How often Codat is asked: which failure is worth another attempt, and which is not."""

import httpx
import pytest

from adapters.codat.transport import NameNotFound, NotTrusted
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
from domain.ports.codat_gateway import SecondTry
from tests.adapters.codat.gateways import (
    FLOW,
    MERCHANT,
    RETURN_TO,
    ROUTE,
    gateway_over,
    scripted,
    start,
)
from tests.adapters.codat.scripted import Step, answer
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

GBOL = PlatformKey("gbol")


UNOPENED: list[Step] = [httpx.ConnectError(""), httpx.ConnectTimeout("")]
UNKNOWN: list[Step] = [
    httpx.ReadTimeout(""),
    httpx.WriteTimeout(""),
    httpx.ReadError(""),
    httpx.WriteError(""),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ConnectionResetError(),
    TimeoutError(),
    answer({}, 504),
]
DECLARED: list[Step] = [
    answer({}, 408),
    answer({}, 500),
    answer({}, 502),
    answer({}, 503),
    answer({}, 503, {"Retry-After": "1"}),
    answer({}, 429, {"Retry-After": "0"}),
    answer({}, 429, {"Retry-After": "1"}),
]
FINAL: list[tuple[Step, type[CodatError]]] = [
    (httpx.PoolTimeout(""), CodatUnavailable),
    (NameNotFound(""), CodatUnavailable),
    (NotTrusted("certificate has expired"), CodatUnavailable),
    (answer({}, 301), CodatAnswerInvalid),
    (answer({}, 400), CodatAnswerInvalid),
    (answer({}, 401), CodatKeyRefused),
    (answer({}, 402), CodatLimitReached),
    (answer({}, 403), CodatKeyRefused),
    (answer({}, 404), CodatNotFound),
    (answer({}, 429), CodatRateLimited),
    (answer({}, 429, {"Retry-After": "2"}), CodatRateLimited),
    (answer({}, 429, {"Retry-After": "soon"}), CodatRateLimited),
    (answer({}, 503, {"Retry-After": "30"}), CodatUnavailable),
    (answer(b"<html>"), CodatAnswerInvalid),
]


@pytest.mark.parametrize("failure", [*UNOPENED, *UNKNOWN, *DECLARED])
async def test_a_start_is_tried_once_more_where_that_may_help(failure: Step) -> None:
    network = scripted(failure, answer({"url": FLOW}))

    assert FLOW == await start(gateway_over(network))
    assert 2 == len(network.requests)


@pytest.mark.parametrize("failure", [*UNOPENED, *UNKNOWN, *DECLARED])
async def test_a_start_is_tried_twice_at_most(failure: Step) -> None:
    network = scripted(failure)

    with pytest.raises(CodatError):
        await start(gateway_over(network))

    assert 2 == len(network.requests)


@pytest.mark.parametrize(("failure", "expected"), FINAL)
async def test_a_start_is_not_tried_again_where_that_would_not_help(
    failure: Step, expected: type[CodatError]
) -> None:
    network = scripted(failure)

    with pytest.raises(CodatError) as caught:
        await start(gateway_over(network))

    assert (expected, 1) == (type(caught.value), len(network.requests))


@pytest.mark.parametrize("failure", [*UNKNOWN, *DECLARED])
async def test_a_start_may_be_tried_again_only_if_nothing_was_sent(failure: Step) -> None:
    network = scripted(failure)

    with pytest.raises(CodatError):
        await start(gateway_over(network, second_try=SecondTry.UNOPENED))

    assert 1 == len(network.requests)


@pytest.mark.parametrize("failure", UNOPENED)
async def test_if_nothing_was_sent_it_is_tried_again_all_the_same(failure: Step) -> None:
    network = scripted(failure, answer({"url": FLOW}))

    assert FLOW == await start(gateway_over(network, second_try=SecondTry.UNOPENED))


@pytest.mark.parametrize("failure", UNKNOWN)
async def test_what_became_of_a_start_that_was_on_its_way_is_unknown(failure: Step) -> None:
    with pytest.raises(CodatTimedOut):
        await start(gateway_over(scripted(failure)))


@pytest.mark.parametrize("second", [*UNOPENED, *DECLARED, *(step for step, _ in FINAL)])
async def test_what_nobody_knows_of_the_first_try_nobody_knows_after_the_second(
    second: Step,
) -> None:
    with pytest.raises(CodatTimedOut):
        await start(gateway_over(scripted(httpx.ReadTimeout(""), second)))


@pytest.mark.parametrize("first", [*UNOPENED, *DECLARED])
async def test_what_nobody_knows_of_the_second_try_is_unknown(first: Step) -> None:
    with pytest.raises(CodatTimedOut):
        await start(gateway_over(scripted(first, httpx.ReadTimeout(""))))


async def test_the_second_error_is_told_where_both_tries_are_known_to_have_failed() -> None:
    with pytest.raises(CodatKeyRefused):
        await start(gateway_over(scripted(httpx.ConnectError(""), answer({}, 401))))


@pytest.mark.parametrize(("took", "tries"), [(5.9, 2), (6.1, 1)])
async def test_a_second_try_needs_two_of_the_eight_seconds(took: float, tries: int) -> None:
    clock = FakeClock()

    def slow_refusal(_: httpx.Request) -> httpx.Response:
        clock.advance(took)
        raise httpx.ConnectTimeout("")

    network = scripted(slow_refusal)

    with pytest.raises(CodatUnavailable):
        await start(gateway_over(network, clock=clock))

    assert tries == len(network.requests)


@pytest.mark.parametrize(("within", "tries"), [(3.1, 2), (2.9, 1), (60.0, 2)])
async def test_whoever_starts_may_have_less_time_but_not_more(within: float, tries: int) -> None:
    clock = FakeClock()

    def refusal_after_a_second(_: httpx.Request) -> httpx.Response:
        clock.advance(1.0)
        raise httpx.ConnectTimeout("")

    network = scripted(refusal_after_a_second)

    with pytest.raises(CodatUnavailable):
        await gateway_over(network, clock=clock).start_sync_flow(
            ROUTE, MERCHANT, RETURN_TO, within=within
        )

    assert tries == len(network.requests)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError(""), 0.07),
        (answer({}, 503), 0.07),
        (answer({}, 503, {"Retry-After": "1"}), 1.07),
        (answer({}, 429, {"Retry-After": "1"}), 1.07),
    ],
)
async def test_between_two_tries_there_is_a_moment_and_a_second_at_most(
    failure: Step, expected: float
) -> None:
    clock = FakeClock()
    network = scripted(failure, answer({"url": FLOW}))

    await start(gateway_over(network, clock=clock, jitter=0.07))

    assert pytest.approx(1000 + expected) == clock.monotonic()


async def test_without_a_free_connection_nothing_was_minted() -> None:
    network = scripted(httpx.PoolTimeout(""))

    with pytest.raises(CodatUnavailable):
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
        httpx.ReadTimeout(""),
        answer({}, 429, {"Retry-After": "1"}),
    ],
)
async def test_a_read_is_tried_once_more_where_that_may_help(failure: Step) -> None:
    network = scripted(failure, answer({}))

    await gateway_over(network).branding(GBOL)

    assert 2 == len(network.requests)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
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

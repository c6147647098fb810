"""
Codat's and the network's bad days, one section for each row of `docs/resilience.md`.

Real connections where the row is about connections, with a tenth of the patience; scripted ones
and a clock that is put forward where it is about what happens over minutes and hours.
"""

import asyncio
import contextlib
import datetime as dt
import gc
import json
import random
import re
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codat.exchange import Patience
from adapters.codat.http_gateway import HttpCodatGateway
from adapters.system import SystemClock
from domain.errors import (
    CodatAnswerInvalid,
    CodatConnectionLost,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ids import CompanyId, PlatformKey
from domain.ports.clock import Clock
from domain.ports.codat_gateway import BreakerState
from tests.adapters.codat.authority import Authority, outdated, presenting
from tests.adapters.codat.gateways import (
    FLOW,
    HOST,
    KEY,
    MERCHANT,
    gateway_over,
    scripted,
    start,
)
from tests.adapters.codat.raw_server import (
    Act,
    closed_port,
    http,
    port_that_never_answers,
    raw_server,
    say_nothing,
    send,
    send_and_reset,
    send_forever,
    send_slowly,
)
from tests.adapters.codat.scripted import ScriptedTransport, Step, answer
from tests.fakes.clock import START, FakeClock


pytestmark = pytest.mark.anyio

XERO = PlatformKey("gbol")
NOBODY = CompanyId("00000000-0000-4000-8000-000000000000")
MINTED = http(b'{"url":"%b"}' % FLOW.encode())
WELL = answer({"url": FLOW})
TENTH = Patience(whole=0.8, least=0.2, attempt=0.5, pool=0.09, connect=0.2, read=0.4)
"""The usual patience, ten times shorter."""

SLACK = 1.0
"""Seconds that a busy machine may take longer; how many tries there were is counted."""

HALVES = re.compile("[\ud800-\udfff]")
HOSTILE = [
    json.loads(line)
    for line in Path(__file__).with_name("hostile_urls.jsonl").read_text().splitlines()
]


def gateway_to(
    url: str, patience: Patience | None = None, clock: Clock | None = None
) -> HttpCodatGateway:
    """A gateway with real connections."""
    return HttpCodatGateway(
        base_url=url,
        api_key=KEY,
        sync_flow_hosts=(HOST,),
        clock=clock or SystemClock(),
        patience=patience,
    )


@attrs.frozen
class Outcome:
    """How a start ended, and how many seconds it took."""

    error: CodatError | None
    took: float


async def outcome_of(gateway: HttpCodatGateway) -> Outcome:
    began = time.monotonic()
    try:
        await start(gateway)
    except CodatError as error:
        return Outcome(error, time.monotonic() - began)
    return Outcome(None, time.monotonic() - began)


def test_the_figures_that_are_promised() -> None:
    usual = Patience()

    assert (8.0, 2.0) == (usual.whole, usual.least)
    assert (5.0, 4.0, 2.0) == (usual.attempt, usual.read, usual.connect)
    assert Patience(whole=0.8, least=0.2, attempt=0.5, pool=0.09, connect=0.2, read=0.4) == TENTH


# F1: the name does not resolve, or slowly.


async def test_f1_a_name_that_does_not_exist() -> None:
    async with gateway_to("http://codat.invalid") as gateway:
        outcome = await outcome_of(gateway)

    assert CodatUnavailable is type(outcome.error)
    assert outcome.took < 2.2 + SLACK


async def test_f1_a_slow_lookup_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    enough = threading.Event()
    lags: list[float] = []

    def look_up(*_: object, **__: object) -> list[object]:
        enough.wait(10)
        return []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            lags.append(time.monotonic() - before)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    ticking = asyncio.create_task(tick())
    async with gateway_to("http://codat.example", TENTH) as gateway:
        outcome = await outcome_of(gateway)
    ticking.cancel()
    enough.set()

    assert CodatUnavailable is type(outcome.error)
    # One lookup, and not another one: those who look names up try again by themselves.
    assert 0.2 <= outcome.took < 0.22 + SLACK
    assert max(lags) < 0.1 + SLACK
    assert len(lags) > 3


# F2: connection refused, black hole.


async def test_f2_a_refused_connection() -> None:
    async with gateway_to(f"http://127.0.0.1:{closed_port()}") as gateway:
        outcome = await outcome_of(gateway)

        assert CodatUnavailable is type(outcome.error)
        assert {"unopened": 1} == gateway.traffic().second_tries
    assert outcome.took < SLACK


async def test_f2_a_black_hole() -> None:
    with port_that_never_answers() as silent:
        async with gateway_to(f"http://127.0.0.1:{silent}", TENTH) as gateway:
            outcome = await outcome_of(gateway)

            assert CodatUnavailable is type(outcome.error)
            assert {"unopened": 1} == gateway.traffic().second_tries
    assert 0.4 <= outcome.took < 0.45 + SLACK


# F3: no answer.


async def test_f3_silence() -> None:
    async with raw_server(say_nothing) as server, gateway_to(server.url, TENTH) as gateway:
        outcome = await outcome_of(gateway)

    assert CodatTimedOut is type(outcome.error)
    assert 2 == len(server.requests)
    assert 0.4 <= outcome.took < 0.8 + SLACK


async def test_f3_silence_that_ends_before_the_second_try_is_made_good() -> None:
    async with (
        raw_server(say_nothing, send(MINTED)) as server,
        gateway_to(server.url, TENTH) as gateway,
    ):
        outcome = await outcome_of(gateway)

    assert outcome.error is None
    assert 2 == len(server.requests)


# F4: dripping.


@pytest.mark.parametrize("sent", [MINTED[:20], MINTED[:-40]], ids=["headers", "body"])
async def test_f4_an_answer_that_drips(sent: bytes) -> None:
    drip = send_slowly(sent, MINTED[len(sent) :], every=0.05)

    async with raw_server(drip) as server, gateway_to(server.url, TENTH) as gateway:
        outcome = await outcome_of(gateway)

    assert CodatTimedOut is type(outcome.error)
    assert 2 == len(server.requests)
    # The first try takes 0.5, the second what is left.
    assert 0.7 <= outcome.took < 0.8 + SLACK


# F5: resets.


async def test_f5_at_one_reset_in_twenty_merchants_hardly_notice() -> None:
    dice = random.Random(5)  # noqa: S311 - repeatable, and no secret
    cut = (b"", MINTED[:30], MINTED[:-20])

    async def now_and_then(writer: asyncio.StreamWriter) -> None:
        act = send_and_reset(dice.choice(cut)) if dice.random() < 0.05 else send(MINTED)
        await act(writer)

    async with (
        raw_server(now_and_then) as server,
        gateway_to(server.url, clock=FakeClock()) as gateway,
    ):
        outcomes = [await outcome_of(gateway) for _ in range(600)]
        traffic = gateway.traffic()

    lost = [outcome.error for outcome in outcomes if outcome.error]
    assert len(lost) <= 6
    assert {CodatConnectionLost} >= {type(error) for error in lost}
    assert 15 <= traffic.second_tries["lost"] <= 60
    assert 600 + traffic.second_tries["lost"] == len(server.requests)


async def test_f5_a_kept_connection_gone_stale_costs_no_merchant_a_click() -> None:
    script = (send(MINTED), send_and_reset(b""), send(MINTED))

    async with raw_server(*script) as server, gateway_to(server.url) as gateway:
        outcomes = [await outcome_of(gateway) for _ in range(2)]

    assert [None, None] == [outcome.error for outcome in outcomes]


# F6: the key is refused.


@pytest.mark.parametrize("status", [401, 403])
async def test_f6_a_refused_key_is_tried_once_a_minute_and_told_once(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock, network = FakeClock(), scripted(answer({}, status))
    gateway = gateway_over(network, clock=clock)

    for _ in range(180):
        with pytest.raises(CodatKeyRefused) as caught:
            await start(gateway)
        assert caught.value.retry_after <= dt.timedelta(minutes=1)
        clock.advance(1)

    assert 3 == len(network.requests)
    assert BreakerState.PROBING is gateway.traffic().breaker
    alerts = [r.message for r in caplog.records if r.levelname == "ERROR"]
    assert ["Codat refuses the API key; it is asked once a minute until it does not"] == alerts


async def test_f6_once_the_key_is_mended_the_next_probe_finds_out() -> None:
    clock, network = FakeClock(), scripted(answer({}, 401), WELL)
    gateway = gateway_over(network, clock=clock)
    with pytest.raises(CodatKeyRefused):
        await start(gateway)
    assert BreakerState.MISCONFIGURED is gateway.traffic().breaker
    assert isinstance(gateway.closed(), CodatKeyRefused)
    clock.advance(60)
    assert gateway.closed() is None

    assert FLOW == await start(gateway)
    assert BreakerState.CLOSED is gateway.traffic().breaker
    assert gateway.closed() is None


async def test_f6_what_was_not_asked_does_not_count_as_codats_last_answer() -> None:
    clock = FakeClock()
    gateway = gateway_over(scripted(answer({}, 401)), clock=clock)
    with pytest.raises(CodatKeyRefused):
        await start(gateway)
    clock.advance(5)

    with pytest.raises(CodatKeyRefused) as caught:
        await start(gateway)

    last = gateway.last_answer()
    assert last is not None
    assert (START, False) == (last.at, caught.value.asked)


# F7: the account is at its limit.


async def test_f7_a_limit_is_told_at_once_and_opens_nothing() -> None:
    network = scripted(answer({}, 402))
    gateway = gateway_over(network)

    for _ in range(30):
        with pytest.raises(CodatLimitReached):
            await start(gateway)

    assert 30 == len(network.requests)
    assert BreakerState.CLOSED is gateway.traffic().breaker


# F9: too many requests.


def after(retry_after: str | None) -> Step:
    return answer({}, 429, {} if retry_after is None else {"Retry-After": retry_after})


async def calls_of(network: ScriptedTransport, retry_after: str | None, minutes: int) -> int:
    """How often Codat is asked in so many minutes, with a start every second of them."""
    clock = FakeClock()
    gateway = gateway_over(network, clock=clock)
    for _ in range(minutes * 60):
        with pytest.raises(CodatRateLimited):
            await start(gateway)
        clock.advance(1)
    return len(network.requests)


@pytest.mark.parametrize(
    ("retry_after", "minutes", "most"),
    [
        ("21600", 359, 1),
        (format_datetime(START + dt.timedelta(hours=6), usegmt=True), 359, 1),
        ("soon", 10, 10),
        ("-5", 10, 10),
        (None, 10, 10),
        ("30", 10, 20),
    ],
)
async def test_f9_codat_is_left_alone_for_as_long_as_it_asks(
    retry_after: str | None, minutes: int, most: int
) -> None:
    assert most == await calls_of(scripted(after(retry_after)), retry_after, minutes)


async def test_f9_after_midnight_there_is_a_new_quota() -> None:
    clock, network = FakeClock(), scripted(after("9999999"), WELL)
    gateway = gateway_over(network, clock=clock)

    with pytest.raises(CodatRateLimited) as caught:
        await start(gateway)
    clock.advance(15 * 3600 - 1)
    with pytest.raises(CodatRateLimited):
        await start(gateway)
    clock.advance(1)

    assert dt.timedelta(hours=15) == caught.value.retry_after
    assert FLOW == await start(gateway)


@pytest.mark.parametrize("retry_after", ["0", "1"])
async def test_f9_a_second_is_waited_for(retry_after: str) -> None:
    clock, network = FakeClock(), scripted(after(retry_after), WELL)
    gateway = gateway_over(network, clock=clock)

    assert FLOW == await start(gateway)
    assert pytest.approx(1001.0) == clock.monotonic()
    assert {"rate limited": 1} == gateway.traffic().second_tries


async def test_f9_no_request_sleeps_on_more() -> None:
    clock = FakeClock()

    with pytest.raises(CodatRateLimited):
        await start(gateway_over(scripted(after("2")), clock=clock))

    assert 1000.0 == clock.monotonic()


async def test_f9_when_only_the_share_for_branding_is_left_merchants_wait() -> None:
    left = {"X-Rate-Limit-Limit": "1000", "X-Rate-Limit-Remaining": "100"}
    network = scripted(answer({"url": FLOW, "results": [], "totalResults": 0}, headers=left))
    gateway = gateway_over(network)
    await start(gateway)

    with pytest.raises(CodatRateLimited) as caught:
        await start(gateway)
    with pytest.raises(CodatRateLimited):
        await gateway.find_companies(MERCHANT)
    with pytest.raises(CodatRateLimited):
        await gateway.configuration(NOBODY)
    assert 1 == len(network.requests)
    assert (dt.timedelta(hours=15), False) == (caught.value.retry_after, caught.value.asked)

    await gateway.integrations()
    await gateway.branding(XERO)
    assert 3 == len(network.requests)
    assert {"quota": 3} == gateway.traffic().spared
    closed = gateway.traffic().closed
    assert isinstance(closed, CodatRateLimited)
    assert dt.timedelta(hours=15) == closed.retry_after


# F10: a burst of 5xx.


@attrs.define
class Burst:
    """Codat while it answers 503 from the first second to the 60th."""

    clock: FakeClock
    calls: list[float] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self.clock.monotonic() - 1000
        self.calls.append(now)
        return (answer({}, 503) if 1 <= now < 61 else WELL)(request)


async def test_f10_a_burst_costs_codat_five_calls_and_ends_soon_after() -> None:
    clock = FakeClock()
    burst = Burst(clock)
    gateway = gateway_over(scripted(burst), clock=clock)
    opened_at = closed_at = 0.0

    for _ in range(5 * 90):
        await outcome_of(gateway)
        state, now = gateway.traffic().breaker, clock.monotonic() - 1000
        if state is BreakerState.FAILING and not opened_at:
            opened_at = now
        if state is BreakerState.CLOSED and opened_at and not closed_at:
            closed_at = now
        clock.advance(0.2)

    assert 1 < opened_at < 10
    assert len([at for at in burst.calls if opened_at < at < 61]) <= 5
    assert 61 <= closed_at <= 81
    outcome = await outcome_of(gateway)
    assert outcome.error is None


async def test_f10_in_an_outage_second_tries_stay_within_their_budget() -> None:
    network = scripted(answer({}, 503))
    gateway = gateway_over(network, breaker=False)

    for _ in range(1000):
        await outcome_of(gateway)

    assert 1000 < len(network.requests) <= 1000 * 1.25 + 3
    assert gateway.traffic().spared["budget"] >= 747


async def test_f10_of_many_who_come_at_once_one_probes() -> None:
    clock = FakeClock()
    network = scripted(answer({}, 503))
    gateway = gateway_over(network, clock=clock)
    for _ in range(30):
        await outcome_of(gateway)
    before = len(network.requests)
    clock.advance(15)

    outcomes = await asyncio.gather(*(outcome_of(gateway) for _ in range(50)))

    assert before + 1 == len(network.requests)
    assert {CodatUnavailable} == {type(outcome.error) for outcome in outcomes}
    assert 49 == sum(outcome.error.asked is False for outcome in outcomes if outcome.error)  # type: ignore[attr-defined]  # the line above says which


# F11: nonsense.


@given(body=st.binary(max_size=200) | st.text(max_size=60).map(str.encode))
async def test_f11_whatever_codat_answers_it_is_an_error_of_ours_or_a_url(body: bytes) -> None:
    network = scripted(answer(body))

    outcome = await outcome_of(gateway_over(network))

    assert CodatAnswerInvalid is type(outcome.error)
    assert 1 == len(network.requests)


# F12: in `test_http_gateway.py`. F13: a URL that leads elsewhere.


@pytest.mark.parametrize("number", range(0, len(HOSTILE), 10))
async def test_f13_a_url_that_leads_elsewhere_is_a_security_event(
    number: int, caplog: pytest.LogCaptureFixture
) -> None:
    # An empty one is none, and half a character is no JSON: those end before they are looked at.
    hostile = [url for url in HOSTILE[number : number + 10] if url and not HALVES.search(url)]

    for url in hostile:
        outcome = await outcome_of(gateway_over(scripted(answer({"url": url})), hosts=(HOST,)))
        assert CodatAnswerInvalid is type(outcome.error)

    events = [r.message for r in caplog.records if "Security event" in r.message]
    assert len(hostile) == len(events)
    assert [] == [text for text in events if any(len(u) > 9 and u in text for u in hostile)]


# F14: far too much.


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
    ],
    ids=["endless", "compressed"],
)
async def test_f14_too_much_is_cut_off_before_it_fills_the_memory(head: bytes) -> None:
    flood = send_forever(head, b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    async with raw_server(flood) as server, gateway_to(server.url) as gateway:
        gc.collect()
        tracemalloc.start()
        try:
            outcome = await outcome_of(gateway)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert CodatAnswerInvalid is type(outcome.error)
    assert peak < 5_000_000
    assert 1 == len(server.requests)


# F15: in `test_faults.py`; and round in circles.


async def test_f15_going_round_in_circles() -> None:
    script: list[Act] = []

    async def back_to_itself(writer: asyncio.StreamWriter) -> None:
        await send(http(b"", "Location: /config", status="307 Temporary Redirect"))(writer)

    script.append(back_to_itself)
    async with raw_server(*script) as server, gateway_to(server.url) as gateway:
        outcome = await outcome_of(gateway)

    assert CodatAnswerInvalid is type(outcome.error)
    assert 1 == len(server.requests)


# F16: not Codat's certificate.


def expired(authority: Authority) -> ssl.SSLContext:
    return presenting(authority.certificate("127.0.0.1", dt.timedelta(days=365)))


def of_another_name(authority: Authority) -> ssl.SSLContext:
    return presenting(authority.certificate("127.0.0.2"))


def self_signed(authority: Authority) -> ssl.SSLContext:
    return presenting(authority.certificate("127.0.0.1", by_itself=True))


@pytest.mark.parametrize(
    ("makes", "told"),
    [
        (expired, "certificate has expired"),
        (of_another_name, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
        (self_signed, "self-signed certificate"),
    ],
    ids=["expired", "another name", "self-signed"],
)
async def test_f16_whoever_cannot_prove_to_be_codat_is_not_asked(
    makes: Callable[[Authority], ssl.SSLContext],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))

    async with (
        raw_server(send(MINTED), tls=makes(authority)) as server,
        gateway_to(server.url) as gateway,
    ):
        outcomes = [await outcome_of(gateway) for _ in range(3)]
        second_tries = gateway.traffic().second_tries

    assert [CodatUnavailable] * 3 == [type(outcome.error) for outcome in outcomes]
    assert [] == server.requests
    assert {} == second_tries
    assert [f"Codat's side of the connection is not trusted: {told}"] == alerts_in(caplog)


def alerts_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        r.message for r in caplog.records if "ERROR" == r.levelname and "not trusted" in r.message
    ]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_f16_an_outdated_tls_is_not_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))
    server = outdated(authority.certificate("127.0.0.1"))
    spoken: list[str] = []

    def answer_one(listening: socket.socket) -> None:
        # Not asyncio's, whose servers hang up without saying what they did not like.
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            spoken.append(str(server.wrap_socket(connection, server_side=True).version()))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        answering = asyncio.create_task(asyncio.to_thread(answer_one, listening))
        async with gateway_to(url) as gateway:
            outcome = await outcome_of(gateway)
        await answering

    assert (CodatUnavailable, []) == (type(outcome.error), spoken)
    assert [
        "Codat's side of the connection is not trusted: TLSV1_ALERT_PROTOCOL_VERSION"
    ] == alerts_in(caplog)


async def test_f16_whoever_can_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))
    certificate = authority.certificate("127.0.0.1")

    async with (
        raw_server(send(MINTED), tls=presenting(certificate)) as server,
        gateway_to(server.url) as gateway,
    ):
        assert FLOW == await start(gateway)

"""How long and how much: what counts as an answer when the network misbehaves."""

import asyncio

import pytest

from adapters.codat.exchange import LONG_ANSWER, SHORT_ANSWER, Patience
from adapters.codat.http_gateway import HttpCodatGateway
from domain.errors import (
    CodatAnswerInvalid,
    CodatKeyRefused,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ids import PlatformKey
from domain.ports.codat_gateway import SecondTry
from tests.adapters.codat.gateways import (
    FLOW,
    HOST,
    KEY,
    gateway_over,
    scripted,
    start,
)
from tests.adapters.codat.raw_server import (
    Act,
    RawServer,
    closed_port,
    http,
    raw_server,
    say_nothing,
    send,
    send_and_reset,
    send_forever,
    send_slowly,
)
from tests.adapters.codat.scripted import answer
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

GBOL = PlatformKey("gbol")
MINTED = http(b'{"url":"%b"}' % FLOW.encode())
HASTY = Patience(read=0.1)
HASTY_OVERALL = Patience(attempt=0.15)
"""With these, and a clock that stands still, every failure is followed by a second try."""


def gateway_to(
    server: RawServer | str,
    patience: Patience | None = None,
    second_try: SecondTry = SecondTry.ANY,
) -> HttpCodatGateway:
    """A gateway with real connections."""
    return HttpCodatGateway(
        base_url=server if isinstance(server, str) else server.url,
        api_key=KEY,
        sync_flow_hosts=(HOST,),
        clock=FakeClock(),
        patience=patience,
        second_try=second_try,
    )


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/hal+json"]
)
async def test_json_has_several_names(media_type: str) -> None:
    network = scripted(answer({"url": FLOW}, headers={"Content-Type": media_type}))

    assert FLOW == await start(gateway_over(network))


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", ""])
async def test_what_does_not_call_itself_json_is_refused(media_type: str) -> None:
    network = scripted(answer({"url": FLOW}, headers={"Content-Type": media_type}))

    with pytest.raises(CodatAnswerInvalid, match="not JSON"):
        await start(gateway_over(network))


async def test_an_answer_need_not_name_its_type() -> None:
    body = b'{"url":"%b"}' % FLOW.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    async with raw_server(send(head + body)) as server, gateway_to(server) as gateway:
        assert FLOW == await start(gateway)


async def test_a_redirect_is_not_followed_and_the_key_goes_nowhere() -> None:
    async with raw_server(send(MINTED)) as elsewhere:
        away = http(b"", f"Location: {elsewhere.url}/start", status="302 Found")
        async with raw_server(send(away)) as server, gateway_to(server) as gateway:
            with pytest.raises(CodatAnswerInvalid, match="302"):
                await start(gateway)

        assert 1 == len(server.requests)
        assert [] == elsewhere.requests


async def test_a_refused_connection_means_that_codat_is_unavailable() -> None:
    async with gateway_to(f"http://127.0.0.1:{closed_port()}") as gateway:
        with pytest.raises(CodatUnavailable):
            await start(gateway)


async def test_a_name_that_does_not_resolve_means_that_codat_is_unavailable() -> None:
    async with gateway_to("http://codat.invalid") as gateway:
        with pytest.raises(CodatUnavailable):
            await start(gateway)


async def test_silence_ends_after_a_while_and_leaves_the_outcome_unknown() -> None:
    async with raw_server(say_nothing) as server, gateway_to(server, HASTY) as gateway:
        with pytest.raises(CodatTimedOut):
            await start(gateway)

    assert 2 == len(server.requests)


async def test_a_dripping_answer_is_cut_off_by_the_deadline_for_the_whole() -> None:
    drip = send_slowly(MINTED[:-9], MINTED[-9:], every=0.04)

    async with raw_server(drip) as server, gateway_to(server, HASTY_OVERALL) as gateway:
        with pytest.raises(CodatTimedOut):
            await start(gateway)

    assert 2 == len(server.requests)


async def test_dripping_headers_are_cut_off_by_the_deadline_for_the_whole() -> None:
    drip = send_slowly(b"HTTP/1.1 200 OK\r\nX-A: ", b"bcdefghijk", every=0.04)

    async with raw_server(drip) as server, gateway_to(server, HASTY_OVERALL) as gateway:
        with pytest.raises(CodatTimedOut):
            await start(gateway)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-", MINTED[:-9]])
async def test_a_reset_leaves_the_outcome_of_a_start_unknown(sent: bytes) -> None:
    async with raw_server(send_and_reset(sent)) as server, gateway_to(server) as gateway:
        with pytest.raises(CodatTimedOut):
            await start(gateway)

    assert 2 == len(server.requests)


async def test_a_reset_of_a_read_is_made_good_by_the_second_try() -> None:
    script = (send_and_reset(b""), send(http(b"{}")))

    async with raw_server(*script) as server, gateway_to(server) as gateway:
        await gateway.branding(GBOL)

    assert 2 == len(server.requests)


async def test_a_kept_connection_that_breaks_on_use_is_made_good_by_another() -> None:
    script = (send(MINTED), send_and_reset(b""), send(MINTED))

    async with raw_server(*script) as server, gateway_to(server) as gateway:
        assert [FLOW, FLOW] == [await start(gateway), await start(gateway)]

    assert (3, 2) == (len(server.requests), server.connections)


async def test_a_start_that_may_not_be_sent_twice_is_not() -> None:
    script = (send(MINTED), send_and_reset(b""))

    async with (
        raw_server(*script) as server,
        gateway_to(server, second_try=SecondTry.UNOPENED) as gateway,
    ):
        await start(gateway)
        with pytest.raises(CodatTimedOut):
            await start(gateway)

    assert (2, 1) == (len(server.requests), server.connections)


async def test_a_url_that_comes_too_late_is_never_used() -> None:
    async def too_late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(http(b'{"url":"%b"}' % FLOW.replace("422149", "LATE").encode()))

    async def after_that(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(MINTED)

    patience = Patience(read=0.5)
    async with (
        raw_server(too_late, after_that) as server,
        gateway_to(server, patience) as gateway,
    ):
        assert FLOW == await start(gateway)

    assert (2, 2) == (len(server.requests), server.connections)


async def test_a_kept_connection_that_codat_closed_is_noticed_before_use() -> None:
    closing = http(b'{"url":"%b"}' % FLOW.encode(), close=True)

    async with raw_server(send(closing)) as server, gateway_to(server) as gateway:
        assert [FLOW, FLOW] == [await start(gateway), await start(gateway)]

    assert 2 == len(server.requests)


@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 999999 No\r\n\r\n", b"\x00" * 64 + b"\r\n\r\n"],
)
async def test_what_is_not_http_leaves_the_outcome_unknown(garbage: bytes) -> None:
    async with raw_server(send(garbage)) as server, gateway_to(server) as gateway:
        with pytest.raises(CodatTimedOut):
            await start(gateway)


async def test_a_body_of_the_greatest_length_is_read() -> None:
    body = b'{"url":"%b"}' % FLOW.encode()
    network = scripted(answer(body + b" " * (SHORT_ANSWER - len(body))))

    assert FLOW == await start(gateway_over(network))


async def test_a_longer_body_is_cut_off() -> None:
    body = b'{"url":"%b"}' % FLOW.encode()
    network = scripted(answer(body + b" " * (SHORT_ANSWER - len(body) + 1)))

    with pytest.raises(CodatAnswerInvalid, match="too long"):
        await start(gateway_over(network))


async def test_a_list_may_be_longer_but_not_endless() -> None:
    start_of_list = b'{"totalResults":1,"results":[{"key":"gbol","name":"'
    listed = start_of_list + b"x" * SHORT_ANSWER + b'"}]}'
    endless = start_of_list + b"x" * LONG_ANSWER + b'"}]}'

    assert 1 == len(await gateway_over(scripted(answer(listed))).integrations())
    with pytest.raises(CodatAnswerInvalid, match="too long"):
        await gateway_over(scripted(answer(endless))).integrations()


async def test_an_endless_body_is_cut_off_at_once() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless = send_forever(head, b"4000\r\n" + b" " * 0x4000 + b"\r\n")

    async with raw_server(endless) as server, gateway_to(server) as gateway:
        with pytest.raises(CodatAnswerInvalid, match="too long"):
            await start(gateway)


async def test_a_packed_body_is_not_unpacked() -> None:
    network = scripted(answer(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}))

    with pytest.raises(CodatAnswerInvalid, match="compressed"):
        await start(gateway_over(network))


@pytest.mark.parametrize(
    "act",
    [
        send_forever(
            b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400\r\n" + b" " * 1024 + b"\r\n",
        ),
        send_and_reset(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\n{"),
        send(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\n{"),
    ],
    ids=["endless", "reset", "silent"],
)
async def test_the_status_of_an_error_counts_whatever_becomes_of_its_body(act: Act) -> None:
    async with raw_server(act) as server, gateway_to(server, HASTY) as gateway:
        with pytest.raises(CodatKeyRefused):
            await start(gateway)


async def test_a_cancelled_start_ends_at_once_and_leaves_the_gateway_usable() -> None:
    script = (say_nothing, send(MINTED))

    async with raw_server(*script) as server, gateway_to(server) as gateway:
        waiting = asyncio.create_task(start(gateway))
        await server.asked()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert FLOW == await start(gateway)

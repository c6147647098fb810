"""HTTP/1.1 as it may come: in pieces, announced, unasked, without end."""

import asyncio
import gc
import weakref
from collections.abc import Generator

import httpx
import pytest

from adapters.codat import conversation as conversation_module
from adapters.codat.transport import PooledTransport
from tests.adapters.codat.raw_server import (
    http,
    raw_server,
    send,
    send_and_reset,
    send_forever,
    send_slowly,
)


pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\n"
FIRST = http(b'"first"')
SECOND = http(b'"second"')
PATIENT = {"timeout": {"pool": 1, "connect": 1, "read": 1}}
HASTY = {"timeout": {"pool": 1, "connect": 1, "read": 0.05}}


async def fetch(transport: PooledTransport, url: str) -> tuple[int, bytes, str | None]:
    """Status, body, and a header that may be there."""
    response = await transport.handle_async_request(httpx.Request("GET", url, extensions=PATIENT))
    try:
        return response.status_code, await response.aread(), response.headers.get("x-a")
    finally:
        await response.aclose()


async def test_an_answer_may_come_byte_by_byte() -> None:
    async with (
        raw_server(send_slowly(b"H", FIRST[1:], every=0)) as server,
        PooledTransport() as transport,
    ):
        assert (200, b'"first"', None) == await fetch(transport, server.url)


async def test_a_body_in_chunks_is_put_together_and_what_follows_it_is_no_header() -> None:
    chunked = (
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-A: late\r\n\r\n"
    )

    async with raw_server(send(OK + chunked)) as server, PooledTransport() as transport:
        for _ in range(2):
            assert (200, b"abcde", None) == await fetch(transport, server.url)

    assert 1 == server.connections


async def test_announcements_are_not_taken_for_the_answer() -> None:
    announced = b"HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\n"

    async with raw_server(send(announced + FIRST)) as server, PooledTransport() as transport:
        for _ in range(2):
            assert (200, b'"first"', None) == await fetch(transport, server.url)

    assert 1 == server.connections


async def test_an_answer_that_nobody_asked_for_reaches_nobody() -> None:
    script = (send(FIRST + SECOND), send(http(b'"third"')))

    async with raw_server(*script) as server, PooledTransport() as transport:
        first = await fetch(transport, server.url)
        third = await fetch(transport, server.url)

    assert (b'"first"', b'"third"') == (first[1], third[1])
    assert 2 == server.connections


async def test_an_answer_that_comes_between_two_requests_reaches_nobody() -> None:
    late = asyncio.Event()

    async def send_more(writer: asyncio.StreamWriter) -> None:
        writer.write(FIRST)
        await late.wait()
        writer.write(SECOND)

    async with (
        raw_server(send_more, send(http(b'"third"'))) as server,
        PooledTransport() as transport,
    ):
        first = await fetch(transport, server.url)
        late.set()
        await asyncio.sleep(0.02)
        third = await fetch(transport, server.url)

    assert (b'"first"', b'"third"') == (first[1], third[1])
    assert 2 == server.connections


@pytest.mark.parametrize("rubbish", [b"rubbish", b"\x00", b"HTTP/1.1 2"])
async def test_rubbish_behind_an_answer_spoils_only_the_connection(rubbish: bytes) -> None:
    async with raw_server(send(FIRST + rubbish)) as server, PooledTransport() as transport:
        for _ in range(2):
            assert b'"first"' == (await fetch(transport, server.url))[1]

    assert 2 == server.connections


async def test_a_body_without_a_length_ends_with_its_connection() -> None:
    async def send_and_close(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"X-A: b\r\n\r\nabc")
        writer.close()

    async with raw_server(send_and_close) as server, PooledTransport() as transport:
        for _ in range(2):
            assert (200, b"abc", "b") == await fetch(transport, server.url)

    assert 2 == server.connections


@pytest.mark.parametrize("sent", [b"", OK, FIRST[:-1]], ids=["nothing", "half a head", "a part"])
async def test_what_ends_too_early_is_an_error(sent: bytes) -> None:
    async def send_and_close(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    async with raw_server(send_and_close) as server, PooledTransport() as transport:
        with pytest.raises(httpx.ReadError):
            await fetch(transport, server.url)

        assert 0 == transport.under_way


async def test_a_reset_does_not_end_a_body_without_a_length() -> None:
    async with (
        raw_server(send_and_reset(OK + b"\r\nabc")) as server,
        PooledTransport() as transport,
    ):
        with pytest.raises(httpx.ReadError):
            await fetch(transport, server.url)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"X A: b\r\n\r\n",
        OK + b"X-A: b\r\n c\x00\r\n\r\n",
    ],
)
async def test_what_can_be_read_in_two_ways_is_not_read(nonsense: bytes) -> None:
    async with raw_server(send(nonsense)) as server, PooledTransport() as transport:
        with pytest.raises(httpx.RemoteProtocolError):
            await fetch(transport, server.url)


async def test_a_head_without_end_is_cut_off() -> None:
    endless = send_forever(OK, b"X-A: %b\r\n" % (b"b" * 8192))

    async with raw_server(endless) as server, PooledTransport() as transport:
        with pytest.raises(httpx.RemoteProtocolError, match="too long"):
            await fetch(transport, server.url)


async def test_a_body_that_nobody_reads_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversation_module, "MOST_UNREAD", 10)
    endless = OK + b"Content-Length: 100\r\n\r\n" + b"x" * 11

    async with raw_server(send(endless)) as server, PooledTransport() as transport:
        with pytest.raises(httpx.RemoteProtocolError, match="faster"):
            await fetch(transport, server.url)


async def test_silence_in_the_middle_of_a_body_is_not_waited_out() -> None:
    async with raw_server(send(FIRST[:-1])) as server, PooledTransport() as transport:
        request = httpx.Request("GET", server.url, extensions=HASTY)
        response = await transport.handle_async_request(request)
        with pytest.raises(httpx.ReadTimeout):
            await response.aread()
        await response.aclose()

        assert 0 == transport.under_way


@pytest.fixture
def uncollected() -> Generator[None]:
    """Nobody looks for rings meanwhile."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
async def test_a_connection_that_is_over_does_not_wait_for_the_collector() -> None:
    async with raw_server(send(FIRST)) as server:
        url = httpx.URL(server.url)
        _, conversation = await asyncio.get_running_loop().create_connection(
            conversation_module.Conversation, url.host, url.port or 0
        )
        gone = weakref.ref(conversation)
        await conversation.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", patience=1)
        conversation.close()
        del _, conversation
        for _turn in range(3):
            await asyncio.sleep(0)

        assert gone() is None

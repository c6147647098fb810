"""Connections that are kept, counted, and bounded in number and age."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from adapters.codat import transport as transport_module
from adapters.codat.transport import PooledTransport
from tests.adapters.codat.authority import Authority, presenting
from tests.adapters.codat.raw_server import (
    closed_port,
    http,
    port_that_never_answers,
    raw_server,
    say_nothing,
    send,
)


pytestmark = pytest.mark.anyio

NOTHING = send(http(b"{}"))


async def get(transport: PooledTransport, url: str) -> int:
    """Ask and read to the end."""
    response = await transport.handle_async_request(httpx.Request("GET", url))
    await response.aread()
    await response.aclose()
    return response.status_code


async def test_one_call_after_the_other_needs_one_connection() -> None:
    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        for _ in range(5):
            assert 200 == await get(transport, server.url)

    assert 1 == server.connections


async def test_calls_at_the_same_time_have_a_connection_each_and_later_ones_share_it() -> None:
    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        for _ in range(2):
            assert [200] * 20 == await asyncio.gather(
                *(get(transport, server.url) for _ in range(20))
            )

    assert (40, 20) == (len(server.requests), server.connections)


async def test_cancelled_calls_are_no_longer_under_way() -> None:
    async with raw_server(say_nothing) as server, PooledTransport() as transport:
        calls = [asyncio.create_task(get(transport, server.url)) for _ in range(16)]
        await server.asked(16)
        busy = transport.under_way
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        assert (16, 0) == (busy, transport.under_way)


async def test_a_call_is_under_way_until_its_body_is_closed_and_counted_once() -> None:
    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        request = httpx.Request("GET", server.url)
        response = await transport.handle_async_request(request)
        other = await transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        assert 2 == transport.under_way

        await response.stream.aclose()
        await response.stream.aclose()

        assert 1 == transport.under_way
        await other.aclose()


async def test_a_failed_call_is_no_longer_under_way() -> None:
    async with PooledTransport() as transport:
        with pytest.raises(httpx.ConnectError):
            await get(transport, f"http://127.0.0.1:{closed_port()}")

        assert 0 == transport.under_way


async def test_who_finds_all_connections_busy_waits_for_one_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "MOST_CONNECTIONS", 1)
    hasty = {"timeout": {"pool": 0.02, "connect": 1, "read": 1}}

    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        busy = await transport.handle_async_request(httpx.Request("GET", server.url))
        with pytest.raises(httpx.PoolTimeout):
            await transport.handle_async_request(
                httpx.Request("GET", server.url, extensions=hasty)
            )
        waiting = asyncio.create_task(get(transport, server.url))
        await asyncio.sleep(0)
        await busy.aclose()

        assert 200 == await waiting

    assert 2 == len(server.requests)


async def test_what_was_refused_a_connection_leaves_the_place_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "MOST_CONNECTIONS", 1)

    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await get(transport, f"http://127.0.0.1:{closed_port()}")

        assert 200 == await get(transport, server.url)


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "KEEPALIVE_EXPIRY", 0.0)

    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        for _ in range(3):
            assert 200 == await get(transport, server.url)

    assert 3 == server.connections


async def test_a_call_that_outlives_the_transport_keeps_no_connection() -> None:
    async with raw_server(NOTHING) as server:
        async with PooledTransport() as transport:
            response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await response.aclose()

        assert 0 == transport.under_way


@pytest.mark.parametrize(
    "request_",
    [
        httpx.Request("POST", "http://127.0.0.1/", content=b"x"),
        httpx.Request("GET", "http://127.0.0.1/", headers={"X-A": "b\r\nX-C: d"}),
        httpx.Request("GET", "http://127.0.0.1/", headers={"X-A": "b\nX-C: d"}),
    ],
    ids=["a body", "a line break", "half of one"],
)
async def test_what_is_not_a_plain_get_is_not_sent(request_: httpx.Request) -> None:
    async with PooledTransport() as transport:
        with pytest.raises(httpx.LocalProtocolError):
            await transport.handle_async_request(request_)


async def test_nothing_is_sent_before_it_is_open_or_after_it_is_closed() -> None:
    transport = PooledTransport()

    with pytest.raises(RuntimeError, match="not open"):
        await get(transport, "http://127.0.0.1/")
    async with transport:
        pass
    with pytest.raises(RuntimeError, match="not open"):
        await get(transport, "http://127.0.0.1/")


async def test_it_can_be_opened_again() -> None:
    transport = PooledTransport()

    async with raw_server(NOTHING) as server:
        for _ in range(2):
            async with transport:
                assert 200 == await get(transport, server.url)

    assert 2 == server.connections


async def test_proxies_of_the_environment_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")

    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        assert 200 == await get(transport, server.url)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by itself."""
    return Authority(tmp_path).certificate("127.0.0.1", by_itself=True)


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    async with raw_server(NOTHING, tls=presenting(certificate)) as server:
        async with PooledTransport() as transport:
            with pytest.raises(httpx.ConnectError):
                await get(transport, server.url)

        assert [] == server.requests


async def test_the_operators_own_authority_can_vouch(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async with (
        raw_server(NOTHING, tls=presenting(certificate)) as server,
        PooledTransport() as transport,
    ):
        assert 200 == await get(transport, server.url)


async def test_a_certificate_for_another_name_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async with (
        raw_server(NOTHING, tls=presenting(certificate)) as server,
        PooledTransport() as transport,
    ):
        with pytest.raises(httpx.ConnectError):
            await get(transport, server.url.replace("127.0.0.1", "localhost"))


def resolving_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Have a name stand for these ports of the loopback interface, in this order."""
    tcp = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)

    async def resolve(host: str, port: int, **_: object) -> list[object]:
        # To connect, event loops may ask for addresses as well.
        found = (port,) if host == "127.0.0.1" else ports
        return [(*tcp, "", ("127.0.0.1", port)) for port in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)


async def test_of_several_addresses_the_first_that_answers_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "LONGEST_DETOUR", 0.02)

    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        with port_that_never_answers() as silent:
            resolving_to(monkeypatch, closed_port(), silent, httpx.URL(server.url).port or 0)

            assert 200 == await get(transport, "http://codat.example")


@pytest.mark.parametrize("target", [b"/a b", b"/a\r\nX: y", b"/a\n"])
async def test_a_target_that_breaks_out_of_its_place_is_not_sent(target: bytes) -> None:
    async with raw_server(say_nothing) as server, PooledTransport() as transport:
        with pytest.raises(httpx.LocalProtocolError):
            await transport.handle_async_request(
                httpx.Request("GET", server.url, extensions={"target": target})
            )


async def test_a_name_without_an_address_makes_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving_to(monkeypatch)

    async with PooledTransport() as transport:
        with pytest.raises(httpx.ConnectError):
            await get(transport, "http://codat.example")


async def test_a_connection_that_takes_too_long_is_not_waited_for() -> None:
    hasty = {"timeout": {"pool": 1, "connect": 0.02, "read": 1}}

    async with PooledTransport() as transport:
        with port_that_never_answers() as silent, pytest.raises(httpx.ConnectTimeout):
            await transport.handle_async_request(
                httpx.Request("GET", f"http://127.0.0.1:{silent}", extensions=hasty)
            )


async def test_a_handshake_that_takes_too_long_is_not_waited_for() -> None:
    hasty = {"timeout": {"pool": 1, "connect": 0.02, "read": 1}}

    async with raw_server(say_nothing) as server, PooledTransport() as transport:
        with pytest.raises(httpx.ConnectTimeout):
            await transport.handle_async_request(
                httpx.Request("GET", server.url.replace("http", "https"), extensions=hasty)
            )

"""Many small pools, of which the least busy one sends."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.codat.transport import POOLS, PooledTransport
from tests.adapters.codat.raw_server import closed_port, http, raw_server, say_nothing, send


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


async def test_calls_at_the_same_time_are_spread_over_the_pools() -> None:
    async with raw_server(say_nothing) as server, PooledTransport() as transport:
        calls = [asyncio.create_task(get(transport, server.url)) for _ in range(POOLS)]
        await server.asked(POOLS)
        busy = [pool.under_way for pool in transport._pools]  # noqa: SLF001  # the count is the point - seen by nobody else
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        assert [1] * POOLS == busy
        assert [0] * POOLS == [pool.under_way for pool in transport._pools]  # noqa: SLF001  # the count is the point


async def test_a_call_is_under_way_until_its_body_is_closed_and_counted_once() -> None:
    async with raw_server(NOTHING) as server, PooledTransport() as transport:
        request = httpx.Request("GET", server.url)
        response = await transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        first = transport._pools[0]  # noqa: SLF001  # the count is the point
        assert 1 == first.under_way

        await response.stream.aclose()
        await response.stream.aclose()

        assert 0 == first.under_way


async def test_a_failed_call_is_no_longer_under_way() -> None:
    async with PooledTransport() as transport:
        with pytest.raises(httpx.ConnectError):
            await get(transport, f"http://127.0.0.1:{closed_port()}")

        assert 0 == transport._pools[0].under_way  # noqa: SLF001  # the count is the point


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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + signed.public_bytes(pem))
    return path


def presenting(certificate: Path) -> ssl.SSLContext:
    """What a server needs to present *certificate*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


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

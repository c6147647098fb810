"""What only the source of pictures over HTTP meets: hosts that are hostile, slow or odd."""

import asyncio
import gzip
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.pictures.http_source import HttpPictureSource
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.model.picture import LARGEST, Picture, parse_picture
from tests.adapters.codat.raw_server import (
    Act,
    closed_port,
    http,
    raw_server,
    send,
    send_and_reset,
    send_forever,
    send_slowly,
)
from tests.adapters.codat.scripted import ScriptedTransport, answer
from tests.fakes.pictures import png


pytestmark = pytest.mark.anyio

PNG = png()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
STREAM = HEAD + b"Connection: close\r\n\r\n"
LATE = 0.3
"""Seconds, instead of five."""


async def fetched(*script: Act) -> Picture:
    """What comes of fetching from a server that plays *script*."""
    async with (
        raw_server(*script) as server,
        HttpPictureSource((server.url,), longest_fetch=LATE) as source,
    ):
        return await source.fetch(f"{server.url}/a.png")


async def test_nothing_of_ours_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, nobody)
    async with raw_server(send(http(PNG, "Set-Cookie: a=b"))) as server:
        async with HttpPictureSource((server.url,)) as source:
            for _ in range(2):
                await source.fetch(f"{server.url}/a%20b.png?x=1")

        host = server.url.removeprefix("http://")
        for request in server.requests:
            assert [
                "GET /a%20b.png?x=1 HTTP/1.1",
                f"Host: {host}",
                "Accept: image/png, image/jpeg, image/gif, image/webp",
                "Accept-Encoding: identity",
                "User-Agent: tillbridge",
                "",
                "",
            ] == request.split("\r\n")


@pytest.mark.parametrize(
    "content_type",
    ["image/svg+xml", "text/html", "application/octet-stream", "image/gif", "", "\x01"],
)
async def test_what_the_sender_calls_it_counts_for_nothing(content_type: str) -> None:
    given_type = answer(PNG, headers={"Content-Type": content_type})
    transport = ScriptedTransport(
        [given_type, answer(b"<svg/>", headers={"Content-Type": "image/png"})]
    )

    async with HttpPictureSource(("https://a.test",), transport=transport) as source:
        assert parse_picture(PNG) == await source.fetch("https://a.test/a.svg")
        with pytest.raises(CodatAnswerInvalid):
            await source.fetch("https://a.test/a.png")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with raw_server(send(http(PNG))) as elsewhere:
        away = http(PNG, f"Location: {elsewhere.url}/a.png", status=f"{status} Away")

        with pytest.raises(CodatAnswerInvalid, match=f"HTTP {status}"):
            await fetched(send(away))

        assert [] == elsewhere.requests


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, CodatNotFound),
        (404, CodatNotFound),
        (410, CodatNotFound),
        (408, CodatUnavailable),
        (429, CodatUnavailable),
        (500, CodatUnavailable),
        (503, CodatUnavailable),
        (204, CodatAnswerInvalid),
        (206, CodatAnswerInvalid),
        (304, CodatAnswerInvalid),
        (401, CodatAnswerInvalid),
        (418, CodatAnswerInvalid),
    ],
)
async def test_only_200_brings_a_picture(status: int, error: type[CodatError]) -> None:
    transport = ScriptedTransport([answer(PNG, status)])

    async with HttpPictureSource(("https://a.test",), transport=transport) as source:
        with pytest.raises(error) as told:
            await source.fetch("https://a.test/a.png")

    assert error is type(told.value)
    assert 1 == len(transport.requests)


async def test_the_largest_picture_is_fetched_and_one_byte_more_is_not() -> None:
    room = LARGEST - len(PNG)

    assert LARGEST == len((await fetched(send(http(png(note="x" * room))))).content)
    with pytest.raises(CodatAnswerInvalid, match="over 256 kB"):
        await fetched(send(http(png(note="x" * (room + 1)))))


@pytest.mark.parametrize(
    "act",
    [
        send_forever(STREAM + PNG, bytes(65536)),
        send_forever(HEAD + b"Content-Length: 999999999999\r\n\r\n" + PNG, bytes(65536)),
        send_forever(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + bytes(4096) + b"\r\n"
        ),
    ],
    ids=["without a length", "with a huge one", "in chunks"],
)
async def test_what_does_not_end_is_given_up_when_it_is_too_much(act: Act) -> None:
    with pytest.raises(CodatAnswerInvalid, match="over 256 kB"):
        await fetched(act)


@pytest.mark.parametrize(
    "act",
    [
        send_slowly(STREAM, PNG * 9, every=0.01),
        send_slowly(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 999, every=0.01),
        send(HEAD + b"Content-Length: 999\r\n\r\n" + PNG),
        send(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"),
    ],
    ids=["a body that drips", "a head that drips", "a body that stops", "a head that stops"],
)
async def test_what_comes_too_slowly_is_given_up_in_time(act: Act) -> None:
    started = time.monotonic()

    with pytest.raises(CodatTimedOut):
        await fetched(act)

    assert time.monotonic() - started < LATE + 1


@pytest.mark.parametrize(
    "act",
    [
        send_and_reset(b""),
        send_and_reset(HEAD),
        send_and_reset(HEAD + b"Content-Length: 999\r\n\r\n" + PNG),
        send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        send(b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n" + PNG),
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + PNG),
        send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"),
        send(b"\0" * 999),
    ],
    ids=range(8),
)
async def test_what_is_no_answer_is_none(act: Act) -> None:
    with pytest.raises(CodatUnavailable):
        await fetched(act)


async def test_where_nobody_listens_nobody_is_available() -> None:
    origin = f"http://127.0.0.1:{closed_port()}"
    async with HttpPictureSource((origin,)) as source:
        with pytest.raises(CodatUnavailable):
            await source.fetch(f"{origin}/a.png")


async def test_a_name_that_is_none_is_as_good_as_nobody() -> None:
    async with HttpPictureSource(("https://nowhere.invalid",)) as source:
        with pytest.raises(CodatUnavailable):
            await source.fetch("https://nowhere.invalid/a.png")


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "x", "gzip, identity"])
async def test_nothing_is_unpacked(packing: str) -> None:
    bomb = gzip.compress(bytes(50 * 1024 * 1024))

    with pytest.raises(CodatAnswerInvalid, match="compressed"):
        await fetched(send(http(bomb, f"Content-Encoding: {packing}")))


async def test_a_picture_that_is_said_to_be_as_it_is_is_taken() -> None:
    assert parse_picture(PNG) == await fetched(send(http(PNG, "Content-Encoding: Identity")))


async def test_a_mistake_of_ours_is_no_matter_of_the_host() -> None:
    transport = ScriptedTransport([ZeroDivisionError()])
    async with HttpPictureSource(("https://a.test",), transport=transport) as source:
        with pytest.raises(ZeroDivisionError):
            await source.fetch("https://a.test/a.png")
    with pytest.raises(RuntimeError, match="not open"):
        await source.fetch("https://a.test/a.png")


async def test_closing_what_was_never_opened_does_no_harm() -> None:
    await HttpPictureSource(()).__aexit__(None, None, None)


async def test_a_connection_that_somebody_stopped_waiting_for_is_not_used_again() -> None:
    async with (
        raw_server(send_slowly(STREAM, PNG, every=5)) as server,
        HttpPictureSource((server.url,)) as source,
    ):
        fetching = asyncio.create_task(source.fetch(f"{server.url}/a.png"))
        await server.asked()
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
        server.script[:] = [send(http(PNG))]

        assert parse_picture(PNG) == await source.fetch(f"{server.url}/a.png")
        assert 2 == server.connections


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.binary(max_size=200), start=st.sampled_from([b"", PNG[:40], PNG, b"\xff\xd8\xff"]))
async def test_whatever_is_answered_is_a_picture_or_refused(body: bytes, start: bytes) -> None:
    transport = ScriptedTransport([answer(start + body)])
    async with HttpPictureSource(("https://a.test",), transport=transport) as source:
        try:
            picture = await source.fetch("https://a.test/a.png")
        except CodatAnswerInvalid:
            return

    assert PNG == picture.content

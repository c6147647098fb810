"""How faults look on the wire: bodies that nobody expects and connections that break."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Callable
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import attrs
import msgspec
from litestar.types import ASGIApp, HTTPResponseStartEvent, Receive, Scope, Send

from adapters.codat_simulator import errors
from adapters.codat_simulator.answers import HTML, JSON, Answer, Recorder, refusal
from adapters.codat_simulator.quota import retry_after, retry_after_header
from adapters.codat_simulator.server_protocol import transport_of
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.vocabulary import MEBIBYTE, Fault


# Reserved for documentation; nobody can own them.
STRANGER = "sync-flow.example.com"
MERCHANT, ANOTHER = "merchantIdentifier", "somebody-else"
CODATS_OWN = "sync-flow.codat.io"
REDIRECT_TARGET = "/_simulator/redirect-target"
CHUNK = 64 * 1024
# Long enough for what was written to leave this machine before the line is cut.
LINGER = 0.05
HALF_A_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/js"
# Endless enough for whoever reads on; it comes in pieces with a breath between them.
ENDLESS = 256 * MEBIBYTE
BREATH = 0.01
LONG = 10_000

_JSON_HEAD = [(b"content-type", JSON.encode())]
_REDIRECTS = ("redirect", "redirectElsewhere", "redirectLoop")
_BODIES: dict[str, tuple[bytes, str]] = {
    "html": (b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>", HTML),
    "wrongType": (b'["unexpected"]', JSON),
    "null": (b"null", JSON),
    "empty": (b"", JSON),
    "notUtf8": (b'{"url":"\xff\xfe"}', JSON),
    "missingUrl": (b"{}", JSON),
    "emptyUrl": (b'{"url":""}', JSON),
    "urlNotText": (b'{"url":42}', JSON),
}


def _with_host(url: str, host: str, scheme: str = "https") -> str:
    return urlunsplit(urlsplit(url)._replace(scheme=scheme, netloc=host))


def _for_another(url: str) -> str:
    parts = urlsplit(url)
    values = [(name, value) for name, value in parse_qsl(parts.query) if name != MERCHANT]
    return urlunsplit(parts._replace(query=urlencode([(MERCHANT, ANOTHER), *values])))


_URLS: dict[str, Callable[[str], str]] = {
    "wrongHost": lambda url: _with_host(url, STRANGER),
    "lookalikeHost": lambda url: _with_host(url, f"{CODATS_OWN}.example.com"),
    "httpScheme": lambda url: _with_host(url, CODATS_OWN, "http"),
    "javascriptUrl": lambda url: f"javascript:location='{url}'",
    "relativeUrl": lambda url: url.removeprefix(f"{urlsplit(url).scheme}:"),
    "userinfo": lambda url: url.replace("://", f"://{CODATS_OWN}:443@", 1),
    "crlf": lambda url: f"{url}\r\nSet-Cookie: injected=1",
    "longUrl": lambda url: f"{url}&padding={'x' * LONG}",
    "otherMerchant": _for_another,
}


@attrs.frozen(kw_only=True)
class Exchange:
    """One request, and the application that would answer it if nothing went wrong."""

    simulator: Simulator
    scope: Scope
    receive: Receive
    send: Send
    app: ASGIApp

    async def suffer(self, fault: Fault) -> None:
        """Answer as the *fault* says."""
        if fault.status is not None:
            await self._refuse(fault, fault.status)
        elif fault.drop is not None:
            await self._drop(fault.drop)
        elif fault.malformed in _REDIRECTS:
            location = {"location": self._location(fault.malformed)}
            await Answer(status=302, body=b"", headers=location).send_to(self.send)
        else:
            answer = await self._proper_answer()
            await self._malform(fault, answer)

    async def hang_up(self) -> None:
        """Close the connection and wait until it is closed."""
        transport_of(self.scope).abort()
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _refuse(self, fault: Fault, status: int) -> None:
        headers: dict[str, str] = {}
        if fault.retry_after is not None:
            now = self.simulator.clock.now()
            value = retry_after(fault.retry_after, fault.retry_after_form, now)
            headers = retry_after_header(value)
        error = errors.plain(status, headers)
        if fault.error is not None:
            error = attrs.evolve(error, error=fault.error)
        await refusal(error, self.simulator.dice.correlation_id()).send_to(self.send)

    async def _drop(self, when: str) -> None:
        if when == "reset":
            # Lingering for zero seconds makes the kernel send RST instead of FIN.
            line: socket.socket = transport_of(self.scope).get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif when == "afterHandling":
            await self._proper_answer()
        elif when == "midHeaders":
            await self._proper_answer()
            transport_of(self.scope).write(HALF_A_HEAD)
            await asyncio.sleep(LINGER)
        elif when == "midBody":
            answer = await self._proper_answer()
            await answer.start(self.send)
            await self._send(answer.body[: len(answer.body) // 2])
            await asyncio.sleep(LINGER)
        await self.hang_up()

    async def _malform(self, fault: Fault, answer: Answer) -> None:
        kind = fault.malformed or ""
        if kind == "huge":
            await self._flood(fault.size_bytes)
        elif kind == "endless":
            await self._never_end()
        elif kind == "gzipBomb":
            await self._explode(fault.size_bytes)
        elif kind == "drip":
            await self._drip(answer, fault.drip_seconds)
        elif kind == "truncated":
            half = answer.body[: len(answer.body) // 2]
            await attrs.evolve(answer, body=half).send_to(self.send)
        elif kind == "bom":
            await attrs.evolve(answer, body=b"\xef\xbb\xbf" + answer.body).send_to(self.send)
        elif kind == "duplicateKeys":
            await attrs.evolve(answer, body=_twice(answer.body)).send_to(self.send)
        elif kind in _BODIES:
            body, content_type = _BODIES[kind]
            await Answer(status=200, body=body, content_type=content_type).send_to(self.send)
        else:
            parsed = msgspec.json.decode(answer.body)
            if "url" in parsed:
                parsed["url"] = _URLS[kind](parsed["url"])
            body = msgspec.json.encode(parsed)
            await attrs.evolve(answer, body=body).send_to(self.send)

    def _location(self, kind: str) -> str:
        if kind == "redirectElsewhere":
            return f"https://{STRANGER}/"
        if kind == "redirect":
            return f"{self.simulator.api_url}{REDIRECT_TARGET}"
        query = self.scope["query_string"].decode()
        return f"{self.simulator.api_url}{self.scope['path']}?{query}"

    async def _proper_answer(self) -> Answer:
        recorder = Recorder()
        await self.app(self.scope, self.receive, recorder)
        return recorder.answer

    async def _flood(self, size: int) -> None:
        # Valid JSON all the way, so that only a limit on size can notice it.
        before, after = b'{"padding":"', b'"}'
        await Answer(
            status=200, body=b"", headers={"content-length": str(size + len(before + after))}
        ).start(self.send)
        await self._send(before)
        for start in range(0, size, CHUNK):
            await self._send(b"x" * min(CHUNK, size - start))
        await self._send(after, more=False)

    async def _never_end(self) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": _JSON_HEAD}
        await self.send(cast("HTTPResponseStartEvent", head))
        await self._send(b'{"padding":"')
        left, line = ENDLESS, transport_of(self.scope)
        while left and not line.is_closing() and await self.simulator.pause(BREATH):
            await self._send(b"x" * CHUNK)
            left -= CHUNK
        await self.hang_up()

    async def _explode(self, size: int) -> None:
        packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
        body = packer.compress(b'{"padding":"')
        for start in range(0, size, MEBIBYTE):
            padding = b"x" * min(MEBIBYTE, size - start)
            body += await asyncio.to_thread(packer.compress, padding)
        body += packer.compress(b'"}') + packer.flush()
        headers = {"content-encoding": "gzip"}
        await Answer(status=200, body=body, headers=headers).send_to(self.send)

    async def _drip(self, answer: Answer, seconds: float) -> None:
        await answer.start(self.send)
        for byte in answer.body:
            if not await self.simulator.pause(seconds):
                break
            await self._send(bytes([byte]))
        else:
            await self._send(b"", more=False)
            return
        await self.hang_up()

    async def _send(self, body: bytes, *, more: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})


def _twice(body: bytes) -> bytes:
    """The JSON object of *body* with its first name once more, and something else behind it."""
    try:
        parsed = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return body  # a picture
    name = next(iter(parsed), "")
    other = f"https://{STRANGER}/" if name == "url" else None
    again = msgspec.json.encode({name: other})[1:]
    return body.rstrip()[:-1] + b"," + again

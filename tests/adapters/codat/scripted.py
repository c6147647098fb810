"""A network that says what it is told, so that no test depends on one."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeAlias

import attrs
import httpx


@attrs.frozen
class Answer:
    """What Codat answers, any number of times."""

    body: bytes
    status: int
    headers: Mapping[str, str]

    def __call__(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=Body(self.body))


Step: TypeAlias = Exception | Callable[[httpx.Request], httpx.Response]


def answer(
    content: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer; bytes go as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = {"Content-Type": "application/json", **(headers or {})}
    return Answer(body, status, lines)


def page(*results: Any, total: int | None = None) -> Answer:
    """One page of a list."""
    total = len(results) if total is None else total
    links = {"self": {"href": "/elsewhere"}, "current": {"href": "/elsewhere"}}
    envelope = {"pageNumber": 1, "pageSize": 100, "totalResults": total, "_links": links}
    return answer({"results": list(results), **envelope})


@attrs.define
class Body(httpx.AsyncByteStream):
    """A body in one piece."""

    content: bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


@attrs.define(eq=False)
class ScriptedTransport(httpx.AsyncBaseTransport):
    """Plays *script* step by step, the last one again and again; keeps what it was asked."""

    script: list[Step]
    requests: list[httpx.Request] = attrs.field(factory=list)
    closed: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step(request)

    async def aclose(self) -> None:
        self.closed = True

    @property
    def targets(self) -> list[str]:
        """Path and query of each request."""
        return [request.extensions["target"].decode() for request in self.requests]

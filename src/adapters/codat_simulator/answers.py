"""Whole responses as values, for the places that have to hold one in their hands."""

from collections.abc import Mapping
from typing import cast

import attrs
import msgspec
from litestar.types import HTTPResponseBodyEvent, Message, Send

from adapters.codat_simulator.errors import CodatError
from adapters.codat_simulator.wire import ErrorMessage


JSON = "application/json"
HTML = "text/html; charset=utf-8"


@attrs.frozen(kw_only=True)
class Answer:
    """A response, ready to be sent, or sent again."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = attrs.field(factory=dict)

    async def start(self, send: Send) -> None:
        """Send everything but the body."""
        headers = {
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
            **self.headers,
        }
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )

    async def send_to(self, send: Send) -> None:
        """Send it all."""
        await self.start(send)
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def refusal(error: CodatError, correlation_id: str) -> Answer:
    """The *error* as Codat sends it."""
    body = ErrorMessage(
        status_code=error.status,
        service=error.service,
        error=error.error,
        correlation_id=correlation_id,
        validation=error.validation,
    )
    return Answer(status=error.status, body=msgspec.json.encode(body), headers=error.headers)


@attrs.define
class Recorder:
    """Takes what an application sends, instead of a client."""

    _status: int = 200
    _headers: dict[str, str] = attrs.field(factory=dict)
    _body: bytes = b""
    complete: bool = False

    async def __call__(self, message: Message) -> None:
        """Keep the *message*."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                name.decode(): value.decode()
                for name, value in message["headers"]
                if name != b"content-length"
            }
        else:
            part = cast("HTTPResponseBodyEvent", message)
            self._body += part["body"]
            self.complete = not part["more_body"]

    @property
    def answer(self) -> Answer:
        """Everything that was sent."""
        return Answer(status=self._status, body=self._body, headers=self._headers)

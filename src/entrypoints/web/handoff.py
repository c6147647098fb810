"""The last step of rule 2: the one place where a sync flow URL leaves for a browser."""

import datetime as dt
from collections.abc import Iterable
from typing import Final, cast

import attrs
import msgspec
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from domain.ports.clock import Clock
from domain.use_cases.start_redirect import Handoff
from entrypoints.web.asgi import Receive, Scope, Send
from entrypoints.web.headers import HANDOFF
from entrypoints.web.metrics import Metrics
from entrypoints.web.redirects import see_other


ENCODED: Final = (
    (b"content-type", b"application/json"),
    *((name.lower().encode(), value.encode()) for name, value in HANDOFF.items()),
)
"""As they are sent; to have the framework encode them takes longer than the rest of an answer."""


class Link(msgspec.Struct, rename="camel"):
    """A fresh sync flow URL: navigate to it at once; it works once, until *expires_at*."""

    url: str
    expires_at: dt.datetime


@attrs.frozen
class _Json:
    """An answer of 200; the framework's own does far more, for each merchant who leaves."""

    body: bytes = attrs.field(repr=False)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [*ENCODED, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@attrs.frozen
class HandoffResponses:
    """Writes the answers that carry a sync flow URL."""

    clock: Clock
    metrics: Metrics

    def see_other(self, handoff: Handoff, cookies: Iterable[str] = ()) -> ASGIResponse:
        """
        The redirect, with no body: a body would repeat the URL.

        *cookies* are lines of `Set-Cookie`, for a browser that came in by this very request.

        Raises:
            SyncFlowUrlRefused: it was given away already, or is stale.
        """
        return see_other(self._take(handoff), HANDOFF, cookies)

    def as_json(self, handoff: Handoff) -> ASGIApp:
        """
        The URL for a caller that will navigate to it at once.

        Raises:
            SyncFlowUrlRefused: it was given away already, or is stale.
        """
        link = Link(url=self._take(handoff), expires_at=handoff.expires_at)
        return cast(ASGIApp, _Json(msgspec.json.encode(link)))

    def _take(self, handoff: Handoff) -> str:
        now = self.clock.monotonic()
        url = handoff.url.take(now)
        self.metrics.handed_over(age=now - handoff.url.fetched_at)
        return url

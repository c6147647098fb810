"""The last step of rule 2: the one place where a sync flow URL leaves for a browser."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

import attrs
import msgspec
from litestar.response.base import ASGIResponse

from domain.ports.clock import Clock
from domain.use_cases.start_redirect import Handoff
from entrypoints.web.headers import HANDOFF
from entrypoints.web.metrics import Metrics
from entrypoints.web.redirects import see_other


ENCODED: Final = tuple((name.lower().encode(), value.encode()) for name, value in HANDOFF.items())
"""As they are sent; to have the framework encode them takes longer than the rest of an answer."""


class Link(msgspec.Struct, rename="camel"):
    """A fresh sync flow URL: navigate to it at once; it works once, until *expires_at*."""

    url: str
    expires_at: dt.datetime


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

    def as_json(self, handoff: Handoff) -> ASGIResponse:
        """
        The URL for a caller that will navigate to it at once.

        Raises:
            SyncFlowUrlRefused: it was given away already, or is stale.
        """
        link = Link(url=self._take(handoff), expires_at=handoff.expires_at)
        response = ASGIResponse(body=msgspec.json.encode(link), media_type="application/json")
        response.headers.headers.extend(ENCODED)
        return response

    def _take(self, handoff: Handoff) -> str:
        now = self.clock.monotonic()
        url = handoff.url.take(now)
        self.metrics.handed_over(age=now - handoff.url.fetched_at)
        return url

"""
The way of a redirect to its route, without the framework.

What the framework does for any route at all takes as long as all that this one needs; it is the
one route that a merchant waits for each time. The route itself, who is let in, and what becomes
of an error are the same functions either way.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import attrs
from litestar import Request

from entrypoints.web.asgi import App, Receive, Scope, Send, header
from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk
from entrypoints.web.routes.sync_sessions import redirect


TEMPLATE: Final = "/v1/sync-sessions/{session_id}/redirect"
PATH: Final = re.compile(r"/v1/sync-sessions/([0-9A-Za-z_]{1,64})/redirect", re.ASCII)
HOST: Final = re.compile(r"[0-9A-Za-z.-]{1,255}(:[0-9]{1,5})?", re.ASCII)
"""Plain ones only: the framework refuses some others, and whatever is not plain goes to it."""


@attrs.frozen
class ShortWay:
    """
    An ASGI application in front of *app*, the framework, whose answers are the same.

    *admit* lets callers in, as at the framework's route.
    """

    app: App
    admit: Callable[[AnyRequest], Awaitable[None]]
    desk: Desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; all but plain redirects by the framework."""
        session = _session_in(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        scope["path_template"], scope["path_params"] = TEMPLATE, {"session_id": session}
        given: Any = scope, receive, send
        request: AnyRequest = Request(*given)
        try:
            await self.admit(request)
            answer = await redirect.fn(request, session, self.desk)
        except Exception as error:  # noqa: BLE001  # whatever it is, the framework asks the same
            answer = self.desk.refusals.answer(request, error).to_asgi_response(None, request)
        await cast(App, answer)(scope, receive, send)


def _session_in(scope: Scope) -> str | None:
    """Which sync session *scope* is a plain redirect of, if it is one."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    match = PATH.fullmatch(scope["path"])
    if match is None or HOST.fullmatch(header(scope, b"host") or "") is None:
        return None
    return match[1]

"""
Which web pages of other origins may call the JSON API from a script (Fetch, CORS protocol).

Those of the platform, with a bearer token, or for the web component with a connect token; never
with the hosted page's cookie.
The hosted pages are for navigations, so nothing of this holds there.
"""

from typing import Final

import attrs

from entrypoints.web.asgi import App, Message, Receive, Scope, Send, header


API: Final = "/v1/"
COMPONENT: Final = "/connect/component"
VARIES: Final = (b"vary", b"Origin")
PREFLIGHT: Final = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"600"),
)
EXPOSED: Final = (b"access-control-expose-headers", b"ETag, Retry-After")


@attrs.frozen
class CrossOrigin:
    """An ASGI application that lets scripts of *origins* read what *app* answers."""

    app: App
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a preflight without asking *app*."""
        if not (self.origins and scope["type"] == "http" and _is_for_scripts(scope["path"])):
            await self.app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        allowed = origin is not None and origin in self.origins
        permission = [(b"access-control-allow-origin", (origin or "").encode())] if allowed else []
        asks_first = header(scope, b"access-control-request-method") is not None
        if allowed and asks_first and scope["method"] == "OPTIONS":
            headers = [*permission, *PREFLIGHT, VARIES]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        exposed = [EXPOSED] if allowed else []

        async def permit(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], VARIES, *permission, *exposed]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, permit)


def _is_for_scripts(path: str) -> bool:
    return path.startswith(API) or path == COMPONENT

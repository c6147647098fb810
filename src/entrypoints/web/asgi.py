"""What the ASGI specification calls things; servers and frameworks add keys of their own."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias


Header: TypeAlias = tuple[bytes, bytes]
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str | None:
    """The value of the request's header *name*; `None` where it is absent or there twice."""
    found = [value for known, value in scope["headers"] if known == name]
    return found[0].decode("latin-1") if len(found) == 1 else None

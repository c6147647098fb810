"""What the ASGI specification calls things; servers and frameworks add keys of their own."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol, TypeAlias


Header: TypeAlias = tuple[bytes, bytes]
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

WIRE: Final = "tillbridge.wire"
"""
Our own extension, which our server has for a GET or a POST: sends a status, and what follows the
server's own headers as it is. The application vouches for the headers; the body has its length
there.
"""


class Wire(Protocol):
    """What is found by `WIRE`."""

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more to be answered."""
        ...

    async def __call__(self, status: int, rest: bytes) -> None:
        """Send the *status* and the *rest*; nobody, who is gone, is sent nothing."""
        ...


def header(scope: Scope, name: bytes) -> str | None:
    """The value of the request's header *name*; `None` where it is absent or there twice."""
    found = [value for known, value in scope["headers"] if known == name]
    return found[0].decode("latin-1") if len(found) == 1 else None

"""
A uvicorn protocol that lets the application reach the connection below it.

ASGI has no word for hanging up; a simulator of failing servers needs one.
"""

import asyncio
from typing import cast

from litestar.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


_EXTENSION = "codat_simulator.transport"


class ReachableProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with the transport in the scope."""

    def on_message_begin(self) -> None:
        """Add the transport to the scope of the request that begins."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


def transport_of(scope: Scope) -> asyncio.Transport:
    """The connection that a request came over."""
    extensions = cast("dict[str, dict[str, asyncio.Transport]]", scope["extensions"])
    return extensions[_EXTENSION]["transport"]

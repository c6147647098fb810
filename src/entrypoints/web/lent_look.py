"""
The page of a connect token that does not work looks as the token would have made it.

Who opens such a link, in a browser that was never here, is to see where it leads.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import ConnectTokenRefused
from domain.ids import Secret
from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk
from entrypoints.web.pages.look import lend


@asynccontextmanager
async def lending_its_look(request: AnyRequest, desk: Desk, token: Secret) -> AsyncGenerator[None]:
    """
    Where *token* is refused, have the answer to *request* look by it.

    Raises:
        ConnectTokenRefused: as the block did.
    """
    try:
        yield
    except ConnectTokenRefused:
        lend(request, await desk.redeeming.look_of(token))
        raise

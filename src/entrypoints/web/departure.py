"""Merchants who left while their redirect was being prepared."""

from collections.abc import Coroutine
from typing import Any, Final, cast

import structlog
from litestar.response.base import ASGIResponse

from domain.errors import TillbridgeError
from domain.model.caller import Caller
from domain.use_cases.start_redirect import Handoff
from entrypoints.web.asgi import WIRE, Message, Wire
from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk


CLIENT_CLOSED_REQUEST: Final = 499
"""What nginx writes into its log for this; nobody is there to read it."""

CODE: Final = "ClientGone"
log = structlog.get_logger("tillbridge.web")


def has_left(request: AnyRequest) -> bool:
    """
    Whether the connection is closed already.

    Our own server just says so; others do to whoever asks for more of the request (ASGI,
    "Disconnect - receive event"). Who leaves a moment later is not noticed.
    """
    scope: Any = request.scope
    wire: Wire | None = scope.get("extensions", {}).get(WIRE)
    if wire is not None:
        return wire.gone
    while True:
        message = _at_once(cast("Coroutine[Any, Any, Message]", request.receive()))
        if message is None:
            return False
        if message["type"] == "http.disconnect":
            return True


def _at_once(asking: Coroutine[Any, Any, Message]) -> Message | None:
    """What *asking* gives without waiting; `None` where it would wait, and then it is dropped."""
    # Done by hand, for a task that is made only to be cancelled takes ten times as long.
    try:
        asking.send(None)
    except StopIteration as given:
        message: Message = given.value
        return message
    asking.close()
    return None


async def nobody(desk: Desk, handoff: Handoff, caller: Caller) -> ASGIResponse:
    """Drop the URL of *handoff*, record that nobody was given it, and answer nobody."""
    try:
        await desk.starting.undelivered(handoff, CODE, caller)
    except TillbridgeError as error:
        # The next start puts it right; whoever has begun one already was sent away since.
        log.warning("not recorded", session=handoff.session.id, error=type(error).__name__)
    return ASGIResponse(status_code=CLIENT_CLOSED_REQUEST)

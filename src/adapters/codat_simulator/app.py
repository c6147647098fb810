"""The two applications: the API with its control plane, and the sync flow UI."""

import logging
from email.utils import format_datetime
from typing import Any

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from adapters.codat_simulator import errors
from adapters.codat_simulator.answers import refusal
from adapters.codat_simulator.errors import CodatError
from adapters.codat_simulator.gate import Gate
from adapters.codat_simulator.routes import (
    companies,
    connections,
    control,
    integrations,
    scenario,
    settings,
    start,
    syncs,
    wishes,
)
from adapters.codat_simulator.state import Simulator


_logger = logging.getLogger(__name__)


def api_app(simulator: Simulator) -> Litestar:
    """Codat's API, and `/_simulator/` beside it."""

    async def every_response(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            now = format_datetime(simulator.clock.now(), usegmt=True)
            message["headers"] = [
                *message["headers"],
                *simulator.quota.headers(),
                (b"date", now.encode()),
            ]

    def answer(error: CodatError) -> Response[bytes]:
        refused = refusal(error, simulator.dice.correlation_id())
        return Response(
            refused.body,
            status_code=refused.status,
            media_type=refused.content_type,
            headers=dict(refused.headers),
        )

    def codat_error(_: Any, error: CodatError) -> Response[bytes]:
        return answer(error)

    def framework_error(_: Any, error: HTTPException) -> Response[bytes]:
        return answer(errors.plain(error.status_code, error.headers))

    def defect(_: Any, error: Exception) -> Response[bytes]:
        _logger.error("the simulator has a defect", exc_info=error)
        return answer(errors.plain(500))

    operations = [
        *integrations.HANDLERS,
        *start.HANDLERS,
        *companies.HANDLERS,
        *connections.HANDLERS,
        *settings.HANDLERS,
        *syncs.HANDLERS,
    ]
    controls = [*control.HANDLERS, *scenario.HANDLERS]
    return Litestar(
        [*operations, Router("/_simulator", route_handlers=controls)],
        # Not on a router: Litestar would copy it there, and the simulator with it.
        middleware=[Gate(simulator)],
        dependencies={"simulator": Provide(lambda: simulator, sync_to_thread=False)},
        exception_handlers={
            CodatError: codat_error,
            wishes.ControlError: wishes.refused,
            HTTPException: framework_error,
            Exception: defect,
        },
        before_send=[every_response],
        openapi_config=None,
        # Whoever runs the simulator in their own process has their own idea of logging.
        logging_config=None,
    )

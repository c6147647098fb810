"""
The control plane: clock, ledger, reset; `scenario` has the faults.

It asks for no key: this is a tool for tests on a machine of your own.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import RawBody
from msgspec import Meta

from adapters.codat_simulator import shipped
from adapters.codat_simulator.clock import FURTHEST, SimulatedClock
from adapters.codat_simulator.faults import REDIRECT_TARGET
from adapters.codat_simulator.ledger import Minted
from adapters.codat_simulator.operations import OPERATIONS
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.wishes import ControlError, parsed


class ClockBody(
    msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How to move the clock."""

    advance_seconds: Annotated[float, Meta(ge=0, le=FURTHEST.total_seconds())] = 0
    frozen: bool | None = None


@get("/")
async def index(simulator: Codat) -> dict[str, Any]:
    """What this is."""
    return {
        "what": "A simulator of Codat's Sync for Commerce API. Nothing here is real.",
        "api": simulator.api_url,
        "syncFlow": simulator.sync_flow_url,
        "connector": {
            "platformKey": simulator.settings.connector_key,
            "side": simulator.settings.connector_side,
        },
        "controlPlane": {
            "GET /_simulator/scenario": "what is switched on, and what comes next",
            "POST /_simulator/scenario": "add faults, set switches, play a scenario file",
            "PUT /_simulator/scenario": "the same, after switching everything off",
            "DELETE /_simulator/scenario": "switch everything off",
            "GET /_simulator/clock": "the simulated time",
            "POST /_simulator/clock": 'put it forward: {"advanceSeconds": 31}',
            "GET /_simulator/ledger": "every URL minted, every call counted",
            "POST /_simulator/reset": "forget everything",
        },
        "operations": OPERATIONS,
        "scenarios": shipped.names(),
        "documentation": "docs/simulator.md",
    }


@get("/clock")
async def get_clock(simulator: Codat) -> dict[str, Any]:
    """The simulated time."""
    return _clock(simulator.clock)


@post("/clock", status_code=200)
async def move_clock(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Put the clock forward, stop it, let it run."""
    wish = parsed(body, ClockBody)
    if wish == ClockBody():
        raise ControlError(
            "The body moves nothing.", 'Send {"advanceSeconds": 31} or {"frozen": true}.'
        )
    if simulator.clock.ahead.total_seconds() + wish.advance_seconds > FURTHEST.total_seconds():
        raise ControlError(
            f"The clock is at most {FURTHEST.days} days ahead.", "Reset the simulator first."
        )
    if wish.frozen is not None:
        (simulator.clock.freeze if wish.frozen else simulator.clock.thaw)()
    simulator.clock.advance(wish.advance_seconds)
    simulator.scenario.look()
    return _clock(simulator.clock)


@get("/ledger")
async def get_ledger(simulator: Codat) -> dict[str, Any]:
    """Every URL minted, oldest first, and every call counted."""
    ledger = simulator.ledger
    return {"minted": [_minted(entry) for entry in ledger.minted()], "calls": ledger.calls}


@post("/reset", status_code=200)
async def reset(simulator: Codat) -> dict[str, bool]:
    """Forget everything."""
    simulator.reset()
    return {"reset": True}


@get(REDIRECT_TARGET.removeprefix("/_simulator"))
async def redirect_target(simulator: Codat) -> dict[str, str]:
    """Where the fault `redirect` leads; whoever uses this URL followed a redirect."""
    return {"url": "https://redirect-was-followed.example.com/"}


def _clock(clock: SimulatedClock) -> dict[str, Any]:
    return {
        "now": _time(clock.now()),
        "aheadSeconds": clock.ahead.total_seconds(),
        "frozen": clock.frozen,
        "speed": clock.speed,
    }


def _minted(entry: Minted) -> dict[str, Any]:
    return {
        "id": entry.id,
        "merchantIdentifier": entry.merchant_identifier,
        "commerceKey": entry.commerce_key,
        "accountingKey": entry.accounting_key,
        "companyId": entry.company_id,
        "mintedAt": _time(entry.minted_at),
        "expiresAt": _time(entry.expires_at),
        "consumedAt": None if entry.consumed_at is None else _time(entry.consumed_at),
        "refusals": entry.refusals,
        "redirectUrl": entry.redirect_url,
        "url": entry.url,
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


HANDLERS = (
    index,
    get_clock,
    move_clock,
    get_ledger,
    reset,
    redirect_target,
)

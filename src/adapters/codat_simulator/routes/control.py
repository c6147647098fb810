"""
The control plane: faults, clock, ledger, reset.

It asks for no key: this is a tool for tests on a machine of your own.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import RawBody
from msgspec import Meta

from adapters.codat_simulator.clock import FURTHEST, SimulatedClock
from adapters.codat_simulator.faults import REDIRECT_TARGET
from adapters.codat_simulator.ledger import Minted
from adapters.codat_simulator.operations import OPERATIONS
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.scenario import (
    Fault,
    RateLimit,
    ScenarioChange,
    ScenarioRefused,
    faults_of,
)
from adapters.codat_simulator.state import Simulator


T = TypeVar("T", bound=msgspec.Struct)
MORE = "docs/simulator.md lists every field."


class ControlError(Exception):
    """A wrong request to the control plane, with the remedy."""

    def __init__(self, error: str, remedy: str) -> None:
        super().__init__(error)
        self.error = error
        self.remedy = remedy


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
            "GET /_simulator/scenario": "what is switched on",
            "POST /_simulator/scenario": "add faults, set switches",
            "PUT /_simulator/scenario": "the same, after switching everything off",
            "DELETE /_simulator/scenario": "switch everything off",
            "GET /_simulator/clock": "the simulated time",
            "POST /_simulator/clock": 'put it forward: {"advanceSeconds": 31}',
            "GET /_simulator/ledger": "every URL minted, every call counted",
            "POST /_simulator/reset": "forget everything",
        },
        "operations": OPERATIONS,
        "documentation": "docs/simulator.md",
    }


@get("/scenario")
async def get_scenario(simulator: Codat) -> dict[str, Any]:
    """What is switched on."""
    return _scenario(simulator)


@post("/scenario", status_code=200)
async def add_to_scenario(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Add faults and set switches."""
    _apply(simulator, _parsed(body, ScenarioChange))
    return _scenario(simulator)


@put("/scenario")
async def replace_scenario(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Switch everything off and then on what the body says."""
    _apply(simulator, _parsed(body, ScenarioChange), afresh=True)
    return _scenario(simulator)


@delete("/scenario", status_code=200)
async def clear_scenario(simulator: Codat) -> dict[str, Any]:
    """Switch everything off."""
    simulator.clear_scenario()
    return _scenario(simulator)


@get("/clock")
async def get_clock(simulator: Codat) -> dict[str, Any]:
    """The simulated time."""
    return _clock(simulator.clock)


@post("/clock", status_code=200)
async def move_clock(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Put the clock forward, stop it, let it run."""
    wish = _parsed(body, ClockBody)
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


def refused(_: object, error: ControlError) -> Response[dict[str, str]]:
    """The answer to a wrong request."""
    content = {"error": error.error, "remedy": error.remedy}
    return Response(content, status_code=HTTPStatus.BAD_REQUEST)


def _parsed(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ControlError(str(error), _remedy(kind)) from None
    except msgspec.DecodeError as error:
        raise ControlError(f"The body is not JSON: {error}", MORE) from None


def _remedy(kind: type[msgspec.Struct]) -> str:
    names = ", ".join(f"`{name}`" for name in kind.__struct_encode_fields__)
    if kind is ScenarioChange:
        limit = ", ".join(f"`{name}`" for name in RateLimit.__struct_encode_fields__)
        fault = ", ".join(f"`{name}`" for name in Fault.__struct_encode_fields__)
        return f"Fields: {names}. Each of `faults` has {fault}; `rateLimit` has {limit}. {MORE}"
    return f"Fields: {names}. {MORE}"


def _apply(simulator: Simulator, change: ScenarioChange, *, afresh: bool = False) -> None:
    try:
        faults_of(change)
        if afresh:
            simulator.clear_scenario()
        simulator.apply(change)
    except ScenarioRefused as error:
        raise ControlError(str(error), MORE) from None


def _scenario(simulator: Simulator) -> dict[str, Any]:
    quota = simulator.quota
    return {
        "faults": simulator.scenario.faults,
        "switches": simulator.scenario.switches,
        "rateLimit": {"limit": quota.limit, "remaining": quota.remaining},
    }


def _clock(clock: SimulatedClock) -> dict[str, Any]:
    return {
        "now": _time(clock.now()),
        "aheadSeconds": clock.ahead.total_seconds(),
        "frozen": clock.frozen,
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
    get_scenario,
    add_to_scenario,
    replace_scenario,
    clear_scenario,
    get_clock,
    move_clock,
    get_ledger,
    reset,
    redirect_target,
)

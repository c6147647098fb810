"""The control plane's faults: by hand, and by scenario files."""

from typing import Any

import attrs
import msgspec
from litestar import delete, get, post, put
from litestar.params import RawBody

from adapters.codat_simulator import shipped
from adapters.codat_simulator.play import Play, Scene
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.wishes import MORE, ControlError, parsed
from adapters.codat_simulator.scenario import ScenarioRefused, faults_of
from adapters.codat_simulator.script import Script, Titled
from adapters.codat_simulator.script_reading import ScriptInvalid, read
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.vocabulary import Change, Fault, RateLimit, ScenarioChange


Wish = ScenarioChange | Titled
NAME = "name"


@get("/scenario")
async def get_scenario(simulator: Codat) -> dict[str, Any]:
    """What is switched on, and what comes next."""
    return _shown(simulator)


@post("/scenario", status_code=200)
async def add_to_scenario(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Add faults and set switches; or play a scenario instead of the one that is played."""
    _grant(simulator, _wish(body))
    return _shown(simulator)


@put("/scenario")
async def replace_scenario(body: RawBody, simulator: Codat) -> dict[str, Any]:
    """Switch everything off and then on what the body says."""
    wish = _wish(body)
    simulator.clear_scenario()
    _grant(simulator, wish)
    return _shown(simulator)


@delete("/scenario", status_code=200)
async def clear_scenario(simulator: Codat) -> dict[str, Any]:
    """Switch everything off."""
    simulator.clear_scenario()
    return _shown(simulator)


def _wish(body: bytes) -> Wish:
    """
    What the *body* asks for.

    Raises:
        ControlError: it makes no sense.
    """
    raw = _object(body)
    if NAME in raw:
        return _named(raw)
    if "steps" in raw:
        try:
            return Titled(name=None, script=read(raw, "scenario"))
        except ScriptInvalid as error:
            problems = [attrs.asdict(problem) for problem in error.problems]
            raise ControlError(str(error), MORE, problems) from None
    change = parsed(body, ScenarioChange, _fields())
    try:
        faults_of(change)
    except ScenarioRefused as error:
        raise ControlError(str(error), MORE) from None
    return change


def _object(body: bytes) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError(f"The body is not JSON: {error}", MORE) from None
    if not isinstance(raw, dict):
        raise ControlError("The body is no JSON object.", _fields())
    return raw


def _named(raw: dict[str, Any]) -> Titled:
    remedy = f"It is one of {', '.join(shipped.names())}."
    if set(raw) != {NAME}:
        raise ControlError(f"`{NAME}` stands alone.", 'Send {"name": "codat-down"}, or steps.')
    try:
        return shipped.shipped(raw[NAME])
    except shipped.ScenarioUnknown as error:
        raise ControlError(str(error), remedy) from None


def _grant(simulator: Simulator, wish: Wish) -> None:
    if isinstance(wish, Titled):
        simulator.perform(wish)
    else:
        simulator.apply(wish)


def _fields() -> str:
    def listed(kind: type[msgspec.Struct]) -> str:
        return ", ".join(f"`{name}`" for name in kind.__struct_encode_fields__)

    return (
        f"Fields: {listed(ScenarioChange)}. Each of `faults` has {listed(Fault)}; "
        f"`rateLimit` has {listed(RateLimit)}. "
        f"Or `{NAME}` alone; or a whole scenario: {listed(Script)}. {MORE}"
    )


def _shown(simulator: Simulator) -> dict[str, Any]:
    scenario, quota = simulator.scenario, simulator.quota
    scenario.look()
    play = scenario.play
    return {
        "faults": scenario.faults,
        "switches": scenario.switches,
        "rateLimit": {"limit": quota.limit, "remaining": quota.remaining},
        "playing": None if play is None else _playing(play, simulator),
    }


def _playing(play: Play, simulator: Simulator) -> dict[str, Any]:
    now, start, calls = simulator.clock.now(), play.began_at, play.calls
    return {
        "name": play.name,
        "title": play.script.title,
        "seed": play.seed,
        "elapsedSeconds": round((now - start).total_seconds(), 3),
        "over": play.over,
        "active": [
            _told(scene, "ends", scene.ends_in(now, start, calls)) for scene in play.active
        ],
        "next": [
            _told(scene, "begins", scene.begins_in(now, start, calls)) for scene in play.waiting
        ],
    }


def _told(scene: Scene, moment: str, left: dict[str, object] | None) -> dict[str, Any]:
    """What the *scene* does in the words of its file, and how long until the *moment*."""
    step: dict[str, Any] = msgspec.to_builtins(scene.step)
    others = {name: value for name, value in step.items() if name in _OTHERS}
    faults = [fault for _, fault in scene.faults]
    told = {"step": scene.number, "title": scene.step.title, moment: left}
    return told | others | ({"faults": faults} if faults else {})


_OTHERS = frozenset(Change.__struct_encode_fields__) - {
    *Fault.__struct_encode_fields__,
    "faults",
}

HANDLERS = (get_scenario, add_to_scenario, replace_scenario, clear_scenario)

"""
Running the Codat simulator, which is a product of its own.

It is named, not imported: the composition root would bring all of Tillbridge along, which the
simulator does not need, and which takes longer to load than the simulator itself.
"""

import http.client
import importlib
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from entrypoints.refused import Refused


SIMULATOR: Final = "adapters.codat_simulator.server"
SCENARIOS: Final = "adapters.codat_simulator.shipped"
ANSWER_WITHIN: Final = 10.0


@attrs.frozen(kw_only=True)
class Scenario:
    """A scenario that was read and found good: its *name*, and what it is about in a line."""

    name: str
    title: str
    _titled: Any = attrs.field(repr=False, default=None)
    _wish: bytes = attrs.field(repr=False, default=b"")

    @property
    def titled(self) -> Any:
        """The scenario as the simulator has it."""
        return self._titled

    def begin(self, api_url: str) -> None:
        """
        Have the simulator whose API is at *api_url* play it, from now on.

        Raises:
            Refused: the simulator does not answer, or not as it should.
        """
        parts = urlsplit(api_url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_WITHIN)
        try:
            connection.request("POST", "/_simulator/scenario", body=self._wish)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            status = None
        finally:
            connection.close()
        if status != http.client.OK:
            raise Refused(
                f"The simulator does not play {self.name} (status {status}).", "Start it again."
            )


def scenarios() -> list[Scenario]:
    """The scenarios that ship, by name."""
    shipped: Any = importlib.import_module(SCENARIOS)
    return [scenario_called(name) for name in shipped.names()]


def scenario_called(name_or_file: str) -> Scenario:
    """
    The scenario that ships under that name, else the one in that file.

    Raises:
        Refused: there is none, or something is wrong with it; every problem is named.
    """
    shipped: Any = importlib.import_module(SCENARIOS)
    try:
        titled = shipped.called(name_or_file)
    except shipped.ScriptInvalid as error:
        names = ", ".join(shipped.names())
        remedy = f"docs/simulator.md has the format. Scenarios that ship: {names}."
        raise Refused(str(error), remedy) from None
    ships = name_or_file in shipped.names()
    wish = json.dumps({"name": titled.name}).encode() if ships else titled.encoded()
    return Scenario(name=titled.name, title=titled.script.title, titled=titled, wish=wish)


async def simulate(
    *,
    api_key: str,
    host: str,
    ports: tuple[int, int],
    connector: tuple[str, str],
    other_companies: int,
    seed: int | None,
    scenario: Scenario | None = None,
    on_ready: Callable[[str, str], None],
) -> None:
    """
    Run the simulator until SIGINT or SIGTERM.

    The *scenario* is played from the start.
    *other_companies* are those that the client has besides; each is worth quota.
    *ports* are those of its API and of its sync flow pages, *connector* is a key and a side;
    *on_ready* gets the URLs of both once they answer.

    Raises:
        Refused: it cannot listen there.
    """
    simulator: Any = importlib.import_module(SIMULATOR)
    settings = simulator.SimulatorSettings(
        api_key=api_key,
        host=host,
        port=ports[0],
        sync_flow_port=ports[1],
        connector_key=connector[0],
        connector_side=connector[1],
        other_companies=other_companies,
        seed=seed,
        scenario=None if scenario is None else scenario.titled,
    )
    try:
        await simulator.serve_simulator(
            settings, lambda up: on_ready(up.api_url, up.sync_flow_url)
        )
    except simulator.SimulatorCannotListen as error:
        remedy = "Its ports are set by --port and --sync-flow-port."
        raise Refused(str(error), remedy) from None

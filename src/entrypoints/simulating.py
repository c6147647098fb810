"""
Running the Codat simulator, which is a product of its own.

It is named, not imported: the composition root would bring all of Tillbridge along, which the
simulator does not need, and which takes longer to load than the simulator itself.
"""

import importlib
from collections.abc import Callable
from typing import Any, Final

from entrypoints.refused import Refused


SIMULATOR: Final = "adapters.codat_simulator.server"


async def simulate(
    *,
    api_key: str,
    host: str,
    ports: tuple[int, int],
    connector: tuple[str, str],
    other_companies: int,
    seed: int | None,
    on_ready: Callable[[str, str], None],
) -> None:
    """
    Run the simulator until SIGINT or SIGTERM.

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
    )
    try:
        await simulator.serve_simulator(
            settings, lambda up: on_ready(up.api_url, up.sync_flow_url)
        )
    except simulator.SimulatorCannotListen as error:
        remedy = "Its ports are set by --port and --sync-flow-port."
        raise Refused(str(error), remedy) from None

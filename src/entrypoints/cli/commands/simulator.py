"""`tillbridge simulator`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from domain.model.integration import parse_platform_key
from entrypoints.cli.parameters import AsJson, Here, Host, Port
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.wording import columns
from entrypoints.refused import Refused
from entrypoints.simulating import scenario_called, scenarios, simulate


KEY = "TILLBRIDGE_CODAT_API_KEY"
USUAL_KEY = "simulator-key"


async def simulator(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8001,
    sync_flow_port: Annotated[Port, Parameter(help="The port of the sync flow pages.")] = 8002,
    connector_key: Annotated[
        str, Parameter(help="The platform key of the connector that Codat would deploy.")
    ] = "lqai",
    connector_side: Annotated[
        Literal["commerce", "accounting"], Parameter(help="The side on which it stands.")
    ] = "commerce",
    other_companies: Annotated[
        int,
        Parameter(
            help="Linked companies of the client besides; each gives 1000 requests a day.",
            validator=validators.Number(gte=0),
        ),
    ] = 100,
    seed: Annotated[int | None, Parameter(help="Makes ids and faults repeatable.")] = None,
    scenario: Annotated[
        str | None, Parameter(help="A bad day to play: one of --list-scenarios, or a TOML file.")
    ] = None,
    list_scenarios: Annotated[
        bool, Parameter(negative="", help="Show the scenarios that ship.", show_default=False)
    ] = False,
    as_json: AsJson = False,
    here: Here,
) -> None:
    """
    Run a local stand-in for Codat's Sync for Commerce: its API, and its sync flow pages.

    Needs no Tillbridge. Nothing it remembers outlives it. The API key that it accepts is
    that of TILLBRIDGE_CODAT_API_KEY, else simulator-key.

    Example: tillbridge simulator --port 8001 --sync-flow-port 8002 --scenario codat-down
    """
    if list_scenarios:
        _list_scenarios(here, as_json=as_json)
        return
    if as_json:
        raise Refused("--json shows nothing of a simulator that runs.", "Add --list-scenarios.")
    played = None if scenario is None else scenario_called(scenario)
    key = _api_key(here)
    connector = (parse_platform_key(connector_key, "--connector-key"), connector_side)

    def ready(api_url: str, sync_flow_url: str) -> None:
        here.answer(f"Codat API:  {api_url}")
        here.answer(f"Sync flow:  {sync_flow_url}")
        shown = key if key == USUAL_KEY else f"that of {KEY}"
        here.answer(f"API key:    {shown}")
        here.answer(f"Connector:  {connector_key} on the {connector_side} side")
        if played is not None:
            here.answer(f"Scenario:   {played.name}: {played.title}")
        here.answer("Ctrl-C stops it.")

    await simulate(
        api_key=key,
        host=host,
        ports=(port, sync_flow_port),
        connector=connector,
        other_companies=other_companies,
        seed=seed,
        scenario=played,
        on_ready=ready,
    )


def _list_scenarios(here: Terminal, *, as_json: bool) -> None:
    shipped = scenarios()
    if as_json:
        here.document([{"name": each.name, "title": each.title} for each in shipped])
        return
    for line in columns([(each.name, each.title) for each in shipped]):
        here.answer(line)


def _api_key(here: Terminal) -> str:
    path = here.environ.get(f"{KEY}_FILE")
    if path is None:
        return here.environ.get(KEY) or USUAL_KEY
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{KEY}_FILE names a file that cannot be read.", "Correct it.") from None

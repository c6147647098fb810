"""`tillbridge demo`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from entrypoints.cli.parameters import Here
from entrypoints.simulating import scenario_called


def demo(
    *,
    port: Annotated[
        int,
        Parameter(
            help="The first of the four ports.", validator=validators.Number(gte=1, lte=65_532)
        ),
    ] = 8000,
    ready_file: Annotated[
        Path | None,
        Parameter(help="Where to write, when all answer, the addresses and keys as JSON."),
    ] = None,
    scenario: Annotated[
        str | None,
        Parameter(
            help="A bad day of Codat's to rehearse, which begins when all answer: "
            "one of `tillbridge simulator --list-scenarios`, or a TOML file."
        ),
    ] = None,
    here: Here,
) -> int:
    """
    Run the whole thing on this machine: Tillbridge, a Codat simulator and a demo shop.

    Takes four ports: Tillbridge, Codat API, Codat sync flow pages, demo shop. Needs no
    settings, keeps nothing, and stays until Ctrl-C. For trying out only: the shop lets
    everyone in without a password.

    Example: tillbridge demo --port 8100
    """
    from entrypoints.demo.launcher import launch  # noqa: PLC0415 - `--help` has to be quick

    return launch(
        here.environ,
        port=port,
        ready_file=ready_file,
        scenario=None if scenario is None else scenario_called(scenario),
        say=here.answer,
        warn=here.note,
    )

"""`tillbridge demo`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from entrypoints.cli.parameters import Here


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

    return launch(here.environ, port=port, ready_file=ready_file, say=here.answer, warn=here.note)

"""What commands take, worded once."""

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter, validators

from entrypoints.cli.terminal import Terminal


Here: TypeAlias = Annotated[Terminal, Parameter(parse=False)]
"""The place the command is run in; nothing on the command line sets it."""

AsJson: TypeAlias = Annotated[
    bool,
    Parameter(name="--json", negative="", help="Write one JSON document.", show_default=False),
]
Merchant: TypeAlias = Annotated[
    str, Parameter(help="The merchant's identifier, as your product knows it.")
]
Key: TypeAlias = Annotated[str, Parameter(help="The platform key of an integration: gbol.")]
Host: TypeAlias = Annotated[str, Parameter(help="The address to listen on.")]
Port: TypeAlias = Annotated[
    int, Parameter(help="The port to listen on.", validator=validators.Number(gte=1, lte=65_535))
]
EnvFile: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name="--env-file",
        help="A file of KEY=VALUE lines with settings that the environment does not set.",
    ),
]

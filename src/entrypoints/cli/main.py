"""
The command `tillbridge`.

Exit codes: 0 done, 1 refused or failed with the reason on stderr, 2 wrong usage,
130 interrupted by Ctrl-C.
"""

import asyncio
import inspect
import os
import pwd
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import attrs
from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from domain.errors import TillbridgeError
from entrypoints.cli.commands import (
    branding,
    demo,
    doctor,
    integrations,
    interest,
    link,
    migrate,
    serve,
    sessions,
    simulator,
    token,
)
from entrypoints.cli.env_file import EnvFileInvalid, with_env_file
from entrypoints.cli.parameters import EnvFile
from entrypoints.cli.refusals import explain
from entrypoints.cli.terminal import Terminal
from entrypoints.refused import Refused


REFUSED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells have it."""

ABOUT: Final = "Send merchants to Codat's Sync for Commerce, each with a fresh link."
EPILOGUE: Final = (
    "Settings are environment variables, TILLBRIDGE_...; secrets are never arguments. "
    "`tillbridge doctor` says which ones are missing."
)


def main() -> None:
    """Run the command line of this process."""
    terminal = Terminal(environ=os.environ, out=sys.stdout, err=sys.stderr, user=user_name())
    sys.exit(run(sys.argv[1:], terminal))


def run(arguments: Sequence[str], terminal: Terminal) -> int:
    """Do what *arguments* say, and return the exit code."""
    try:
        return _perform(arguments, terminal)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget(terminal.out)
        return REFUSED
    except Exception as error:  # noqa: BLE001 - a traceback, or a message, may tell a secret
        lines, code = _explain(error)
    try:
        for line in lines:
            terminal.note(line)
    except BrokenPipeError:
        _forget(terminal.err)
    return code


def _explain(error: Exception) -> tuple[list[str], int]:
    match error:
        case CycloptsError():
            chain = " ".join(("tillbridge", *(error.command_chain or ())))
            return [str(error), f"Try `{chain} --help`."], WRONG_USAGE
        case EnvFileInvalid():
            return [str(error)], WRONG_USAGE
        case TillbridgeError() | Refused():
            return list(explain(error)), REFUSED
        case _:
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}, line {where.lineno}"
            defect = f"This should not happen: {type(error).__name__} in {place}."
            return [defect, "Please report it to whoever maintains this installation."], REFUSED


def _perform(arguments: Sequence[str], terminal: Terminal) -> int:
    app = _command_line(terminal)

    @app.meta.default
    def read(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        env_file: EnvFile = None,
    ) -> Callable[[], Any]:
        here = terminal
        command, bound, injected = app.parse_args(tokens, exit_on_error=False, print_error=False)
        if env_file is not None:
            environ = with_env_file(terminal.environ, env_file, warn=terminal.note)
            here = attrs.evolve(terminal, environ=environ)
        return partial(command, *bound.args, **bound.kwargs, **dict.fromkeys(injected, here))

    perform = app.meta(arguments)
    if perform is None:  # it was `--help` or `--version`, and is done
        return 0
    result = perform()
    return (asyncio.run(result) if inspect.iscoroutine(result) else result) or 0


def _command_line(terminal: Terminal) -> App:
    app = App(
        name="tillbridge",
        help=ABOUT,
        help_format="plaintext",
        help_formatter="plain",
        help_epilogue=EPILOGUE,
        group_parameters="Options",
        version=version("tillbridge"),
        console=Console(file=terminal.out, highlight=False, soft_wrap=True),
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for command in (
        demo.demo,
        serve.serve,
        simulator.simulator,
        migrate.migrate,
        doctor.doctor,
        integrations.integrations,
        interest.interest,
        link.link,
        token.token,
        sessions.sessions,
        sessions.session,
    ):
        app.command(command)
    family = App(name="branding", help="Fetch the integrations' branding, or look at it.")
    family.command(branding.warm)
    family.command(branding.show)
    app.command(family)
    return app


def _forget(stream: TextIO) -> None:
    """Send what is left in *stream* nowhere, lest the interpreter complains at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def user_name() -> str:
    """Whoever runs this process, as the operating system knows them."""
    try:
        # A name that is not UTF-8 arrives with halves of surrogate pairs, which cannot be stored.
        return pwd.getpwuid(os.getuid()).pw_name.encode(errors="replace").decode()
    except KeyError:  # a container may run under a number without a name
        return str(os.getuid())


if __name__ == "__main__":
    main()

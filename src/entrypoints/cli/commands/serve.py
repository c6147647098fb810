"""`tillbridge serve`."""

from typing import Annotated

from cyclopts import Parameter, validators

from entrypoints import serving
from entrypoints.cli.parameters import Here, Host, Port
from entrypoints.settings import unknown


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int, Parameter(help="Processes that serve.", validator=validators.Number(gte=1, lte=64))
    ] = 1,
    migrate: Annotated[
        bool, Parameter(negative="", show_default=False, help="Run `tillbridge migrate` first.")
    ] = False,
    here: Here,
) -> int:
    """
    Run the service: JSON API and hosted page.

    Refuses to start where a setting is wrong or the database is not at the current schema.
    SIGTERM and Ctrl-C let requests in flight finish, for up to 8 seconds. Of several
    workers, one that dies is replaced, and SIGHUP replaces one after the other; one alone
    ends by SIGHUP as by SIGTERM.

    Example: tillbridge serve --port 8000
    """
    for line in unknown(here.environ):
        here.note(f"Warning: {line}")
    asked_to_stop = serving.serve(
        here.environ, host=host, port=port, workers=workers, migrate=migrate, say=here.note
    )
    if not asked_to_stop:
        here.note("The service could not start, so everything was stopped; see above for why.")
    return 0 if asked_to_stop else 1

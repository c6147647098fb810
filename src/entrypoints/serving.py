"""
Running the web service: look first, then let granian's workers serve.

Whatever can be known to be wrong is found out before the port is bound, so that a supervisor
sees one clear line and no service that comes and goes.
"""

import asyncio
import ctypes
import errno
import gc
import importlib
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any, Final

from entrypoints import settings as settings_of
from entrypoints.refused import Refused


TARGET: Final = "entrypoints.serving:application"
WEB: Final = "entrypoints.web.app"
"""Named, not imported: the command line must run without the web service, and does."""

LONGEST_DRAIN: Final = 8
"""Seconds that requests in flight have after SIGTERM; supervisors usually kill after 10."""

MOST_AT_ONCE: Final = 256
"""Requests that one worker takes at a time; more wait in the listening queue."""

PR_SET_PDEATHSIG: Final = 1
"""Number of the option in prctl(2)."""

LOGGING: Final = {
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "generic",
            "stream": "ext://sys.stderr",
        }
    },
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}
"""Where the server's own complaints go: not to stdout, which is for data."""


def serve(
    environ: Mapping[str, str],
    *,
    host: str,
    port: int,
    workers: int,
    migrate: bool = False,
    say: Callable[[str], None],
) -> bool:
    """
    Serve until SIGINT or SIGTERM, or until a worker dies; true if it was asked to stop.

    *environ* becomes this process's environment, which is what the workers read.

    Raises:
        SettingsInvalid: some settings are missing or wrong.
        StorageUnavailable: there is no database, or not at the current schema.
        Refused: it is not possible to listen there.
    """
    # Loading the service makes many objects and hardly any garbage: not looking for it saves
    # a tenth of the time. The workers look for it again.
    gc.disable()
    settings = settings_of.load(environ)
    expect_free(host, port, "--port", "Tillbridge")
    _expect_databases(settings, migrate=migrate, say=say)
    os.environ.update(environ)

    # Imported late: only this function needs them.
    from granian.constants import HTTPModes, Interfaces, Loops  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    server = Server(
        TARGET,
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.uvloop,
        websockets=False,
        backpressure=MOST_AT_ONCE,
        workers_kill_timeout=LONGEST_DRAIN,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
    )
    say(f"Tillbridge serves {settings.public_url} on {host}, port {port}. Ctrl-C stops it.")
    try:
        server.serve()
    except SystemExit:
        return bool(server.interrupt_signal)
    finally:
        gc.enable()
    return True


def application() -> Any:
    """What each worker runs: the web service; it ends when the process that started it does."""
    stop_with_parent()
    service = importlib.import_module(WEB).from_environment()
    gc.enable()
    return service


def expect_free(host: str, port: int, option: str, what: str) -> None:
    """
    Make sure that *what* can listen on *port* of *host*; *option* is what sets the port.

    The server itself would share the port with another of its kind, and nobody would know
    which of them answers.

    Raises:
        Refused: somebody else listens there, or it is no address of this machine.
    """
    remedy = f"Choose another one with {option}."
    try:
        family, kind, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with closing(socket.socket(family, kind)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise Refused(f"{host} is not an address of this machine.", "Try 127.0.0.1.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"Port {port} ({what}) is taken: something listens on {host}:{port} already."
            raise Refused(reason, remedy) from None
        why = os.strerror(error.errno or 0)
        raise Refused(f"{what} cannot listen on {host}:{port}: {why}.", remedy) from None


def stop_with_parent() -> None:
    """Have the kernel end this process by SIGTERM when the one that started it dies."""
    with suppress(AttributeError):  # only Linux can
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _expect_databases(
    settings: settings_of.Settings, *, migrate: bool, say: Callable[[str], None]
) -> None:
    from entrypoints import container  # noqa: PLC0415 - `--help` has to be quick

    if migrate:
        for done in container.migrate(settings):
            say(done)
    asyncio.run(container.expect_databases(settings))

"""
Running the web service: look first, then let uvicorn serve.

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
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from entrypoints import seats
from entrypoints import settings as settings_of
from entrypoints.refused import Refused


ALONE: Final = "entrypoints.serving:application"
ONE_OF_MANY: Final = "entrypoints.serving:worker"
WEB: Final = "entrypoints.web.app"
"""Named, not imported: the command line must run without the web service, and does."""

PROTOCOL: Final = "entrypoints.bounded_http:BoundedHttp"
"""
Around a parser that is strict about framing (RFC 9112 §6.1), where uvicorn's other one answers
smuggled requests.
"""

LONGEST_SILENCE: Final = 30
"""
Seconds that a worker has to begin, when it takes over from another, and to tell that it is alive.

uvicorn's own 5 are too few on a busy machine: new workers would be given up, and the old ones
go on with the old settings; and one that only waits for the processor would be killed at work.
"""

LONGEST_DRAIN: Final = 8
"""Seconds that requests in flight have after SIGTERM; supervisors usually kill after 10."""

LONGEST_IDLE: Final = 75
"""Seconds that a connection may be idle; proxies close theirs sooner, which avoids a race."""

BACKLOG: Final = 2048
MOST_AT_ONCE: Final = 1024
"""Connections, and requests, of one worker; above that it answers 503 and nothing else."""

COUNTED_APART: Final = (
    "There is no room for files that workers share: /metrics tells of one worker, whichever "
    "answers. Have TMPDIR name a directory with 5 MB that can be written."
)

PR_SET_PDEATHSIG: Final = 1
"""Number of the option in prctl(2)."""


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
    Serve until SIGINT or SIGTERM; true if it was asked to stop, false if it could not start.

    One worker is this very process, and ends by SIGHUP as by SIGTERM. Several are processes of
    their own: one that dies is replaced, one that cannot start ends them all unless others serve
    already, and SIGHUP replaces one after the other, none before its successor serves.
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
    # Nobody can connect before the server listens, which it does once the service is ready.
    with bind(host, port, "--port", "Tillbridge") as bound:
        _expect_databases(settings, migrate=migrate, say=say)
        os.environ.update(environ)
        say(f"Tillbridge serves {settings.public_url} on {host}, port {port}. Ctrl-C stops it.")
        return _run(bound, workers, say)


def _run(bound: socket.socket, workers: int, say: Callable[[str], None]) -> bool:
    # Imported late: only this function needs them, and `--help` has to be quick.
    import uvicorn  # noqa: PLC0415  # see above

    from entrypoints.workers import Workers  # noqa: PLC0415  # see above

    config = uvicorn.Config(
        ALONE if workers == 1 else ONE_OF_MANY,
        factory=True,
        workers=workers,
        http=PROTOCOL,
        loop="uvloop",
        ws="none",
        lifespan="on",
        # Addresses may hold what must not be logged, and nobody needs to know who serves.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        backlog=BACKLOG,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=LONGEST_IDLE,
        timeout_graceful_shutdown=LONGEST_DRAIN,
        timeout_worker_healthcheck=LONGEST_SILENCE,
    )
    # Whoever has set it for other services has not meant this one.
    os.environ.pop(seats.SHARED, None)
    if workers > 1:
        with counting_together(say):
            supervisor = Workers(config, sockets=[bound])
            supervisor.run()
        return supervisor.could_start
    server = uvicorn.Server(config)
    # Without a second worker there is none to go on meanwhile: it ends, and is started anew.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    # The server passes signals on once it is done, which would end the process as a failure.
    with _signals_taken_calmly(), suppress(SystemExit):
        server.run(sockets=[bound])
    return server.started


@contextmanager
def counting_together(say: Callable[[str], None]) -> Generator[None, None, None]:
    """Have workers that are started within the block count in one place, if there is any."""
    with seats.room() as folder:
        if folder is None:
            say(COUNTED_APART)
        else:
            os.environ[seats.SHARED] = str(folder)
        yield


def worker() -> Any:
    """What one of several workers runs; it ends when the process that started it does."""
    stop_with_parent()
    together = os.environ.pop(seats.SHARED, None)
    if together is not None:
        _count_together(Path(together))
    return application()


def _count_together(folder: Path) -> None:
    """Keep what this worker counts in *folder*, or, where there is no room for it, by itself."""
    try:
        seat = seats.take_seat(folder)
    except OSError:
        # The log is not set up yet; this goes the way of what `serve` says.
        print(COUNTED_APART, file=sys.stderr)  # noqa: T201 - see above
        return
    os.environ[seats.SHARED] = str(folder)
    # Imported late: it decides by the environment how it counts.
    from prometheus_client import values  # noqa: PLC0415 - see above

    values.ValueClass = values.MultiProcessValue(lambda: seat)  # type: ignore[no-untyped-call]  # it says no types


def application() -> Any:
    """The web service, as the environment configures it."""
    service = importlib.import_module(WEB).from_environment()
    gc.enable()
    return service


def expect_free(host: str, port: int, option: str, what: str) -> None:
    """
    Make sure that *what* can listen on *port* of *host*; *option* is what sets the port.

    Raises:
        Refused: somebody else listens there, or it is no address of this machine.
    """
    bind(host, port, option, what).close()


def bind(host: str, port: int, option: str, what: str) -> socket.socket:
    """
    Take *port* of *host*, without listening yet; *option* is what sets the port for *what*.

    Raises:
        Refused: somebody else listens there, or it is no address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise Refused(f"{host} is not an address of this machine.", "Try 127.0.0.1.") from None
    # With its protocol named, for else answers wait for more to send (Nagle's algorithm).
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        remedy = f"Choose another one with {option}."
        if error.errno == errno.EADDRINUSE:
            reason = f"Port {port} ({what}) is taken: something listens on {host}:{port} already."
            raise Refused(reason, remedy) from None
        why = os.strerror(error.errno or 0)
        raise Refused(f"{what} cannot listen on {host}:{port}: {why}.", remedy) from None
    return bound


@contextmanager
def _signals_taken_calmly() -> Generator[None, None, None]:
    def ignore(_: int, __: FrameType | None) -> None:
        pass

    before = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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

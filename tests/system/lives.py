"""
`tillbridge serve` again and again, in processes that begin at once.

What it imports is imported once, in a process that forks the others; from there on everything is
as it is on the command line: settings, database, sockets, signals, event loop.
"""

import http.client
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import attrs
from blockbuster import BlockBuster

from entrypoints.web.asgi import App, Receive, Scope, Send
from tests.stack import Stack


NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.system.nursery", __name__])
LONGEST_WAIT = 60.0


@attrs.frozen
class Life:
    """One process of the service, from its beginning to its end."""

    process: ForkServerProcess
    port: int
    log: Path
    began: float = attrs.field(factory=time.monotonic)

    @classmethod
    def begin(cls, environ: Mapping[str, str], port: int, log: Path) -> "Life":
        process = NURSERY.Process(target=_live, args=(dict(environ), port, str(log)))
        began = time.monotonic()
        process.start()
        return cls(process, port, log, began)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def peak_memory(self) -> int:
        """The most that was ever resident, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def answers(self, path: str = "/healthz") -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def until_up(self) -> "Life":
        until(lambda: self.process.exitcode is not None or self.answers())
        assert self.process.exitcode is None, self.log.read_text(encoding="utf-8")
        return self

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.kill()
        self.process.join()

    def stop(self, patience: float = 20) -> int | None:
        """Ask it to end (SIGTERM); how it did."""
        self.process.terminate()
        self.process.join(patience)
        return self.process.exitcode

    def limit(self, what: int, most: int | None) -> None:
        """Let it have no more than *most* of a resource from now on; `None` takes that back."""
        _, hard = resource.prlimit(self.pid, what)
        resource.prlimit(self.pid, what, (hard if most is None else most, hard))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.exitcode is None:
            self.kill()


def environ_of(stack: Stack, **settings: str) -> dict[str, str]:
    """The environment of a service beside the simulator of *stack*."""
    others = {name: value for name, value in os.environ.items() if "TILLBRIDGE_" not in name}
    named = {f"TILLBRIDGE_{name.upper()}": value for name, value in settings.items()}
    return {**others, **stack.plan.settings, "TILLBRIDGE_LOG_LEVEL": "info", **named}


def until(true: Callable[[], bool], patience: float = LONGEST_WAIT) -> float:
    """Wait until something is *true*; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < patience, true
        time.sleep(0.005)
    return time.monotonic() - began


class _Watched:
    """The service; from the first request on, whatever blocks its event loop is an error of it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.watch = BlockBuster(scanned_modules=["adapters", "domain", "entrypoints"])
        self.watching = False
        for name in ("io.BufferedWriter.write", "io.TextIOWrapper.write"):
            if name in self.watch.functions:
                # A log line goes where the operator leads it, buffered or not.
                self.watch.functions[name].can_block_in("entrypoints/logs.py", {"write", "flush"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.watching:
            self.watch.activate()
            self.watching = True
        await self.app(scope, receive, send)


def _live(environ: dict[str, str], port: int, log: str) -> None:
    with Path(log).open("ab", buffering=0) as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.environ.clear()
    os.environ.update(environ)
    from entrypoints import serving  # noqa: PLC0415 - in the nursery it is there already

    make = serving.application
    serving.application = lambda: _Watched(make())
    served = serving.serve(
        environ, host="127.0.0.1", port=port, workers=1, migrate=True, say=print
    )
    sys.stdout.flush()
    os._exit(0 if served else 1)

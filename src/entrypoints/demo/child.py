"""One process of the demo: started, watched, stopped."""

import http.client
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import attrs

from entrypoints.demo.plan import Part
from entrypoints.serving import stop_with_parent


GRACE: Final = 9.0
"""Seconds between SIGTERM and SIGKILL; `tillbridge serve` may take 8 for what is in flight."""

LAST_LINES: Final = 12
ANSWER_WITHIN: Final = 2.0


@attrs.frozen
class Child:
    """A *part* that runs as *process*, and writes to *log*."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, part: Part, environ: Mapping[str, str], directory: Path) -> Self:
        """
        Start *part*; it ends when this process does, however that comes about.

        It has a process group of its own, lest Ctrl-C stops all of them in any order.
        """
        log = directory / f"{part.name.replace(' ', '-').lower()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                part.command,
                env={**environ, **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - no threads here to get in its way
            )
        return cls(part, process, log)

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process.poll() is not None

    @property
    def up(self) -> bool:
        """Whether all that it serves answers."""
        return all(map(_answers, self.part.signs))

    @property
    def last_lines(self) -> list[str]:
        """What it wrote last."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]

    def stop(self, grace: float = GRACE) -> None:
        """Ask it to end, and insist after *grace* seconds; nothing where it has ended already."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _answers(url: str) -> bool:
    """Whether *url* answers, and not with a server's error; no proxy is ever asked."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

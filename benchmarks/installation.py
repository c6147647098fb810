"""What is measured, set up as an operator would: settings, database, processes."""

import base64
import os
import secrets
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
import httpx

from benchmarks.bare import BODY
from benchmarks.prefill import log_in_newcomers, merchant, prefill, prefill_naive
from benchmarks.processes import (
    HOST,
    OTHER_CORES,
    SERVICE_CORES,
    Process,
    accepts,
    free_port,
    running,
)
from entrypoints.container import migrate
from entrypoints.settings import Settings, load
from entrypoints.web.headers import Cookie


PYTHON: Final = (sys.executable, "-m")
CODAT_KEY: Final = "codat-key-of-the-benchmark"


def _key() -> str:
    return secrets.token_urlsafe(32)


@attrs.frozen(kw_only=True)
class Installation:
    """
    Tillbridge in a *directory* of its own, asking Codat at *codat_port*.

    *integrations* is the setting of that name; empty for what is offered by default.
    """

    directory: Path
    codat_port: int
    integrations: str = ""
    port: int = attrs.field(factory=free_port)
    operator_key: str = attrs.field(factory=_key, repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def authorization(self) -> str:
        """The header line by which the platform's backend calls."""
        return f"Authorization: Bearer {self.operator_key}"

    @property
    def environ(self) -> dict[str, str]:
        """The settings; nothing of the caller's own reaches the service."""
        kept = {name: value for name, value in os.environ.items() if "TILLBRIDGE" not in name}
        return kept | {
            "TILLBRIDGE_CODAT_URL": f"http://{HOST}:{self.codat_port}",
            "TILLBRIDGE_CODAT_API_KEY": CODAT_KEY,
            "TILLBRIDGE_CONNECTOR_KEY": "lqai",
            "TILLBRIDGE_CONNECTOR_SIDE": "commerce",
            # Its pictures are on a host that is none of ours to ask.
            "TILLBRIDGE_LOGO_DELIVERY": "direct",
            "TILLBRIDGE_OPERATOR_KEYS": self.operator_key,
            "TILLBRIDGE_PUBLIC_URL": self.url,
            "TILLBRIDGE_DATABASE_URL": f"sqlite:///{self.directory / 'tillbridge.db'}",
            "TILLBRIDGE_INTEGRATIONS": self.integrations,
            # What is measured is the service, not what it refuses.
            "TILLBRIDGE_LIMIT_MERCHANT": "off",
            "TILLBRIDGE_LIMIT_KEY": "off",
            "TILLBRIDGE_LIMIT_ALL": "off",
        }

    @property
    def settings(self) -> Settings:
        """The settings as the service reads them."""
        return load(self.environ)

    def prepare(self, sessions: int = 0) -> "Installation":
        """Make the database, with this many sync sessions."""
        self.directory.mkdir(parents=True, exist_ok=True)
        migrate(self.settings)
        prefill(self.settings.database_url, sessions)
        return self

    @property
    def command(self) -> tuple[str, ...]:
        """How it is started; the program stands beside this Python."""
        program = str(Path(sys.executable).with_name("tillbridge"))
        return (program, "serve", "--host", HOST, "--port", str(self.port))

    @contextmanager
    def serving(
        self, workers: int = 1, cores: frozenset[int] = SERVICE_CORES
    ) -> Generator[Process, None, None]:
        """Run it on *cores*; its log lines go to a file, as a supervisor would have it."""
        log = self.directory / "service.log"
        command = (*self.command, "--workers", str(workers))
        with running(
            command, cores=cores, environ=self.environ, log=log, is_up=self._is_ready
        ) as process:
            yield process

    def newcomers(self, count: int) -> list[str]:
        """The header line of the browser of each of as many merchants who have begun nothing."""
        name = Cookie(secure=self.settings.secure).name
        secrets_of_theirs = log_in_newcomers(self.settings.database_url, count)
        return [f"Cookie: {name}={secret}" for secret in secrets_of_theirs]

    def log_in(self) -> str:
        """The header line of a merchant's browser that came in by a connect token."""
        backend = {"Authorization": f"Bearer {self.operator_key}"}
        wanted = {"merchantIdentifier": merchant(0), "merchantName": "Corner Café"}
        with httpx.Client(base_url=self.url, trust_env=False) as http:
            issued = http.post("/v1/connect-tokens", json=wanted, headers=backend)
            token = issued.raise_for_status().json()["token"]
            entered = http.post("/connect/session", data={"token": token})
        name, value = next(iter(entered.cookies.items()))
        return f"Cookie: {name}={value}"

    def fetch(self, path: str, header: str) -> bytes:
        """
        The body of one answer.

        Raises:
            httpx.HTTPStatusError: it is not a good one.
        """
        name, _, value = header.partition(": ")
        answer = httpx.get(self.url + path, headers={name: value}, trust_env=False)
        return answer.raise_for_status().content

    def _is_ready(self) -> bool:
        if not accepts(self.port):
            return False
        try:
            self.fetch("/v1/integrations", self.authorization)
        except httpx.HTTPError:
            return False
        return True


@contextmanager
def upstream(directory: Path, *options: str) -> Iterator[tuple[int, Process]]:
    """Run Codat's stand-in; its port, and its process."""
    port = free_port()
    command = (*PYTHON, "benchmarks.upstream", "--port", str(port), *options)
    log = directory / "upstream.log"
    with running(command, cores=OTHER_CORES, log=log, is_up=lambda: accepts(port)) as process:
        yield port, process


@contextmanager
def bare(installation: Installation, body: bytes, name: str) -> Iterator[tuple[int, Process]]:
    """
    Run the bare application that answers with *body*; its port, and its process.

    In the environment of the *installation* that it is compared with.
    """
    port, file = free_port(), installation.directory / f"{name}.body"
    file.write_bytes(body)
    environ = installation.environ | {BODY: str(file)}
    command = (*PYTHON, "benchmarks.bare", str(port))
    log = installation.directory / "bare.log"
    with running(command, environ=environ, log=log, is_up=lambda: accepts(port)) as process:
        yield port, process


@contextmanager
def naive(
    directory: Path, codat_port: int, operator_key: str, sessions: int
) -> Iterator[tuple[int, Process]]:
    """Run the naive service with as many sync sessions; its port, and its process."""
    port, database = free_port(), directory / "naive.db"
    environ = {
        **os.environ,
        "NAIVE_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "NAIVE_CODAT_URL": f"http://{HOST}:{codat_port}",
        "NAIVE_AUTH_HEADER": f"Basic {base64.b64encode(CODAT_KEY.encode()).decode()}",
        "NAIVE_OPERATOR_KEY": operator_key,
    }
    command = (
        *(*PYTHON, "uvicorn", "benchmarks.naive_service:app", "--host", HOST),
        *("--port", str(port), "--loop", "uvloop", "--http", "httptools"),
    )
    log = directory / "naive.log"
    with running(command, environ=environ, log=log, is_up=lambda: accepts(port)) as process:
        prefill_naive(database, sessions)
        yield port, process

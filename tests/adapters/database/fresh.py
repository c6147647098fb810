"""Databases for tests: migrated once, then copied."""

import contextlib
import functools
import tempfile
from collections.abc import Generator
from pathlib import Path

from adapters.database import journal
from adapters.database.migrate import migrate
from tests.servers.postgres import shared


@functools.cache
def _template(safe_log: bool) -> bytes:  # noqa: FBT001 - as whoever asks has it just now
    assert safe_log == journal.SAFE_LOG
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "template.db")
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def fresh_database(directory: Path) -> str:
    """Put an empty database with the current schema into *directory*; its URL."""
    path = directory / "tillbridge.db"
    path.touch(mode=0o600)
    path.write_bytes(_template(journal.SAFE_LOG))
    return f"sqlite:///{path}"


@contextlib.contextmanager
def fresh_url(kind: str, directory: Path) -> Generator[str]:
    """
    An empty database with the current schema, for as long as the block lasts; its URL.

    On the *kind* "postgres", of a server; otherwise a file in *directory*.
    """
    if kind == "postgres":
        with shared().lent() as url:
            yield url
    else:
        yield fresh_database(directory)

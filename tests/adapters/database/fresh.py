"""Databases for tests: migrated once, then copied."""

import functools
import tempfile
from pathlib import Path

from adapters.database.migrate import migrate


@functools.cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "template.db")
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def fresh_database(directory: Path) -> str:
    """Put an empty database with the current schema into *directory*; its URL."""
    path = directory / "tillbridge.db"
    path.touch(mode=0o600)
    path.write_bytes(_template())
    return f"sqlite:///{path}"

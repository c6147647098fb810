"""The two ways in which a database file is kept safe, whichever SQLite the machine has."""

from typing import Final

import pytest

from adapters.database import journal


MODES: Final = ("wal", "persist")
"""As SQLite calls them: a log ahead of writes, and a rollback journal."""


def keep(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have databases opened from now on be in *mode*."""
    monkeypatch.setattr(journal, "SAFE_LOG", mode == "wal")

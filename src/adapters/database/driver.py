"""
Which SQLite the service uses: the one place that knows, for a process must have only one.

Two in one process would drop each other's locks of a file (sqlite.org/howtocorrupt.html, section
2.2.1). `pysqlite3` brings a current one along, linked into it; where there is no wheel of it, it
is the standard library's, which is as old as the system.
"""

import importlib
import sqlite3
from types import ModuleType
from typing import TYPE_CHECKING, Final


Version = tuple[int, int, int]

BEST_FIRST: Final = ("pysqlite3.dbapi2", "sqlite3")

REPAIRED: Final[tuple[tuple[Version, Version], ...]] = (
    ((3, 44, 6), (3, 45, 0)),
    ((3, 50, 7), (3, 51, 0)),
    # 3.52.0 was withdrawn.
    ((3, 51, 3), (3, 52, 0)),
    ((3, 52, 1), (99, 0, 0)),
)
"""
From which version, up to before which other, several connections may use a log ahead of writes.

Others, from 3.7.0 on, can corrupt a file doing so (sqlite.org/wal.html, "the WAL-reset bug").
"""


def load(names: tuple[str, ...] = BEST_FIRST) -> ModuleType:
    """
    Import the first of *names* that is there.

    Raises:
        ImportError: none is.
    """
    *better, last = names
    for name in better:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return importlib.import_module(last)


def has_safe_log(version: tuple[int, ...]) -> bool:
    """Whether this *version* of SQLite may write ahead where others do as well."""
    return any(first <= version < end for first, end in REPAIRED)


if TYPE_CHECKING:
    # It has no types of its own, and is the same to its users.
    driver = sqlite3
else:
    driver = load()

SAFE_LOG: Final = has_safe_log(driver.sqlite_version_info)
"""Whether the SQLite in use is such a one."""

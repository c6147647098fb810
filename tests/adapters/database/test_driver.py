"""Which SQLite is used, and for what."""

import sqlite3
import sys

import pytest

from adapters.database.driver import SAFE_LOG, driver, has_safe_log, load


REPAIRED = [(3, 44, 6), (3, 44, 7), (3, 50, 7), (3, 51, 3), (3, 52, 1), (3, 53, 0), (4, 0, 0)]
BROKEN = [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 0), (3, 51, 2), (3, 52, 0)]


@pytest.mark.parametrize("version", REPAIRED)
def test_where_it_was_repaired_a_log_is_safe(version: tuple[int, ...]) -> None:
    assert has_safe_log(version)


@pytest.mark.parametrize("version", BROKEN)
def test_where_it_may_corrupt_a_file_it_is_not(version: tuple[int, ...]) -> None:
    assert not has_safe_log(version)


def test_the_first_that_is_there_is_taken() -> None:
    assert sqlite3 is load(("sqlite3", "json"))
    assert sqlite3 is load(("no_such_driver.dbapi2", "sqlite3"))


def test_without_any_there_is_nothing_to_be_done() -> None:
    with pytest.raises(ImportError):
        load(("no_such_driver",))


@pytest.mark.skipif("pysqlite3" not in sys.modules, reason="there is no wheel for this machine")
def test_what_is_brought_along_has_a_safe_log() -> None:
    assert "pysqlite3.dbapi2" == driver.__name__
    assert SAFE_LOG

"""Stores that have been in use for a while, made in seconds."""

import datetime as dt
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from adapters.database.schema import sync_sessions, timeline
from adapters.database.sqlite import SqliteFile
from adapters.sessions.rows import session_row, timeline_rows
from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId
from domain.model.sync_session import SyncSession


KEY: Final = PlatformKey("gbol")
LONG_AGO: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
AT_ONCE: Final = 10_000
"""Rows that are made before they are written, so that no store has to fit into memory."""


def session_id(number: int) -> str:
    """An id of the length that real ones have."""
    return f"ss_{number:026d}"


def merchant(number: int) -> str:
    """Whose session that is; every merchant has one."""
    return f"merchant-{number:09d}"


def prefill(url: str, count: int) -> None:
    """
    Add *count* sync sessions of as many merchants, each redirected once, to a migrated database.

    They are copies of one that the model itself made, so that they are what the service reads.
    """
    opened = SyncSession.open(
        SyncSessionId(""), MerchantIdentifier(""), KEY, now=LONG_AGO, actor="benchmark"
    )
    begun = opened.begin_redirect(RedirectId(""), now=LONG_AGO, actor="benchmark")
    model = begun.hand_over("", now=LONG_AGO, actor="benchmark")
    row, entries = session_row(model), timeline_rows(model)
    engine = SqliteFile.at(url).engine(busy_timeout=5.0)
    with engine.begin() as connection:
        for numbers in _batches(count):
            names = [{"id": session_id(n), "merchant": merchant(n)} for n in numbers]
            connection.execute(sa.insert(sync_sessions), [row | name for name in names])
            happened = [_of(number, entry) for number in numbers for entry in entries]
            connection.execute(sa.insert(timeline), happened)


def prefill_naive(file: Path, count: int) -> None:
    """Add the same sync sessions to the database of the naive service, which is running."""
    statement = (
        "INSERT INTO sync_sessions (id, merchant_identifier, platform_key, status)"
        " VALUES (?, ?, ?, 'redirected')"
    )
    with closing(sqlite3.connect(file)) as connection, connection:
        rows = ((session_id(number), merchant(number), KEY) for number in range(count))
        connection.executemany(statement, rows)


def redirect_paths(numbers: Sequence[int]) -> list[str]:
    """Where each of these sessions is redirected; the naive service has the same addresses."""
    return [f"/v1/sync-sessions/{session_id(number)}/redirect" for number in numbers]


def _batches(count: int) -> list[range]:
    return [range(n, min(n + AT_ONCE, count)) for n in range(0, count, AT_ONCE)]


def _of(number: int, entry: dict[str, object]) -> dict[str, object]:
    redirect = None if entry["redirect"] is None else f"rd_{number:026d}"
    # As long as a real one, and as scattered; multiplying by an odd number repeats none.
    scattered = f"{number * 0x9E3779B97F4A7C15 % 2**64:064x}"
    fingerprint = None if entry["fingerprint"] is None else scattered
    return entry | {
        "session_id": session_id(number),
        "redirect": redirect,
        "fingerprint": fingerprint,
    }

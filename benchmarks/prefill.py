"""Stores that have been in use for a while, made in seconds."""

import asyncio
import datetime as dt
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.eras import Eras
from adapters.database.schema import sync_sessions, timeline
from adapters.database.sqlite import SqliteFile
from adapters.sessions.rows import session_row, timeline_rows
from adapters.system import RandomIds, SystemClock
from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, Secret, SyncSessionId
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from domain.use_cases.redeem_connect_token import LIFETIME


KEY: Final = PlatformKey("gbol")
LONG_AGO: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PRAGMAS: Final = ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -2000000")
"""Nobody minds if such a store is lost; 2 GB keep the index of scattered values in memory."""


@attrs.frozen
class Made:
    """A value that SQLite makes of the number `n`."""

    sql: str


SESSION_ID: Final = Made("printf('ss_%026d', n)")
MERCHANT: Final = Made("printf('merchant-%09d', n)")
MADE: Final = {
    "redirect": Made("printf('rd_%026d', n)"),
    # As long as a real one, and as scattered.
    "fingerprint": Made("lower(hex(randomblob(32)))"),
}


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
    SQLite makes the copies: ten million take minutes instead of an hour.
    """
    opened = SyncSession.open(
        SyncSessionId(""), MerchantIdentifier(""), KEY, now=LONG_AGO, actor="benchmark"
    )
    begun = opened.begin_redirect(RedirectId(""), now=LONG_AGO, actor="benchmark")
    model = begun.hand_over("", now=LONG_AGO, actor="benchmark")
    own = {"id": SESSION_ID, "merchant": MERCHANT}
    copies = [(sync_sessions, session_row(model) | own)]
    for entry in timeline_rows(model):
        own = {"session_id": SESSION_ID}
        own |= {name: made for name, made in MADE.items() if entry[name] is not None}
        copies.append((timeline, entry | own))
    with closing(driver.connect(SqliteFile.at(url).path, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        for table, row in copies:
            connection.execute(*_copying(table, row, count))
        connection.execute("COMMIT")
    with Path(SqliteFile.at(url).path).open("rb") as file:
        os.fsync(file.fileno())


def log_in_newcomers(url: str, count: int) -> list[Secret]:
    """Log as many merchants in who have begun nothing; the secrets of their logins."""
    return asyncio.run(_log_in(url, count))


async def _log_in(url: str, count: int) -> list[Secret]:
    clock, ids = SystemClock(), RandomIds()
    ends = clock.now() + LIFETIME
    newcomers = [ConnectGrant(grant=_newcomer(number), expires_at=ends) for number in range(count)]
    logins = {ids.secret(): newcomer for newcomer in newcomers}
    async with Database(url) as database:
        browsers = SqlBrowserSessions(database, Eras(clock))
        await asyncio.gather(*(browsers.open(*login) for login in logins.items()))
    return list(logins)


def _newcomer(number: int) -> Grant:
    identifier = MerchantIdentifier(f"newcomer-{number:09d}")
    return Grant(merchant=Merchant(identifier=identifier, name=f"Corner Café {number}"))


def prefill_naive(file: Path, count: int) -> None:
    """Add the same sync sessions to the database of the naive service, which is running."""
    statement = (
        "INSERT INTO sync_sessions (id, merchant_identifier, platform_key, status)"
        " VALUES (?, ?, ?, 'redirected')"
    )
    with closing(driver.connect(file)) as connection, connection:
        rows = ((session_id(number), merchant(number), KEY) for number in range(count))
        connection.executemany(statement, rows)


def redirect_paths(numbers: Sequence[int]) -> list[str]:
    """Where each of these sessions is redirected; the naive service has the same addresses."""
    return [f"/v1/sync-sessions/{session_id(number)}/redirect" for number in numbers]


def _copying(table: sa.Table, row: dict[str, object], count: int) -> tuple[str, dict[str, object]]:
    """The statement that inserts *row* so many times, and what it takes from outside."""
    made = {name: value for name, value in row.items() if isinstance(value, Made)}
    given = {name: value for name, value in row.items() if name not in made}
    values = ", ".join(made[name].sql if name in made else f":{name}" for name in row)
    numbers = "SELECT 0 WHERE :count > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count"
    insert = f"INSERT INTO {table.name} ({', '.join(row)}) SELECT {values} FROM numbers"  # noqa: S608  # the names are the schema's own
    return f"WITH RECURSIVE numbers(n) AS ({numbers}) {insert}", {**given, "count": count}

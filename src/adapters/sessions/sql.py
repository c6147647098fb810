"""Sync sessions in the database."""

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.prepared import Prepared
from adapters.database.schema import sync_sessions, timeline
from adapters.database.texts import may_be_stored
from adapters.sessions.rows import load_sessions, session_row, timeline_rows
from domain.errors import SyncFlowUrlRepeated, SyncSessionChanged, SyncSessionUnknown
from domain.ids import SyncSessionId
from domain.model.sync_session import SyncSession
from domain.ports.session_store import SessionQuery


UNCHANGING: Final = {"id", "merchant", "platform_key", "created_at"}
INSERT_SESSION: Final = Prepared(sa.insert(sync_sessions), conflict="ON CONFLICT (id) DO NOTHING")
INSERT_TIMELINE: Final = Prepared(
    sa.insert(timeline), conflict="ON CONFLICT (fingerprint) DO NOTHING"
)
SELECT_SESSION: Final = Prepared(
    sa.select(sync_sessions, timeline)
    .outerjoin_from(sync_sessions, timeline)
    .where(sync_sessions.c.id == sa.bindparam("wanted"))
    .order_by(timeline.c.seq)
)
"""With all that happened: one statement sees one moment, wherever it is run, and costs half."""

COMPARE_AND_SET: Final = Prepared(
    sa.update(sync_sessions).where(
        sync_sessions.c.id == sa.bindparam("expected_id"),
        sync_sessions.c.version == sa.bindparam("expected_version"),
    ),
    # To set what stays the same would have its indexes written anew.
    columns=[column.name for column in sync_sessions.columns if column.name not in UNCHANGING],
)
LARGEST_PAGE: Final = 1000


@attrs.frozen
class SqlSessionStore:
    """
    Keeps the SessionStore port.

    A save is one compare-and-set: it counts only if the stored version is that of the copy
    it was made from. The timeline is only ever added to.
    """

    database: Database

    async def add(self, session: SyncSession) -> None:
        """Insert the row and its timeline; an id that is taken already is a change of it."""

        def insert(connection: sa.Connection) -> bool:
            if not INSERT_SESSION.later(connection, session_row(session), rows=1):
                return False
            _add_to_timeline(connection, timeline_rows(session))
            return True

        if not await self.database.write(insert):
            raise SyncSessionChanged(session.id)

    async def get(self, session: SyncSessionId) -> SyncSession:
        """Load the row and its timeline."""
        if not may_be_stored(session):
            raise SyncSessionUnknown(session)

        def select(connection: sa.Connection) -> tuple[SyncSession, ...]:
            return load_sessions(SELECT_SESSION.rows(connection, {"wanted": session}))

        found = await self.database.read(select, at_once=True)
        if not found:
            raise SyncSessionUnknown(session)
        return found[0]

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        """Compare, set, and add to the timeline."""
        _expect_growth(before, after)
        row, entries = session_row(after), timeline_rows(after, before.version)
        row |= {"expected_id": before.id, "expected_version": before.version}

        def update(connection: sa.Connection) -> bool:
            # On PostgreSQL, this waits for whoever is changing the same row, and looks again.
            if not COMPARE_AND_SET.later(connection, row, rows=1):
                return False
            _add_to_timeline(connection, entries)
            return True

        if not await self.database.write(update):
            raise SyncSessionChanged(before.id)

    async def find(self, query: SessionQuery) -> tuple[SyncSession, ...]:
        """Load a page by the index that suits the *query*, at most a thousand."""
        texts = (query.merchant, query.platform_key, query.before)
        if not all(text is None or may_be_stored(text) for text in texts):
            return ()
        return await self.database.read(lambda connection: read_page(connection, query))

    async def ping(self) -> None:
        """Write something, for only that tells whether it can be done."""
        await self.database.ping()


def read_page(connection: sa.Connection, query: SessionQuery) -> tuple[SyncSession, ...]:
    """The page that *query* wants, all of whose texts may be stored."""
    values = _values(query)
    return load_sessions(_page(frozenset(values)).rows(connection, values))


def wanted_by(query: SessionQuery) -> "sa.Select[Any]":
    """The statement for a page of sync sessions, newest first."""
    values = _values(query)
    return _wanted(frozenset(values)).params(values)


def _values(query: SessionQuery) -> dict[str, str | int]:
    """What a page is told by, each by the name of its parameter; only what is asked for."""
    values = {
        "merchant": query.merchant,
        "platform_key": query.platform_key,
        "status": query.status and query.status.value,
        "before": query.before,
        "limit": max(0, min(query.limit, LARGEST_PAGE)),
        "offset": 0,
    }
    return {name: value for name, value in values.items() if value is not None}


def _wanted(names: Collection[str]) -> "sa.Select[Any]":
    columns = sync_sessions.c
    conditions = {
        "merchant": columns.merchant == sa.bindparam("merchant"),
        "platform_key": columns.platform_key == sa.bindparam("platform_key"),
        "status": columns.status == sa.bindparam("status"),
        "before": columns.id < sa.bindparam("before"),
    }
    return (
        sa.select(sync_sessions)
        .where(*(condition for name, condition in conditions.items() if name in names))
        .order_by(columns.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
        # Else SQLAlchemy adds one that has no name.
        .offset(sa.bindparam("offset", type_=sa.Integer))
    )


@functools.cache
def _page(names: frozenset[str]) -> Prepared:
    """How to find a page told by these names, and what happened to its sync sessions."""
    wanted = _wanted(names).subquery()
    return Prepared(
        sa.select(wanted, timeline)
        .outerjoin_from(wanted, timeline, timeline.c.session_id == wanted.c.id)
        .order_by(wanted.c.id.desc(), timeline.c.seq)
    )


def _add_to_timeline(connection: sa.Connection, entries: Iterable[Mapping[str, Any]]) -> None:
    for entry in entries:
        # A fingerprint that is there already, in any timeline, is the only reason to add nothing.
        if not INSERT_TIMELINE.later(connection, entry, rows=1):
            raise SyncFlowUrlRepeated


def _expect_growth(before: SyncSession, after: SyncSession) -> None:
    same = (before.id, before.merchant, before.platform_key, before.created_at)
    if same != (after.id, after.merchant, after.platform_key, after.created_at):
        raise ValueError("A sync session keeps its id, its merchant and its platform key.")
    earlier = after.timeline[: before.version]
    if after.version <= before.version or earlier != before.timeline:
        raise ValueError("What is saved must add to the timeline of what was there before.")

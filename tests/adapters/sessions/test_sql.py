"""What only the sync sessions in the database do."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.schema import sync_sessions, timeline
from adapters.sessions.sql import SqlSessionStore, wanted_by
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_session import SyncSession, SyncSessionStatus
from domain.ports.session_store import SessionQuery
from tests.adapters.database.fresh import fresh_database
from tests.fakes.clock import START
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

IDS = FakeIds()
MERCHANT = MerchantIdentifier("m-1")
XERO = PlatformKey("gbol")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with Database(fresh_database(tmp_path)) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> SqlSessionStore:
    return SqlSessionStore(database)


async def started(store: SqlSessionStore) -> SyncSession:
    session = SyncSession.open(IDS.sync_session(), MERCHANT, XERO, now=START, actor="merchant")
    await store.add(session)
    begun = session.begin_redirect(IDS.redirect(), now=START, actor="merchant")
    await store.save(session, begun)
    return begun


@pytest.mark.parametrize(
    "damage",
    [
        sa.update(sync_sessions).values(status="lost"),
        sa.update(sync_sessions).values(status="open"),
        sa.update(sync_sessions).values(merchant="no such \n merchant"),
        sa.update(sync_sessions).values(platform_key="XERO"),
        sa.update(sync_sessions).values(version=1),
        sa.update(sync_sessions).values(version=3),
        sa.update(sync_sessions).values(attempt_redirect=None),
        sa.update(sync_sessions).values(attempt_started_at=None),
        sa.update(sync_sessions).values(created_at=2**62),
        sa.update(timeline).values(what="forgotten"),
        sa.update(timeline).where(timeline.c.seq == 0).values(seq=5),
        sa.delete(timeline).where(timeline.c.seq == 0),
    ],
    ids=lambda damage: str(damage.compile(compile_kwargs={"literal_binds": True})),
)
async def test_a_damaged_sync_session_is_not_guessed_at(
    store: SqlSessionStore, database: Database, damage: "sa.Update | sa.Delete"
) -> None:
    session = await started(store)
    await database.write(lambda connection: connection.execute(damage).rowcount)

    with pytest.raises(StorageUnavailable, match="cannot store") as refused:
        await store.get(session.id)

    assert f"the sync session {session.id} is damaged" == refused.value.reason
    with pytest.raises(StorageUnavailable):
        await store.find(SessionQuery())


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (SessionQuery(merchant=MERCHANT), "ix_sync_sessions_merchant_id"),
        (
            SessionQuery(merchant=MERCHANT, platform_key=XERO, limit=1),
            "ix_sync_sessions_merchant_platform_key_id",
        ),
        (SessionQuery(status=SyncSessionStatus.OPEN), "ix_sync_sessions_status_id"),
        (SessionQuery(before=SyncSessionId("ss_9")), "PRIMARY KEY"),
    ],
    ids=["merchant", "merchant and integration", "status", "everybody's, page two"],
)
async def test_what_is_asked_often_is_found_by_an_index_without_sorting(
    database: Database, query: SessionQuery, index: str
) -> None:
    plan = await database.read(lambda connection: explained(connection, wanted_by(query)))

    assert index in plan
    assert "SEARCH" in plan
    assert "TEMP B-TREE" not in plan


def explained(connection: sa.Connection, statement: "sa.Select[Any]") -> str:
    literal = {"literal_binds": True, "render_postcompile": True}
    text = statement.compile(connection, compile_kwargs=literal)
    return "\n".join(
        row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
    )


async def test_a_timeline_never_loses_its_sync_session(
    store: SqlSessionStore, database: Database
) -> None:
    await started(store)

    with pytest.raises(StorageUnavailable):
        await database.write(lambda connection: connection.execute(sa.delete(sync_sessions)))

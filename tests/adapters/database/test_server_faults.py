"""How the database behaves when a PostgreSQL server does not."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncGenerator, Generator

import pytest
import sqlalchemy as sa

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import Eras
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, Secret
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from tests.adapters.database.doings import Write, names
from tests.fakes.clock import START, FakeClock
from tests.servers.postgres import QUICK, Postgres, running


pytestmark = pytest.mark.anyio

SECRET = Secret("a secret")
GRANT = ConnectGrant(
    grant=Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1"))),
    expires_at=START + dt.timedelta(minutes=15),
)
LONGEST = 2.9
"""Seconds: the deadline of a call, and what a busy machine adds."""

ABSENT = "ALTER SYSTEM SET synchronous_standby_names = '*'"
DONE_WITHOUT = "ALTER SYSTEM RESET synchronous_standby_names"
RELOAD = "SELECT pg_reload_conf()"
COMMITTING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture(scope="module")
def server() -> Generator[Postgres]:
    """A server of this module's own, to be treated badly."""
    with running() as started:
        yield started


@pytest.fixture
def url(server: Postgres) -> Generator[str]:
    with server.lent() as lent:
        yield lent


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with Database(url) as opened:
        yield opened


async def refusal(writing: "asyncio.Future[str]") -> tuple[str, float]:
    """Why it was refused, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(StorageUnavailable) as refused:
        await writing
    return refused.value.reason, time.monotonic() - began


async def committing(server: Postgres) -> None:
    """Wait until a commit waits for a standby that is not there."""
    while not server.order(f"SELECT 1 {COMMITTING}"):  # noqa: ASYNC110 - it is another process that waits
        await asyncio.sleep(0.01)


@pytest.fixture
def standby_lost(server: Postgres, database: Database) -> Generator[None]:
    """Commits wait for a standby that never comes, until the database is closed."""
    server.order(ABSENT)
    server.order(RELOAD)
    yield
    server.order(DONE_WITHOUT)
    server.order(RELOAD)


async def test_a_restart_between_two_calls_is_not_noticed(
    server: Postgres, database: Database
) -> None:
    await database.write(Write("before"))
    server.kill()
    server.start()

    assert ["before"] == await database.read(names)
    assert "after" == await database.write(Write("after"))


async def test_a_connection_that_was_ended_is_made_anew(
    server: Postgres, database: Database
) -> None:
    server.order(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'tillbridge'"
    )

    answers = await asyncio.gather(
        *(database.write(Write(name)) for name in "abc"), *(database.read(names) for _ in "abc")
    )

    assert ["a", "b", "c"] == answers[:3]


async def test_a_server_that_is_gone_is_reported_at_once_and_found_again_by_itself(
    server: Postgres, database: Database
) -> None:
    await database.write(Write("before"))
    server.kill()
    reasons = []
    for _ in range(3):
        answers = await asyncio.gather(
            database.write(Write("lost")), database.read(names), return_exceptions=True
        )
        reasons += [a.reason for a in answers if isinstance(a, StorageUnavailable)]
    server.start()

    assert 6 == len(reasons)
    assert all("Connection refused" in reason for reason in reasons[2:])
    assert "after" == await database.write(Write("after"))
    assert ["after", "before"] == await database.read(names)


async def test_who_came_in_is_known_and_claims_are_refused_while_the_server_is_gone(
    server: Postgres, database: Database
) -> None:
    eras = Eras(FakeClock())
    browsers, tokens = SqlBrowserSessions(database, eras), SqlConnectTokens(database, eras)
    await browsers.open(SECRET, GRANT)
    await tokens.issue(SECRET, GRANT)
    server.kill()

    found = await browsers.find(SECRET, START)
    with pytest.raises(StorageUnavailable):
        await tokens.claim(SECRET, START)
    server.start()

    assert GRANT == found
    assert GRANT == await tokens.claim(SECRET, START)
    assert await tokens.claim(SECRET, START) is None


@pytest.mark.usefixtures("standby_lost")
async def test_a_standby_that_is_lost_holds_up_writes_and_no_reads(
    server: Postgres, database: Database
) -> None:
    writing = asyncio.ensure_future(database.write(Write("held up")))
    await committing(server)
    assert [] == await database.read(names)
    reason, seconds = await refusal(writing)
    later = asyncio.ensure_future(database.write(Write("later")))
    server.order(DONE_WITHOUT)
    server.order(RELOAD)

    assert "the database takes too long" == reason
    assert seconds < LONGEST
    assert "later" == await later
    # Nobody was told that it was written; but it was.
    assert ["held up", "later"] == await database.read(names)


@pytest.mark.usefixtures("standby_lost")
async def test_a_commit_whose_wait_is_cancelled_is_not_acknowledged(
    server: Postgres, database: Database
) -> None:
    writing = asyncio.ensure_future(database.write(Write("cancelled")))
    await committing(server)
    server.order(f"SELECT pg_cancel_backend(pid) {COMMITTING}")

    reason, _ = await refusal(writing)

    assert "nobody knows whether a standby has what was written" == reason


@pytest.mark.usefixtures("standby_lost")
async def test_a_commit_of_unknown_outcome_is_not_tried_again(
    server: Postgres, database: Database
) -> None:
    write = Write("unknown")
    writing = asyncio.ensure_future(database.write(write))
    await committing(server)
    server.kill()
    reason, _ = await refusal(writing)
    server.start()

    assert "the connection to the server was lost" == reason
    assert 1 == len(write.transactions)


async def test_with_a_synchronous_standby_no_token_works_again_after_a_failover(
    server: Postgres, url: str
) -> None:
    with running(*QUICK, copied_from=server) as standby:
        server.order(ABSENT)
        server.order(RELOAD)
        try:
            async with Database(url) as database:
                tokens = SqlConnectTokens(database, Eras(FakeClock()))
                await tokens.issue(SECRET, GRANT)
                assert GRANT == await tokens.claim(SECRET, START)
        finally:
            server.order(DONE_WITHOUT)
            server.order(RELOAD)
        beside = f"{standby.address}{url.rpartition('/')[2]}"
        async with Database(url) as database:
            await database.ping()
        refusals = []
        for address in (beside, f"{beside}?target_session_attrs=any"):
            with pytest.raises(StorageUnavailable) as refused:
                async with Database(address):
                    pass
            refusals.append(refused.value.reason)
        # It has the setting of the server that it was copied from, and nobody to wait for.
        standby.order("SELECT pg_promote()")
        standby.order(DONE_WITHOUT)
        standby.order(RELOAD)
        async with Database(beside) as database:
            claimed = await SqlConnectTokens(database, Eras(FakeClock())).claim(SECRET, START)

    assert "read-only (name the primary server, too, in the URL)" in refusals[0]
    assert refusals[1].startswith("the server is a standby")
    assert claimed is None


async def test_a_statement_that_takes_too_long_is_ended(url: str) -> None:
    def sleep(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    async with Database(url, busy_timeout=0.1) as database:
        answers = await asyncio.gather(
            database.read(sleep),
            database.read(names),
            database.write(sleep),
            return_exceptions=True,
        )

        assert [] == answers[1]
        reasons = [a.reason for a in answers if isinstance(a, StorageUnavailable)]
        assert ["the server took too long"] * 2 == reasons
        assert "next" == await database.write(Write("next"))


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_connection_that_is_lost_on_the_way_is_made_anew_for_all_who_shared_it(
    database: Database, kind: str
) -> None:
    attempts = []

    def lose_it_once(connection: sa.Connection) -> list[str]:
        attempts.append(connection)
        if len(attempts) == 1:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return names(connection)

    asking = database.read if kind == "read" else database.write

    assert [[], []] == list(await asyncio.gather(asking(lose_it_once), asking(names)))
    assert 2 == len(attempts)


async def test_a_connection_that_is_lost_again_and_again_is_reported(database: Database) -> None:
    def lose_it(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StorageUnavailable) as refused:
        await database.write(lose_it)

    assert "the connection to the server was lost" == refused.value.reason
    assert "next" == await database.write(Write("next"))


async def test_a_read_that_is_refused_is_refused_alone(database: Database) -> None:
    def ask_for_nonsense(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT nonsense")

    answers = await asyncio.gather(
        *(database.read(op) for op in (names, ask_for_nonsense, names)), return_exceptions=True
    )

    assert [[], []] == [answers[0], answers[2]]
    assert isinstance(answers[1], StorageUnavailable)
    assert "the database failed (SQLSTATE 42703)" == answers[1].reason


@pytest.mark.parametrize(
    "order",
    ["PREPARE ours AS SELECT 1; PREPARE ours AS SELECT 1", "EXECUTE theirs"],
    ids=["made by another", "not there"],
)
async def test_a_connection_that_is_shared_by_a_pooler_is_told_with_what_to_set(
    database: Database, order: str
) -> None:
    def as_through_a_pooler(connection: sa.Connection) -> None:
        connection.exec_driver_sql(order)

    with pytest.raises(StorageUnavailable) as refused:
        await database.write(as_through_a_pooler)

    assert refused.value.reason.endswith("pool_mode = session")


async def test_what_the_server_says_on_the_way_is_no_reason_to_doubt_the_commit(
    database: Database,
) -> None:
    def chat(connection: sa.Connection) -> str:
        for level in ("NOTICE", "WARNING"):
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE {level} 'nothing much'; END $$")
        return "done"

    assert "done" == await database.write(chat)


async def test_sessions_are_set_up_for_what_is_promised(database: Database) -> None:
    wanted = {
        "statement_timeout": "2s",
        "lock_timeout": "1200ms",
        "idle_in_transaction_session_timeout": "5s",
        "synchronous_commit": "on",
        "application_name": "tillbridge",
    }

    def look(connection: sa.Connection) -> dict[str, object]:
        shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in wanted}
        return shown | {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("transaction_isolation", "transaction_read_only")
        }

    write, read = await database.write(look), await database.read(look)

    assert {
        **wanted,
        "transaction_isolation": "read committed",
        "transaction_read_only": "off",
    } == write
    assert {
        **wanted,
        "transaction_isolation": "repeatable read",
        "transaction_read_only": "on",
    } == read


async def test_what_the_url_says_about_connecting_counts(url: str) -> None:
    async with Database(f"{url}?application_name=till-7") as database:
        shown = await database.read(
            lambda connection: connection.exec_driver_sql("SHOW application_name").scalar()
        )

    assert "till-7" == shown

"""Several processes, each with a `Database` of its own, on one PostgreSQL server."""

import asyncio
import datetime as dt
import threading
from collections import Counter
from collections.abc import AsyncGenerator

import attrs
import pytest
import sqlalchemy as sa

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database import eras as eras_module
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.database.prepared import Prepared
from adapters.database.schema import eras, heartbeat, sync_sessions, timeline
from adapters.sessions.sql import SqlSessionStore
from domain.errors import StorageUnavailable, SyncFlowUrlRepeated, SyncSessionChanged
from domain.ids import MerchantIdentifier, PlatformKey, Secret
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from tests.adapters.database.doings import Write, held_up, until
from tests.fakes.clock import START, FakeClock
from tests.fakes.ids import FakeIds
from tests.servers.postgres import shared


pytestmark = pytest.mark.anyio

IDS = FakeIds()
TOUCH = Prepared(
    sa.update(sync_sessions)
    .where(sync_sessions.c.id == sa.bindparam("name"))
    .values(created_at=sync_sessions.c.created_at + sa.text("1")),
    columns=(),
)
GRANT = ConnectGrant(
    grant=Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1"))),
    expires_at=START + dt.timedelta(seconds=60),
)


@attrs.frozen
class Replica:
    """What one process has of the stores."""

    database: Database
    clock: FakeClock

    @property
    def sessions(self) -> SqlSessionStore:
        return SqlSessionStore(self.database)

    @property
    def tokens(self) -> SqlConnectTokens:
        return SqlConnectTokens(self.database, Eras(self.clock))


@pytest.fixture
async def replicas() -> AsyncGenerator[tuple[Replica, Replica]]:
    with shared().lent() as url:
        async with Database(url) as one, Database(url) as two:
            clock = FakeClock()
            yield Replica(one, clock), Replica(two, clock)


def opened() -> SyncSession:
    merchant, key = MerchantIdentifier("m-1"), PlatformKey("gbol")
    return SyncSession.open(IDS.sync_session(), merchant, key, now=START, actor="merchant")


def begun(session: SyncSession) -> SyncSession:
    return session.begin_redirect(IDS.redirect(), now=START, actor="merchant")


async def test_of_64_claims_over_both_one_succeeds(replicas: tuple[Replica, Replica]) -> None:
    stores = [replica.tokens for replica in replicas]
    secrets = [IDS.secret() for _ in range(5)]
    for secret in secrets:
        await stores[0].issue(secret, GRANT)

    for secret in secrets:
        claims = (stores[number % 2].claim(secret, START) for number in range(64))
        answers = await asyncio.gather(*claims)
        assert [GRANT] == [answer for answer in answers if answer is not None]


async def test_of_many_who_save_the_same_copy_over_both_one_wins(
    replicas: tuple[Replica, Replica],
) -> None:
    session = opened()
    await replicas[0].sessions.add(session)
    rivals = [begun(session) for _ in range(64)]

    answers = await asyncio.gather(
        *(
            replicas[number % 2].sessions.save(session, rival)
            for number, rival in enumerate(rivals)
        ),
        return_exceptions=True,
    )

    assert {type(None): 1, SyncSessionChanged: 63} == Counter(map(type, answers))
    assert rivals[answers.index(None)] == await replicas[1].sessions.get(session.id)


async def test_a_url_is_handed_over_once_over_both(replicas: tuple[Replica, Replica]) -> None:
    sessions = [begun(opened()) for _ in range(32)]
    for session in sessions:
        await replicas[0].sessions.add(session)

    answers = await asyncio.gather(
        *(
            replicas[number % 2].sessions.save(
                session, session.hand_over("the same", now=START, actor="merchant")
            )
            for number, session in enumerate(sessions)
        ),
        return_exceptions=True,
    )

    assert {type(None): 1, SyncFlowUrlRepeated: 31} == Counter(map(type, answers))


async def test_an_entry_that_is_in_the_way_is_not_taken_for_a_repeated_url(
    replicas: tuple[Replica, Replica],
) -> None:
    session = opened()
    await replicas[0].sessions.add(session)
    row = {"session_id": session.id, "seq": 1, "at": 0, "what": "returned", "actor": "nobody"}
    await replicas[1].database.write(
        lambda connection: connection.execute(sa.insert(timeline), row).rowcount
    )

    with pytest.raises(StorageUnavailable):
        await replicas[0].sessions.save(session, begun(session))


async def test_groups_that_want_the_same_rows_in_other_orders_all_go_through(
    replicas: tuple[Replica, Replica],
) -> None:
    sessions = [opened() for _ in range(8)]
    for session in sessions:
        await replicas[0].sessions.add(session)

    async def both(order: list[SyncSession], replica: Replica) -> list[BaseException | None]:
        async with held_up(replica.database):
            saving = [
                asyncio.ensure_future(replica.sessions.save(each, begun(each))) for each in order
            ]
            await asyncio.sleep(0)
        return await asyncio.gather(*saving, return_exceptions=True)

    answers = await asyncio.gather(both(sessions, replicas[0]), both(sessions[::-1], replicas[1]))

    assert {type(None): 8, SyncSessionChanged: 8} == Counter(
        type(answer) for group in answers for answer in group
    )


@pytest.mark.parametrize("neighbours", [0, 2])
async def test_a_deadlock_harms_nobody(replicas: tuple[Replica, Replica], neighbours: int) -> None:
    """Each has one row, and wants the other's; one of the two begins again, and both succeed."""
    one, two = opened(), opened()
    for session in (one, two):
        await replicas[0].sessions.add(session)
    has_one, attempts = threading.Barrier(2), Counter[str]()

    async def touch(replica: Replica, first: str, second: str) -> str:
        def op(connection: sa.Connection) -> str:
            attempts[first] += 1
            assert 1 == TOUCH.run(connection, {"name": first})
            if attempts[first] == 1:
                has_one.wait(5)
            assert TOUCH.later(connection, {"name": second}, rows=1)
            return first

        async with held_up(replica.database):
            asking = [asyncio.ensure_future(replica.database.write(op))]
            for number in range(neighbours):
                write = Write(f"{first} {number}")
                asking.append(asyncio.ensure_future(replica.database.write(write)))
            await asyncio.sleep(0)
        told, *others = await asyncio.gather(*asking)
        assert [f"{first} {number}" for number in range(neighbours)] == others
        return told

    answers = await asyncio.gather(
        touch(replicas[0], one.id, two.id), touch(replicas[1], two.id, one.id)
    )

    assert (one.id, two.id) == tuple(answers)
    assert attempts.total() > 2
    rows = [await replicas[0].sessions.get(session.id) for session in (one, two)]
    assert {START + dt.timedelta(microseconds=2)} == {row.created_at for row in rows}


async def test_what_one_has_acknowledged_the_other_sees(
    replicas: tuple[Replica, Replica],
) -> None:
    for number in range(50):
        session = opened()
        await replicas[number % 2].sessions.add(session)
        assert session == await replicas[1 - number % 2].sessions.get(session.id)


async def test_a_reader_never_sees_half_of_a_write(replicas: tuple[Replica, Replica]) -> None:
    session = opened()
    await replicas[0].sessions.add(session)
    done = False

    async def write() -> None:
        nonlocal done
        before = session
        for _ in range(40):
            after = begun(before)
            failed = after.redirect_failed("CodatTimedOut", now=START, actor="merchant")
            await replicas[0].sessions.save(before, after)
            await replicas[0].sessions.save(after, failed)
            before = failed
        done = True

    async def read() -> int:
        seen = 0
        while not done:
            # Row and timeline are read one after the other, and must be of one moment.
            seen = max(seen, (await replicas[1].sessions.get(session.id)).version)
        return seen

    _, seen = await asyncio.gather(write(), read())

    assert seen > 1


async def test_a_row_that_another_keeps_locked_is_not_waited_for_long() -> None:
    session, other = opened(), opened()
    with shared().lent() as url:
        async with Database(url) as one, Database(url, busy_timeout=0.1) as two:
            store = SqlSessionStore(two)
            for each in (session, other):
                await store.add(each)

            def keep(connection: sa.Connection) -> None:
                connection.execute(sa.update(sync_sessions).values(status="open"))
                has_it.set()
                go_on.wait(5)

            has_it, go_on = threading.Event(), threading.Event()
            keeping = asyncio.ensure_future(one.write(keep))
            await until(has_it)
            with pytest.raises(StorageUnavailable) as refused:
                await store.save(session, begun(session))
            async with held_up(two):
                answers = [
                    asyncio.ensure_future(store.save(session, begun(session))),
                    asyncio.ensure_future(store.add(third := opened())),
                ]
                await asyncio.sleep(0)
            await answers[1]
            go_on.set()
            await asyncio.gather(keeping, answers[0], return_exceptions=True)

            assert "another process keeps rows locked" == refused.value.reason
            assert third == await store.get(third.id)


async def test_nobody_waits_for_the_heartbeat_of_another(
    replicas: tuple[Replica, Replica],
) -> None:
    def beat_slowly(connection: sa.Connection) -> None:
        connection.execute(sa.update(heartbeat).values(beats=heartbeat.c.beats + 1))
        connection.exec_driver_sql("SELECT pg_sleep(0.3)")

    beating = asyncio.ensure_future(replicas[0].database.write(beat_slowly))
    await asyncio.sleep(0.1)
    await replicas[1].database.ping()

    assert not beating.done()
    await beating


async def test_logins_of_one_wait_for_no_login_of_the_other(
    replicas: tuple[Replica, Replica],
) -> None:
    for replica in replicas:
        replica.clock.advance(5)
    era = Eras(replicas[0].clock)

    def keep_slowly(connection: sa.Connection) -> None:
        eras_module.keep_era(connection, era.look())
        connection.exec_driver_sql("SELECT pg_sleep(0.3)")

    keeping = asyncio.ensure_future(replicas[0].database.write(keep_slowly))
    await asyncio.sleep(0.1)
    browsers = SqlBrowserSessions(replicas[1].database, Eras(replicas[1].clock))
    replicas[1].clock.advance(5)
    await browsers.open(IDS.secret(), GRANT)
    await replicas[1].tokens.issue(IDS.secret(), GRANT)

    assert not keeping.done()
    await keeping


async def test_a_new_era_waits_for_who_is_handing_something_out(
    replicas: tuple[Replica, Replica],
) -> None:
    """What was handed out by a clock that nobody had set back yet must not outlive the era."""
    slow, clock = replicas[0], FakeClock()
    await slow.tokens.issue(IDS.secret(), GRANT)
    secret, era = IDS.secret(), Eras(FakeClock())
    token = SqlConnectTokens(slow.database, era)
    look = era.look()

    def hand_out_slowly(connection: sa.Connection) -> None:
        eras_module.keep_era(connection, look)
        connection.exec_driver_sql("SELECT pg_sleep(0.2)")
        connection.execute(
            sa.text('INSERT INTO connect_tokens VALUES (:hash, \'{"merchant":"m-1"}\', 1 << 30)'),
            {"hash": b"h" * 32},
        )

    handing = asyncio.ensure_future(slow.database.write(hand_out_slowly))
    await asyncio.sleep(0.1)
    clock.set_back(3600)
    later = SqlConnectTokens(replicas[1].database, Eras(clock))
    assert await later.claim(secret, clock.now()) is None

    await handing
    left = await slow.database.read(
        lambda connection: connection.execute(
            sa.text("SELECT count(*) FROM connect_tokens")
        ).scalar()
    )
    assert 0 == left
    assert await token.claim(Secret("unknown"), START) is None


async def test_of_both_that_notice_a_clock_set_back_one_begins_the_era(
    replicas: tuple[Replica, Replica],
) -> None:
    clock = replicas[0].clock
    stores = [SqlConnectTokens(replica.database, Eras(clock)) for replica in replicas]
    await asyncio.gather(*(store.issue(IDS.secret(), GRANT) for store in stores))
    clock.set_back(3600)
    secrets = [IDS.secret() for _ in range(32)]

    await asyncio.gather(
        *(stores[number % 2].issue(secret, GRANT) for number, secret in enumerate(secrets))
    )

    number = await replicas[0].database.read(
        lambda connection: connection.execute(sa.select(eras.c.number)).scalar()
    )
    assert 1 == number
    assert GRANT == await stores[0].claim(secrets[-1], clock.now())

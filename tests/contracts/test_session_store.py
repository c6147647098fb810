"""What every session store promises."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import attrs
import pytest

from adapters.database.database import Database
from adapters.sessions.sql import SqlSessionStore
from domain.errors import SyncFlowUrlRepeated, SyncSessionChanged, SyncSessionUnknown
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId
from domain.model.sync_session import SyncSession, SyncSessionStatus
from domain.ports.session_store import SessionQuery, SessionStore
from tests.adapters.database.fresh import fresh_url
from tests.fakes.clock import START
from tests.fakes.ids import FakeIds
from tests.fakes.sessions import FakeSessionStore


pytestmark = pytest.mark.anyio

MERCHANT = MerchantIdentifier("m-1")
XERO = PlatformKey("gbol")
IDS = FakeIds()
ODD_TEXTS = ["", " ", "ss_\0", "\ud800", "\u202ess", "' OR 1=1 --", "x" * 10_000, "é", "%", "😀"]


@pytest.fixture(params=["fake", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[SessionStore]:
    if request.param == "fake":
        yield FakeSessionStore()
        return
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as database:
            yield SqlSessionStore(database)


def opened(
    merchant: str = MERCHANT, key: PlatformKey = XERO, at: dt.datetime = START
) -> SyncSession:
    return SyncSession.open(
        IDS.sync_session(), MerchantIdentifier(merchant), key, now=at, actor="merchant"
    )


def begun(session: SyncSession) -> SyncSession:
    return session.begin_redirect(IDS.redirect(), now=START, actor="merchant")


def handed_over(session: SyncSession, fingerprint: str) -> SyncSession:
    return session.hand_over(fingerprint, now=START, actor="merchant")


async def kept(store: SessionStore, *sessions: SyncSession) -> tuple[SyncSession, ...]:
    for session in sessions:
        await store.add(session)
    return sessions


async def test_what_was_added_is_there_as_it_was(store: SessionStore) -> None:
    session = opened(at=START + dt.timedelta(microseconds=1))

    await store.add(session)

    assert session == await store.get(session.id)


async def test_an_id_is_given_to_one_sync_session_only(store: SessionStore) -> None:
    (session,) = await kept(store, opened())
    other = attrs.evolve(session, merchant=MerchantIdentifier("m-2"))

    with pytest.raises(SyncSessionChanged):
        await store.add(other)

    assert session == await store.get(session.id)


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
async def test_an_id_that_nobody_has_is_unknown_however_odd(store: SessionStore, odd: str) -> None:
    await kept(store, opened())

    with pytest.raises(SyncSessionUnknown):
        await store.get(SyncSessionId(odd))


async def test_every_state_of_a_life_comes_back_as_it_was_saved(store: SessionStore) -> None:
    now, by = START, "support:joe"
    session = opened()
    await store.add(session)
    steps: list[Callable[[SyncSession], SyncSession]] = [
        lambda s: s.begin_redirect(RedirectId("rd_1"), now=now, actor=by),
        lambda s: s.redirect_failed("CodatUnavailable", now=now, actor=by),
        lambda s: s.begin_redirect(RedirectId("rd_2"), now=now, actor=by),
        lambda s: s.redirect_unknown("CodatTimedOut", now=now, actor=by),
        lambda s: s.begin_redirect(RedirectId("rd_3"), now=now, actor=by),
        lambda s: s.begin_redirect(
            RedirectId("rd_4"), now=now + dt.timedelta(seconds=10), actor=by
        ),
        lambda s: s.hand_over("fingerprint of a life", now=now, actor=by),
        lambda s: s.redirect_undelivered("SyncFlowUrlStale", now=now, actor=by),
        lambda s: s.begin_redirect(RedirectId("rd_6"), now=now, actor=by),
        lambda s: s.hand_over("another fingerprint of a life", now=now, actor=by),
        lambda s: s.come_back(now=now, actor=by),
        lambda s: s.confirm(CompanyId("c-1"), now=now, actor="codat"),
        lambda s: s.begin_redirect(RedirectId("rd_5"), now=now, actor=by),
    ]

    for step in steps:
        after = step(session)
        await store.save(session, after)
        assert after == await store.get(session.id)
        session = after


async def test_a_stale_copy_cannot_be_saved(store: SessionStore) -> None:
    (session,) = await kept(store, opened())
    first, second = begun(session), begun(session)
    await store.save(session, first)

    with pytest.raises(SyncSessionChanged):
        await store.save(session, second)

    assert first == await store.get(session.id)


async def test_a_sync_session_that_was_never_added_cannot_be_saved(store: SessionStore) -> None:
    session = opened()

    with pytest.raises(SyncSessionChanged):
        await store.save(session, begun(session))

    with pytest.raises(SyncSessionUnknown):
        await store.get(session.id)


async def test_of_many_who_save_the_same_copy_one_wins(store: SessionStore) -> None:
    (session,) = await kept(store, opened())
    rivals = [begun(session) for _ in range(64)]

    answers = await asyncio.gather(
        *(store.save(session, rival) for rival in rivals), return_exceptions=True
    )

    winners = [r for r, a in zip(rivals, answers, strict=True) if a is None]
    losers = [a for a in answers if isinstance(a, SyncSessionChanged)]
    assert (1, 63) == (len(winners), len(losers))
    assert winners[0] == await store.get(session.id)


async def test_no_two_sync_sessions_hand_over_the_same_url(store: SessionStore) -> None:
    one, two = await kept(store, begun(opened()), begun(opened()))
    await store.save(one, handed_over(one, "the same"))

    with pytest.raises(SyncFlowUrlRepeated):
        await store.save(two, handed_over(two, "the same"))

    assert two == await store.get(two.id)


async def test_no_sync_session_hands_over_the_same_url_twice(store: SessionStore) -> None:
    (session,) = await kept(store, begun(opened()))
    once = handed_over(session, "once")
    await store.save(session, once)
    again = begun(once)
    await store.save(once, again)

    with pytest.raises(SyncFlowUrlRepeated):
        await store.save(again, handed_over(again, "once"))

    assert again == await store.get(session.id)


async def test_after_a_repeated_url_the_failure_itself_can_be_saved(store: SessionStore) -> None:
    one, two = await kept(store, begun(opened()), begun(opened()))
    await store.save(one, handed_over(one, "shared"))
    with pytest.raises(SyncFlowUrlRepeated):
        await store.save(two, handed_over(two, "shared"))
    failed = two.redirect_failed("SyncFlowUrlRepeated", now=START, actor="merchant")

    await store.save(two, failed)

    assert failed == await store.get(two.id)


async def test_of_many_who_hand_over_the_same_url_one_wins(store: SessionStore) -> None:
    rivals = await kept(store, *(begun(opened()) for _ in range(32)))

    answers = await asyncio.gather(
        *(store.save(each, handed_over(each, "wanted by all")) for each in rivals),
        return_exceptions=True,
    )

    assert 1 == answers.count(None)
    assert 31 == sum(isinstance(answer, SyncFlowUrlRepeated) for answer in answers)


async def test_one_bad_save_does_not_harm_its_neighbours(store: SessionStore) -> None:
    sessions = await kept(store, *(begun(opened()) for _ in range(8)))
    prints = [f"neighbour {number % 7}" for number in range(8)]

    answers = await asyncio.gather(
        *(store.save(s, handed_over(s, p)) for s, p in zip(sessions, prints, strict=True)),
        return_exceptions=True,
    )

    assert [None] * 7 == answers[:7]
    assert isinstance(answers[7], SyncFlowUrlRepeated)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: attrs.evolve(s, merchant=MerchantIdentifier("m-2")),
        lambda s: attrs.evolve(s, platform_key=PlatformKey("qhyg")),
        lambda s: attrs.evolve(s, id=SyncSessionId("ss_other")),
        lambda s: attrs.evolve(s, timeline=()),
        lambda s: attrs.evolve(s, timeline=s.timeline[:0:-1] + s.timeline[1:]),
    ],
    ids=["merchant", "platform key", "id", "no timeline", "another timeline"],
)
async def test_what_never_changes_cannot_be_saved_otherwise(
    store: SessionStore, change: Callable[[SyncSession], SyncSession]
) -> None:
    (session,) = await kept(store, opened())

    with pytest.raises(ValueError, match=r"sync session keeps|must add"):
        await store.save(session, change(begun(session)))

    assert session == await store.get(session.id)


async def test_a_save_that_adds_nothing_is_a_mistake(store: SessionStore) -> None:
    (session,) = await kept(store, opened())

    with pytest.raises(ValueError, match="must add"):
        await store.save(session, session)


async def test_the_newest_come_first(store: SessionStore) -> None:
    sessions = await kept(store, opened(), opened("m-2"), begun(opened()))

    assert sessions[::-1] == await store.find(SessionQuery())


async def test_a_merchant_finds_what_is_its_own(store: SessionStore) -> None:
    one, _, three = await kept(store, opened(), opened("m-2"), opened())

    assert (three, one) == await store.find(SessionQuery(merchant=MERCHANT))


async def test_all_filters_hold_together(store: SessionStore) -> None:
    quickbooks = PlatformKey("qhyg")
    await kept(store, opened(), begun(opened(key=quickbooks)), opened("m-2", quickbooks))
    (wanted,) = await kept(store, opened(key=quickbooks))
    query = SessionQuery(merchant=MERCHANT, platform_key=quickbooks, status=SyncSessionStatus.OPEN)

    assert (wanted,) == await store.find(query)


async def test_pages_join_without_gap_or_overlap(store: SessionStore) -> None:
    sessions = await kept(store, *(opened() for _ in range(7)))
    seen: list[SyncSession] = []
    query = SessionQuery(merchant=MERCHANT, limit=3)

    while page := await store.find(query):
        seen += page
        query = attrs.evolve(query, before=page[-1].id)

    assert list(sessions[::-1]) == seen


@pytest.mark.parametrize("limit", [0, -1])
async def test_no_limit_makes_a_page_endless(store: SessionStore, limit: int) -> None:
    await kept(store, opened())

    assert () == await store.find(SessionQuery(limit=limit))


async def test_a_limit_may_be_far_too_large(store: SessionStore) -> None:
    sessions = await kept(store, opened())

    assert sessions == await store.find(SessionQuery(limit=10**30))


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
async def test_odd_filters_find_nothing(store: SessionStore, odd: str) -> None:
    await kept(store, opened())

    assert () == await store.find(SessionQuery(merchant=MerchantIdentifier(odd)))
    assert () == await store.find(SessionQuery(platform_key=PlatformKey(odd)))


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
async def test_an_odd_cursor_does_no_harm(store: SessionStore, odd: str) -> None:
    sessions = await kept(store, opened())

    assert set(await store.find(SessionQuery(before=SyncSessionId(odd)))) <= set(sessions)


async def test_it_can_be_read_and_written(store: SessionStore) -> None:
    await store.ping()

"""Whoever looks sees what Codat says by now, and nobody waits long for it."""

import asyncio

import pytest

from domain.ids import SyncSessionId
from domain.model.sync_session import SyncSession, SyncSessionStatus
from entrypoints.container import Container
from entrypoints.web import standing as looking
from tests.support import BACKEND, FakeWorld, a_merchant, make_container


pytestmark = pytest.mark.anyio


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def container(world: FakeWorld) -> Container:
    return make_container(world)


async def sent_away(container: Container, merchant: str = "m-1", key: str = "gbol") -> SyncSession:
    session = await container.open_sync_session()(key, BACKEND, merchant)
    handoff = await container.start_redirect()(session.id, BACKEND)
    return handoff.session


async def test_a_slow_codat_keeps_nobody_waiting(
    world: FakeWorld, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LONGEST_LOOK", 0.05)
    session = await sent_away(container)
    world.codat.interruptions["find_companies"] = asyncio.Event().wait  # type: ignore[assignment]  # nobody looks at what it says

    stands = await looking.standing(container.confirm_connection(), session.id, a_merchant())

    assert (session, None) == (stands.session, stands.report)


async def test_what_was_finished_meanwhile_is_seen_in_a_list(
    world: FakeWorld, container: Container
) -> None:
    first = await sent_away(container)
    second = await sent_away(container, key="qhyg")
    world.codat.finish_sync_flow("m-1", "gbol")

    seen = await looking.brought_up_to_date(
        container.confirm_connection(), [second, first], a_merchant()
    )

    assert [second.id, first.id] == [stands.session.id for stands in seen]
    assert SyncSessionStatus.COMPLETED is seen[1].session.status


async def test_a_long_list_costs_no_more_than_a_few_calls(
    world: FakeWorld, container: Container
) -> None:
    sessions = [await sent_away(container) for _ in range(10)]

    await looking.brought_up_to_date(container.confirm_connection(), sessions, a_merchant())

    assert looking.MOST_AT_ONCE == world.codat.calls["find_companies"]


async def test_somebody_elses_is_not_shown_however_slow_codat_is(container: Container) -> None:
    session = await sent_away(container)

    with pytest.raises(Exception, match="no such sync session"):
        await looking.standing(
            container.confirm_connection(), SyncSessionId(session.id), a_merchant("m-2")
        )

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import (
    ChoiceRefused,
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
    IntegrationNotAvailable,
    IntegrationUnknown,
    RedirectInProgress,
    StorageUnavailable,
    SyncFlowUrlRefused,
    SyncFlowUrlRepeated,
    SyncFlowUrlStale,
    SyncFlowUrlTaken,
    SyncSessionChanged,
    SyncSessionUnknown,
    TillbridgeError,
    TooManyRequests,
)
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.catalogue import Curation
from domain.model.connector import Connector, Side, SyncRoute
from domain.model.integration import Availability
from domain.model.sync_flow_url import LIFETIME
from domain.model.sync_session import Happening, SyncSession, SyncSessionStatus
from domain.use_cases.start_redirect import Handoff
from tests import strategies
from tests.domain.use_cases.product import PUBLIC_URL, Product, happenings
from tests.domain.world import BACKEND, FakeWorld, a_merchant
from tests.fakes.clock import FakeClock
from tests.fakes.sessions import FakeSessionStore


pytestmark = pytest.mark.anyio

XERO = PlatformKey("gbol")
FAILURES: list[CodatError] = [
    CodatUnavailable(),
    CodatRateLimited(),
    CodatKeyRefused(),
    CodatLimitReached(),
    CodatTimedOut(),
    CodatAnswerInvalid(reason="it is not JSON"),
]


def starts(product: Product) -> int:
    return product.world.codat.calls["start_sync_flow"]


async def test_a_redirect_carries_a_url_that_codat_minted_for_it(product: Product) -> None:
    session = await product.opened()
    before = product.world.clock.now()

    handoff = await product.start_redirect(session.id, a_merchant())

    assert 1 == starts(product)
    assert before + LIFETIME == handoff.expires_at
    assert product.world.codat.minted[0] == handoff.url.take(product.world.clock.monotonic())
    with pytest.raises(SyncFlowUrlTaken):
        handoff.url.take(product.world.clock.monotonic())


async def test_codat_is_asked_for_the_merchant_by_the_connectors_route(product: Product) -> None:
    session = await product.opened()

    await product.redirected(session)

    route = SyncRoute(commerce_key=PlatformKey("lqai"), accounting_key=XERO)
    expected = (route, "m-1", f"{PUBLIC_URL}/connect/return/{session.id}")
    assert [expected] == product.world.codat.started


async def test_an_accounting_package_stands_on_the_other_side_of_the_route() -> None:
    product = Product(connector=Connector(key=PlatformKey("dfxm"), side=Side.ACCOUNTING))
    session = await product.opened(key="fztf")

    await product.redirected(session)

    expected = SyncRoute(commerce_key=PlatformKey("fztf"), accounting_key=PlatformKey("dfxm"))
    assert expected == product.world.codat.started[0][0]


async def test_every_redirect_costs_one_call_and_gets_another_url(product: Product) -> None:
    session = await product.opened()

    urls = [await product.redirected(session) for _ in range(5)]

    assert 5 == len(set(urls)) == starts(product)
    stored = await product.stored(session)
    assert 5 == len(stored.redirects)
    assert SyncSessionStatus.REDIRECTED is stored.status


async def test_the_attempt_is_recorded_before_codat_is_asked_and_its_end_before_the_hand_off(
    product: Product,
) -> None:
    session = await product.opened()
    seen_by_codat: list[SyncSession] = []

    async def look() -> None:
        seen_by_codat.append(await product.stored(session))

    product.world.codat.interruptions["start_sync_flow"] = look

    handoff = await product.start_redirect(session.id, BACKEND)

    assert [SyncSessionStatus.STARTING] == [seen.status for seen in seen_by_codat]
    stored = await product.stored(session)
    assert handoff.session == stored
    expected = [Happening.OPENED, Happening.REDIRECT_STARTED, Happening.REDIRECTED]
    assert expected == happenings(stored)
    assert handoff.url.fingerprint == stored.timeline[-1].fingerprint


async def test_the_timeline_names_who_asked(product: Product) -> None:
    session = await product.opened()

    await product.redirected(session, a_merchant())

    entries = (await product.stored(session)).timeline
    assert ["backend-1", "merchant", "merchant"] == [entry.actor for entry in entries]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_whatever_codat_does_the_session_can_be_started_again(
    product: Product, failure: CodatError
) -> None:
    session = await product.opened()
    product.world.codat.fail_next("start_sync_flow", failure)

    with pytest.raises(type(failure)) as raised:
        await product.start_redirect(session.id, BACKEND)

    assert failure is raised.value
    assert 1 == starts(product)
    stored = await product.stored(session)
    assert (SyncSessionStatus.OPEN, ()) == (stored.status, stored.redirects)
    what, detail = stored.timeline[-1].what, stored.timeline[-1].detail
    unknown = isinstance(failure, CodatTimedOut)
    expected = Happening.REDIRECT_UNKNOWN if unknown else Happening.REDIRECT_FAILED
    assert (expected, type(failure).__name__) == (what, detail)
    assert await product.redirected(session)


async def test_what_codat_no_longer_knows_is_an_unknown_integration(product: Product) -> None:
    session = await product.opened()
    product.world.codat.fail_next("start_sync_flow", CodatNotFound())

    with pytest.raises(IntegrationUnknown):
        await product.start_redirect(session.id, BACKEND)

    stored = await product.stored(session)
    assert Happening.REDIRECT_FAILED is stored.timeline[-1].what
    assert "IntegrationUnknown" == stored.timeline[-1].detail
    assert await product.redirected(session)


async def test_someone_elses_session_looks_like_none(product: Product) -> None:
    session = await product.opened("m-1")
    nobody = SyncSessionId("ss_none")

    with pytest.raises(SyncSessionUnknown) as others:
        await product.start_redirect(session.id, a_merchant("m-2"))
    with pytest.raises(SyncSessionUnknown) as none:
        await product.start_redirect(nobody, a_merchant("m-2"))

    assert str(none.value) == str(others.value)
    assert 0 == starts(product)
    assert [Happening.OPENED] == happenings(await product.stored(session))


def kept(world: FakeWorld, key: str, merchant: str = "m-1") -> SyncSession:
    """A sync session that is there, however it got there."""
    session = SyncSession.open(
        world.ids.sync_session(),
        MerchantIdentifier(merchant),
        PlatformKey(key),
        now=world.clock.now(),
        actor="merchant",
    )
    world.sessions.sessions[session.id] = session
    return session


@pytest.mark.parametrize("key", ["lqai", "fztf", "akxx", "zzzz", "LQAI", "pdvj"])
async def test_what_is_not_on_offer_is_refused_before_codat_is_asked(
    product: Product, key: str
) -> None:
    session = kept(product.world, key)

    with pytest.raises(IntegrationUnknown):
        await product.start_redirect(session.id, BACKEND)

    assert 0 == starts(product)
    assert session == await product.stored(session)


@pytest.mark.parametrize("mark", [Availability.COMING_SOON, Availability.DISABLED])
async def test_what_is_only_on_show_is_refused_before_codat_is_asked(mark: Availability) -> None:
    product = Product(curation=Curation(None, {XERO: mark}))
    session = kept(product.world, "gbol")

    with pytest.raises(IntegrationNotAvailable):
        await product.start_redirect(session.id, BACKEND)

    assert 0 == starts(product)


async def test_what_the_platform_does_not_let_a_merchant_see_is_refused(product: Product) -> None:
    session = await product.opened()

    with pytest.raises(IntegrationUnknown):
        await product.start_redirect(session.id, a_merchant(integrations=("qhyg", "lqai")))

    assert 0 == starts(product)


@given(connector=strategies.connectors, key=strategies.platform_keys)
async def test_the_connector_is_never_started_whatever_is_kept(
    connector: Connector, key: PlatformKey
) -> None:
    product = Product(connector=connector)
    session = kept(product.world, key)

    try:
        await product.start_redirect(session.id, BACKEND)
    except (ChoiceRefused, CodatError):
        return

    (route, _, _) = product.world.codat.started[0]
    ends = {Side.COMMERCE: route.commerce_key, Side.ACCOUNTING: route.accounting_key}
    assert connector.key == ends[connector.side]
    assert key == ends[connector.side.other] != connector.key


async def test_a_merchant_that_asks_too_much_is_turned_away_before_codat_is_asked(
    product: Product,
) -> None:
    session = await product.opened()
    product.world.turns.crowded.add(MerchantIdentifier("m-1"))

    with pytest.raises(TooManyRequests):
        await product.start_redirect(session.id, BACKEND)

    assert 0 == starts(product)
    assert [Happening.OPENED] == happenings(await product.stored(session))


async def test_a_url_that_was_handed_over_before_is_refused(product: Product) -> None:
    session, other = await product.opened("m-1"), await product.opened("m-2")
    await product.redirected(session)
    product.world.codat.repeat_last_url()

    with pytest.raises(SyncFlowUrlRepeated):
        await product.start_redirect(other.id, BACKEND)

    stored = await product.stored(other)
    assert (SyncSessionStatus.OPEN, ()) == (stored.status, stored.redirects)
    assert Happening.REDIRECT_FAILED is stored.timeline[-1].what
    assert "SyncFlowUrlRepeated" == stored.timeline[-1].detail
    assert await product.redirected(other) not in product.world.codat.minted[:1]


@attrs.define
class SlowStore(FakeSessionStore):
    """Takes *seconds* for every write of a hand-off."""

    clock: FakeClock = attrs.field(factory=FakeClock, kw_only=True)
    seconds: float = attrs.field(default=0.0, kw_only=True)

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        await super().save(before, after)
        if after.timeline[-1].what is Happening.REDIRECTED:
            self.clock.advance(self.seconds)


def slow_product(seconds: float) -> Product:
    clock = FakeClock()
    return Product(world=FakeWorld(clock=clock, sessions=SlowStore(clock=clock, seconds=seconds)))


async def test_a_url_that_took_too_long_to_record_is_not_handed_out() -> None:
    product = slow_product(5.1)
    session = await product.opened()

    with pytest.raises(SyncFlowUrlStale):
        await product.start_redirect(session.id, BACKEND)

    stored = await product.stored(session)
    assert (SyncSessionStatus.OPEN, ()) == (stored.status, stored.redirects)
    assert [Happening.REDIRECTED, Happening.REDIRECT_UNDELIVERED] == happenings(stored)[-2:]
    assert "SyncFlowUrlStale" == stored.timeline[-1].detail


async def test_a_url_that_was_recorded_just_in_time_is_handed_out_at_once_or_never() -> None:
    product = slow_product(4.9)
    session = await product.opened()
    handoff = await product.start_redirect(session.id, BACKEND)

    product.world.clock.advance(0.2)

    with pytest.raises(SyncFlowUrlStale):
        handoff.url.take(product.world.clock.monotonic())


async def test_a_wall_clock_that_jumps_does_not_make_a_url_stale(product: Product) -> None:
    session = await product.opened()
    handoff = await product.start_redirect(session.id, BACKEND)

    product.world.clock.set_back(3600)

    assert handoff.url.take(product.world.clock.monotonic())


@pytest.mark.parametrize(
    ("writes", "calls", "status"),
    [
        (0, 0, SyncSessionStatus.OPEN),
        (1, 1, SyncSessionStatus.STARTING),
    ],
    ids=["before Codat is asked", "after Codat answered"],
)
async def test_where_nothing_can_be_recorded_nothing_is_handed_out(
    product: Product, writes: int, calls: int, status: SyncSessionStatus
) -> None:
    session = await product.opened()
    product.world.sessions.writes_left = writes

    with pytest.raises(StorageUnavailable):
        await product.start_redirect(session.id, BACKEND)

    assert calls == starts(product)
    assert status is (await product.stored(session)).status
    product.world.sessions.writes_left = None
    product.world.clock.advance(10)
    assert await product.redirected(session) == product.world.codat.minted[-1]


async def test_where_a_failure_cannot_be_recorded_the_session_is_free_after_ten_seconds(
    product: Product,
) -> None:
    session = await product.opened()
    product.world.sessions.writes_left = 1
    product.world.codat.fail_next("start_sync_flow", CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await product.start_redirect(session.id, BACKEND)

    product.world.sessions.writes_left = None
    with pytest.raises(RedirectInProgress):
        await product.start_redirect(session.id, BACKEND)
    product.world.clock.advance(10)
    assert await product.redirected(session)
    stored = await product.stored(session)
    assert Happening.REDIRECT_UNKNOWN in happenings(stored)


@pytest.mark.parametrize("trouble", [asyncio.CancelledError, RuntimeError, KeyboardInterrupt])
async def test_whatever_cuts_a_start_off_the_session_is_free_at_once(
    product: Product, trouble: type[BaseException]
) -> None:
    session = await product.opened()

    async def cut_off() -> None:
        product.world.codat.interruptions.clear()
        raise trouble

    product.world.codat.interruptions["start_sync_flow"] = cut_off
    with pytest.raises(trouble):
        await product.start_redirect(session.id, BACKEND)

    stored = await product.stored(session)
    assert (Happening.REDIRECT_UNKNOWN, trouble.__name__) == (
        stored.timeline[-1].what,
        stored.timeline[-1].detail,
    )
    assert await product.redirected(session)


async def test_a_hand_off_that_cannot_be_recorded_leaves_the_session_free(
    product: Product,
) -> None:
    session = await product.opened()
    store = product.world.sessions

    async def no_disk() -> None:
        store.writes_left = 0

    product.world.codat.interruptions["start_sync_flow"] = no_disk
    with pytest.raises(StorageUnavailable):
        await product.start_redirect(session.id, BACKEND)
    store.writes_left = None
    product.world.codat.interruptions.clear()
    product.world.clock.advance(10)

    assert 0 == len((await product.stored(session)).redirects)
    assert await product.redirected(session)


async def test_while_nothing_can_be_recorded_an_attempt_that_ended_locks_nobody_out(
    product: Product,
) -> None:
    start, session = product.start_redirect, await product.opened()
    store = product.world.sessions

    async def no_disk() -> None:
        store.writes_left = 0

    product.world.codat.interruptions["start_sync_flow"] = no_disk
    with pytest.raises(StorageUnavailable):
        await start(session.id, BACKEND)
    store.writes_left = None
    product.world.codat.interruptions.clear()

    handoff = await start(session.id, BACKEND)

    # Codat was asked, and what it minted was given to nobody.
    unknown = handoff.session.timeline[2]
    assert (Happening.REDIRECT_UNKNOWN, "StorageUnavailable") == (unknown.what, unknown.detail)
    assert 1 == len(handoff.session.redirects)


@attrs.define
class SlowDisk(FakeSessionStore):
    """Says of the write of this number that it failed, though it is done in the end."""

    slow: int = -1

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        await super().save(before, after)
        self.slow -= 1
        if self.slow == 0:
            raise StorageUnavailable("the disk takes too long")


@pytest.mark.parametrize(
    ("slow", "end", "minted"),
    [(1, Happening.REDIRECT_FAILED, 1), (2, Happening.REDIRECT_UNDELIVERED, 2)],
    ids=["the beginning", "the hand-off"],
)
async def test_what_was_recorded_though_nobody_was_told_is_put_right_by_the_next_start(
    slow: int, end: Happening, minted: int
) -> None:
    disk = SlowDisk()
    product = Product(world=FakeWorld(sessions=disk))
    start, session = product.start_redirect, await product.opened()
    disk.slow = slow
    with pytest.raises(StorageUnavailable):
        await start(session.id, BACKEND)

    handoff = await start(session.id, BACKEND)

    assert end in happenings(handoff.session)
    assert 1 == len(handoff.session.redirects)
    assert minted == starts(product)


async def test_a_hand_off_that_did_not_take_place_is_recorded_as_such(product: Product) -> None:
    start, session = product.start_redirect, await product.opened()
    handoff = await start(session.id, BACKEND)

    await start.undelivered(handoff, "ClientGone", BACKEND)

    stored = await product.stored(session)
    last = stored.timeline[-1]
    assert (Happening.REDIRECT_UNDELIVERED, "ClientGone") == (last.what, last.detail)
    assert (SyncSessionStatus.OPEN, ()) == (stored.status, stored.redirects)


async def test_a_hand_off_that_did_not_take_place_is_recorded_later_where_it_cannot_be_now(
    product: Product,
) -> None:
    start, session = product.start_redirect, await product.opened()
    handoff = await start(session.id, BACKEND)
    product.world.sessions.writes_left = 0
    with pytest.raises(StorageUnavailable):
        await start.undelivered(handoff, "ClientGone", BACKEND)
    product.world.sessions.writes_left = None

    again = await start(session.id, BACKEND)

    assert Happening.REDIRECT_UNDELIVERED in happenings(again.session)
    assert 1 == len(again.session.redirects)


async def test_where_nothing_can_be_read_nothing_is_started(product: Product) -> None:
    session = await product.opened()
    product.world.sessions.storage_fails = True

    with pytest.raises(StorageUnavailable):
        await product.start_redirect(session.id, BACKEND)

    assert 0 == starts(product)


async def test_a_redirect_that_is_overtaken_while_codat_dawdles_hands_nothing_out(
    product: Product,
) -> None:
    session = await product.opened()
    replica = attrs.evolve(product.start_redirect, turns=FakeWorld().turns)
    overtaking: list[Handoff] = []

    async def dawdle() -> None:
        product.world.codat.interruptions.clear()
        product.world.clock.advance(11)
        overtaking.append(await replica(session.id, BACKEND))

    product.world.codat.interruptions["start_sync_flow"] = dawdle

    with pytest.raises(SyncSessionChanged):
        await product.start_redirect(session.id, BACKEND)

    stored = await product.stored(session)
    assert [stored] == [handoff.session for handoff in overtaking]
    assert 1 == len(stored.redirects)


async def test_a_replica_is_refused_while_another_prepares_a_redirect(product: Product) -> None:
    session = await product.opened()
    replica = attrs.evolve(product.start_redirect, turns=FakeWorld().turns)
    refused: list[RedirectInProgress] = []

    async def meddle() -> None:
        with pytest.raises(RedirectInProgress) as raised:
            await replica(session.id, BACKEND)
        refused.append(raised.value)

    product.world.codat.interruptions["start_sync_flow"] = meddle

    assert await product.redirected(session)
    assert [dt.timedelta(seconds=10)] == [refusal.retry_after for refusal in refused]
    assert 1 == starts(product)


async def test_a_start_that_is_cut_off_hands_nothing_out_and_frees_the_session(
    product: Product,
) -> None:
    session, asked = await product.opened(), asyncio.Event()

    async def hang() -> None:
        asked.set()
        await asyncio.Event().wait()

    product.world.codat.interruptions["start_sync_flow"] = hang
    start = asyncio.create_task(product.start_redirect(session.id, BACKEND))
    await asked.wait()
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start

    product.world.codat.interruptions.clear()
    product.world.clock.advance(10)
    assert await product.redirected(session)
    assert 1 == len((await product.stored(session)).redirects)


@pytest.mark.parametrize("merchants", [1, 8, 64])
async def test_of_64_concurrent_starts_none_gets_the_url_of_another(
    product: Product, merchants: int
) -> None:
    sessions = [await product.opened(f"m-{number % merchants}") for number in range(64)]
    flying: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def count() -> None:
        merchant = product.world.turns.taken[-1]
        flying[merchant] += 1
        most[merchant] = max(most[merchant], flying[merchant])
        await asyncio.sleep(0)
        flying[merchant] -= 1

    product.world.codat.interruptions["start_sync_flow"] = count

    urls = await asyncio.gather(*(product.redirected(session) for session in sessions))

    assert 64 == len(set(urls)) == starts(product)
    assert set(urls) == set(product.world.codat.minted)
    if merchants == 1:
        assert {1} == set(most.values())


@attrs.define
class OvertakenStore(FakeSessionStore):
    """Lets *overtake* happen once, right after the first sync session was loaded."""

    overtake: Callable[[], Awaitable[object]] | None = None
    loaded: int = 0

    async def get(self, session: SyncSessionId) -> SyncSession:
        found = await super().get(session)
        self.loaded += 1
        overtake, self.overtake = self.overtake, None
        if overtake is not None:
            await overtake()
        return found


async def test_a_redirect_that_nobody_interferes_with_loads_its_session_once() -> None:
    store = OvertakenStore()
    product = Product(world=FakeWorld(sessions=store))
    session = await product.opened()

    await product.start_redirect(session.id, BACKEND)

    assert 1 == store.loaded


async def test_a_session_that_others_redirected_meanwhile_is_loaded_anew() -> None:
    store = OvertakenStore()
    product = Product(world=FakeWorld(sessions=store))
    session = await product.opened()
    store.overtake = lambda: product.redirected(session)

    url = await product.redirected(session)

    assert 2 == len({url, *product.world.codat.minted})
    assert 2 == len((await product.stored(session)).redirects)


async def test_a_redirect_that_ended_meanwhile_is_not_taken_to_be_in_progress() -> None:
    store = OvertakenStore()
    product = Product(world=FakeWorld(sessions=store))
    session = await product.opened()
    begun = session.begin_redirect(
        product.world.ids.redirect(), now=product.world.clock.now(), actor="merchant"
    )
    ended = begun.redirect_failed("Test", now=product.world.clock.now(), actor="merchant")
    await store.save(session, begun)
    store.overtake = lambda: store.save(begun, ended)

    await product.redirected(session)

    assert 1 == starts(product)


async def test_who_is_overtaken_twice_at_the_same_moment_is_refused() -> None:
    store = OvertakenStore()
    product = Product(world=FakeWorld(sessions=store))
    session = await product.opened()

    async def redirect_elsewhere() -> None:
        replica = attrs.evolve(product.start_redirect, turns=FakeWorld().turns)
        await replica(session.id, BACKEND)

    async def overtake_again() -> None:
        await redirect_elsewhere()
        store.overtake = redirect_elsewhere

    store.overtake = overtake_again

    with pytest.raises(SyncSessionChanged):
        await product.start_redirect(session.id, BACKEND)

    assert 2 == starts(product) == len((await product.stored(session)).redirects)


async def test_of_64_concurrent_starts_of_one_session_each_gets_its_own_url(
    product: Product,
) -> None:
    session = await product.opened()

    urls = await asyncio.gather(*(product.redirected(session) for _ in range(64)))

    assert 64 == len(set(urls))
    assert 64 == len((await product.stored(session)).redirects)


EVENTS = st.lists(
    st.sampled_from([None, *FAILURES, "repeat", "full disk"]) | st.floats(-100, 100), max_size=12
)


@given(EVENTS)
async def test_whatever_happens_no_url_is_handed_out_twice_and_every_hand_off_is_recorded(
    events: list[CodatError | str | float | None],
) -> None:
    product = Product()
    session = await product.opened()
    delivered: list[str] = []

    for event in events:
        if isinstance(event, float):
            if event < 0:
                product.world.clock.set_back(-event)
            else:
                product.world.clock.advance(event)
        if isinstance(event, CodatError):
            product.world.codat.fail_next("start_sync_flow", event)
        if event == "repeat":
            product.world.codat.repeat_last_url()
        product.world.sessions.writes_left = 1 if event == "full disk" else None
        try:
            delivered.append(await product.redirected(session))
        except (CodatError, StorageUnavailable, RedirectInProgress, SyncFlowUrlRefused):
            continue
        finally:
            product.world.sessions.writes_left = None

    assert len(delivered) == len(set(delivered))
    stored = await product.stored(session)
    assert len(delivered) == len(stored.redirects)
    product.world.codat.recover()
    product.world.clock.advance(200)
    product.world.codat.interruptions.clear()
    try:
        again = await product.redirected(session)
    except SyncFlowUrlRepeated:
        again = await product.redirected(session)
    assert again not in delivered


@pytest.mark.parametrize("failure", [*FAILURES, SyncFlowUrlStale()], ids=repr)
async def test_nothing_that_is_kept_or_raised_shows_a_url(
    failure: TillbridgeError,
) -> None:
    product = slow_product(6 if isinstance(failure, SyncFlowUrlStale) else 0)
    session = await product.opened()
    if isinstance(failure, CodatError):
        product.world.codat.fail_next("start_sync_flow", failure)

    with pytest.raises(type(failure)) as raised:
        await product.start_redirect(session.id, BACKEND)

    shown = f"{raised.value!r} {raised.value} {product.world.sessions!r}"
    assert "CANARY" not in shown

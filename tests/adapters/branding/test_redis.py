"""What several replicas load, who share one Redis; and what a key is worth that is not ours."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import attrs
import pytest

from adapters.branding.pictures import ReadThroughPictureCache
from adapters.branding.read_through import ReadThroughBrandingCache
from adapters.branding.redis import RedisShelf
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from domain.errors import CodatUnavailable, StorageUnavailable
from domain.model.picture import PictureKind
from domain.ports.picture_cache import PicturePlace
from tests.adapters.branding.upstream import QUICKBOOKS, XERO, Upstream, branding, until
from tests.fakes.clock import START, FakeClock
from tests.fakes.pictures import FakePictureSource
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

KEY = "tillbridge:copy:branding of gbol"
LEASE = "tillbridge:load:branding of gbol"
STALE = 15 * 60


@attrs.frozen
class Replica:
    """One process: its own connection, its own memory."""

    server: RedisServer
    cache: ReadThroughBrandingCache
    pictures: ReadThroughPictureCache


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def replicas(valkey: Valkey, clock: FakeClock) -> AsyncGenerator[list[Replica]]:
    url = valkey.fresh()
    async with AsyncExitStack() as stack:
        yield [await a_replica(stack, url, clock) for _ in range(3)]


async def a_replica(stack: AsyncExitStack, url: str, clock: FakeClock) -> Replica:
    server = await stack.enter_async_context(RedisServer.at(url, budget=PATIENT))
    shelf, leases = RedisShelf(server), RedisLeases(server, "load")
    cache = ReadThroughBrandingCache(shelf=shelf, clock=clock, leases=leases)
    pictures = ReadThroughPictureCache(shelf=shelf, clock=clock, leases=leases)
    await stack.enter_async_context(cache)
    await stack.enter_async_context(pictures)
    return Replica(server, cache, pictures)


async def test_a_thousand_who_ask_three_replicas_at_once_cost_one_call_each(
    replicas: list[Replica],
) -> None:
    codat = Upstream()

    async def page_view(replica: Replica) -> int:
        integrations = await replica.cache.integrations(codat.integrations)
        keys = [integration.key for integration in integrations.value]
        return len(await replica.cache.brandings(keys, codat.branding))

    shown = await asyncio.gather(*(page_view(replicas[n % 3]) for n in range(1000)))

    assert {2: 1000} == Counter(shown)
    assert {"integrations": 1, XERO: 1, QUICKBOOKS: 1} == codat.calls
    assert [0, 0, 0] == [replica.server.outages for replica in replicas]


async def test_a_picture_is_loaded_once_for_all_replicas(replicas: list[Replica]) -> None:
    source = FakePictureSource()
    place = PicturePlace(key=XERO, kind=PictureKind.LOGO, src="https://static.codat.io/xero.png")

    shown = await asyncio.gather(*(r.pictures.picture(place, source.fetch) for r in replicas))

    assert 1 == len(set(shown))
    assert {place.src: 1} == source.fetched


async def test_what_is_stale_is_renewed_by_one_replica_and_taken_over_by_the_others(
    replicas: list[Replica], clock: FakeClock
) -> None:
    codat = Upstream()
    for window in range(1, 4):
        codat.version = window
        for _ in range(2):
            await asyncio.gather(*(r.cache.brandings([XERO], codat.branding) for r in replicas))
        await codat.noticed({XERO: window})
        await until(lambda: all(not replica_is_loading(replica) for replica in replicas))

        seen = [await replica.cache.peek(XERO) for replica in replicas]
        assert [branding(window)] * 3 == [dated.value for dated in seen if dated is not None]
        clock.advance(STALE)

    assert {XERO: 3} == codat.calls


def replica_is_loading(replica: Replica) -> bool:
    """Whether something goes on in the background."""
    copies = replica.cache._brandings.values()  # noqa: SLF001 - nothing else tells
    return any(copy.running for copy in copies)


async def test_a_replica_that_died_holds_the_others_up_for_as_long_as_its_lease(
    replicas: list[Replica],
) -> None:
    codat = Upstream()
    await replicas[0].server.ask("SET", LEASE, "of one that is no more", "PX", 30)

    found = await asyncio.gather(*(r.cache.brandings([XERO], codat.branding) for r in replicas))

    assert [{XERO}] * 3 == [each.keys() for each in found]
    assert {XERO: 1} == codat.calls


async def test_a_lease_that_never_ends_is_waited_for_in_vain_but_not_for_ever(
    replicas: list[Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.branding.copy_of_one.LOOKS", 2)
    codat = Upstream()
    await replicas[0].server.ask("SET", LEASE, "of one that never ends")

    found = await replicas[0].cache.brandings([XERO], codat.branding)

    assert {XERO} == found.keys()
    assert b"of one that never ends" == await replicas[0].server.ask("GET", LEASE)


async def test_when_the_load_of_one_replica_fails_another_tries(replicas: list[Replica]) -> None:
    codat = Upstream(error=CodatUnavailable())
    codat.may_answer.clear()
    one, other = (
        asyncio.create_task(r.cache.integrations(codat.integrations)) for r in replicas[:2]
    )
    await until(lambda: codat.calls["integrations"] == 1)
    codat.may_answer.set()
    await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
    codat.error = None

    told = await asyncio.gather(one, other, return_exceptions=True)

    assert {"integrations": 2} == codat.calls
    assert 1 == sum(isinstance(answer, CodatUnavailable) for answer in told)


async def test_who_orders_a_refresh_gets_one(replicas: list[Replica]) -> None:
    codat = Upstream()
    await replicas[0].server.ask("SET", LEASE, "somebody's", "PX", 3000)

    assert branding(1) == (await replicas[0].cache.refresh(XERO, codat.branding)).value


@pytest.mark.parametrize(
    "spoil",
    [
        ("SET", KEY, b""),
        ("SET", KEY, b"short"),
        ("SET", KEY, b"\x7f" * 100),
        ("SET", KEY, bytes(100)),
        ("SETRANGE", KEY, 30, b"x"),
        ("SETRANGE", KEY, 2 * 1024 * 1024, b"x"),
        ("COPY", "tillbridge:copy:branding of qhyg", KEY, "REPLACE"),
        ("DEL", KEY),
        ("FLUSHALL",),
    ],
    ids=str,
)
async def test_what_is_not_ours_is_fetched_anew_and_mended(
    valkey: Valkey, clock: FakeClock, spoil: tuple[str | bytes | int, ...]
) -> None:
    url, codat = valkey.fresh(), Upstream()
    async with AsyncExitStack() as stack:
        before = await a_replica(stack, url, clock)
        await before.cache.brandings([XERO, QUICKBOOKS], codat.branding)
        await before.server.ask(*spoil)
        codat.calls.clear()

        for _ in range(2):
            replica = await a_replica(stack, url, clock)
            assert {XERO} == (await replica.cache.brandings([XERO], codat.branding)).keys()

    assert {XERO: 1} == codat.calls


async def test_a_key_of_another_kind_is_overwritten(replicas: list[Replica]) -> None:
    server, codat = replicas[0].server, Upstream()
    await server.ask("RPUSH", KEY, "scribbles")
    with pytest.raises(StorageUnavailable, match="cannot store"):
        await RedisShelf(server).get("branding of gbol")

    for replica in replicas:
        await replica.cache.brandings([XERO], codat.branding)

    assert {XERO: 1} == codat.calls


async def test_nothing_stays_for_ever(replicas: list[Replica]) -> None:
    server, codat, source = replicas[0].server, Upstream(), FakePictureSource()
    place = PicturePlace(key=XERO, kind=PictureKind.LOGO, src="https://static.codat.io/xero.png")
    await replicas[0].cache.integrations(codat.integrations)
    await replicas[0].cache.brandings([XERO], codat.branding)
    await replicas[0].pictures.picture(place, source.fetch)

    keys = await server.ask("KEYS", "*")
    left = [await server.ask("PTTL", key) for key in keys]

    copies = {b"integrations", b"branding of gbol", b"picture logo of gbol"}
    assert {b"tillbridge:copy:" + name for name in copies} | {b"tillbridge:probe"} == set(keys)
    assert all(0 < milliseconds <= 30 * 24 * 3_600_000 for milliseconds in left)


async def test_a_time_that_never_comes_is_damage(replicas: list[Replica]) -> None:
    shelf = RedisShelf(replicas[0].server)
    await replicas[0].server.ask("SET", "tillbridge:copy:a", b"\x7f" + bytes(20))

    with pytest.raises(ValueError, match="nobody stored"):
        await shelf.get("a")


async def test_what_was_put_comes_back_with_its_time(replicas: list[Replica]) -> None:
    fetched_at = START - dt.timedelta(days=60_000, microseconds=1)
    await RedisShelf(replicas[0].server).put("a", b"body", fetched_at)

    kept = await RedisShelf(replicas[1].server).get("a")

    assert kept is not None
    assert (b"body", fetched_at) == (kept.body, kept.fetched_at)


async def test_no_more_is_read_than_could_be_ours(replicas: list[Replica]) -> None:
    await replicas[0].server.ask("SETRANGE", "tillbridge:copy:a", 2 * 1024 * 1024, b"x")

    kept = await RedisShelf(replicas[0].server).get("a")

    assert kept is not None
    assert len(kept.body) <= 1024 * 1024

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BackendOnly, InputRefused, IntegrationUnknown, StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.connector import Connector, Side
from domain.model.interest import Demand, Interest
from domain.use_cases.read_interest import LONGEST_PAGE, ReadInterest
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, FakeWorld, a_merchant
from tests.fakes.clock import START
from tests.strategies import platform_keys


pytestmark = pytest.mark.anyio

SAGE, XERO, FREEAGENT = PlatformKey("tgff"), PlatformKey("gbol"), PlatformKey("fbrh")


async def write(world: FakeWorld, *asked: tuple[str, PlatformKey]) -> None:
    """Have merchants ask, one after the other, whatever is on offer now."""
    for merchant, key in asked:
        identifier = MerchantIdentifier(merchant)
        await world.interests.record(
            Interest(merchant=identifier, platform_key=key, since=world.clock.now())
        )
        world.clock.advance(1)


def demand(key: PlatformKey, name: str, merchants: int) -> Demand:
    return Demand(platform_key=key, name=name, merchants=merchants)


async def test_the_backend_sees_how_many_want_what_the_most_wanted_first(product: Product) -> None:
    await write(product.world, ("m-1", FREEAGENT), ("m-1", XERO), ("m-1", SAGE), ("m-2", SAGE))

    expected = (
        demand(SAGE, "Sage Accounting", 2),
        demand(FREEAGENT, "FreeAgent", 1),
        demand(XERO, "Xero", 1),
    )
    assert expected == await product.read_interest(BACKEND)


async def test_nobody_is_asked_but_the_book(product: Product) -> None:
    await write(product.world, ("m-1", SAGE))

    await product.read_interest(BACKEND)
    await product.read_interest.one("tgff", BACKEND)

    assert {} == dict(product.world.codat.calls)


async def test_the_backend_sees_who_asked_for_one_the_earliest_first(product: Product) -> None:
    await write(product.world, ("b", SAGE), ("a", SAGE), ("c", XERO))

    found = await product.read_interest.one("tgff", BACKEND)

    assert demand(SAGE, "Sage Accounting", 2) == found.demand
    assert ["b", "a"] == [interest.merchant for interest in found.asked]
    assert START == found.asked[0].since
    assert found.more is None


async def test_what_nobody_asked_for_is_told_as_such(product: Product) -> None:
    found = await product.read_interest.one("gbol", BACKEND)

    assert (demand(XERO, "Xero", 0), (), None) == (found.demand, found.asked, found.more)
    assert () == await product.read_interest(BACKEND)


@pytest.mark.parametrize(("limit", "size"), [(1, 1), (3, 3), (0, 1), (-5, 1)])
async def test_pages_lead_to_everybody_once(product: Product, limit: int, size: int) -> None:
    everybody = [f"m-{number}" for number in range(7)]
    await write(product.world, *((merchant, SAGE) for merchant in everybody))

    pages: list[list[str]] = []
    after: MerchantIdentifier | None = None
    while not pages or after is not None:
        found = await product.read_interest.one("tgff", BACKEND, after=after, limit=limit)
        pages.append([interest.merchant for interest in found.asked])
        after = found.more
        assert 7 == found.demand.merchants

    assert everybody == [merchant for page in pages for merchant in page]
    assert {size} == {len(page) for page in pages[:-1]}


async def test_a_page_that_is_just_full_is_the_last_one(product: Product) -> None:
    await write(product.world, ("m-1", SAGE), ("m-2", SAGE))

    assert (await product.read_interest.one("tgff", BACKEND, limit=2)).more is None


async def test_no_page_is_longer_than_the_longest(product: Product) -> None:
    merchants = [f"m-{number}" for number in range(LONGEST_PAGE + 1)]
    await write(product.world, *((merchant, SAGE) for merchant in merchants))

    found = await product.read_interest.one("tgff", BACKEND, limit=10**9)

    assert LONGEST_PAGE == len(found.asked)
    assert merchants[-2] == found.more


async def test_a_merchant_is_told_of_nobody(product: Product) -> None:
    await write(product.world, ("m-1", SAGE))

    for asking in (
        product.read_interest(a_merchant("m-1")),
        product.read_interest.one("tgff", a_merchant("m-1")),
        product.read_interest.one("none", a_merchant("m-1")),
    ):
        with pytest.raises(BackendOnly):
            await asking


async def test_a_merchant_is_told_what_it_asked_for_itself(product: Product) -> None:
    await write(product.world, ("m-1", SAGE), ("m-1", XERO), ("m-2", FREEAGENT))

    assert {SAGE, XERO} == await product.read_interest.of(a_merchant("m-1"))
    assert frozenset() == await product.read_interest.of(a_merchant("m-3"))


@pytest.mark.parametrize("key", ["zzzz", "lqai", "LQAI", "fztf", "akxx"])
async def test_what_can_never_be_on_offer_is_unknown(product: Product, key: str) -> None:
    await write(product.world, ("m-1", PlatformKey(key)))

    with pytest.raises(IntegrationUnknown):
        await product.read_interest.one(key, BACKEND)
    assert () == await product.read_interest(BACKEND)


async def test_what_is_no_key_is_refused(product: Product) -> None:
    with pytest.raises(InputRefused):
        await product.read_interest.one("sage accounting", BACKEND)


@given(key=platform_keys, side=st.sampled_from(Side))
async def test_the_connector_is_never_told_of_whatever_is_written(
    key: PlatformKey, side: Side
) -> None:
    product = Product(connector=Connector(key=key, side=side))
    await write(product.world, ("m-1", key), ("m-1", SAGE), ("m-1", PlatformKey("fztf")))

    assert key not in {told.platform_key for told in await product.read_interest(BACKEND)}
    with pytest.raises(IntegrationUnknown):
        await product.read_interest.one(key, BACKEND)


@given(asked=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([SAGE, XERO]))))
async def test_the_counts_are_those_of_a_set(asked: list[tuple[str, PlatformKey]]) -> None:
    product = Product()
    await write(product.world, *asked)

    told = {d.platform_key: d.merchants for d in await product.read_interest(BACKEND)}

    sizes = {key: len({m for m, k in asked if k == key}) for key in (SAGE, XERO)}
    assert {key: size for key, size in sizes.items() if size} == told


async def test_where_the_book_cannot_be_read_that_is_told(product: Product) -> None:
    read: ReadInterest = product.read_interest
    product.world.interests.storage_fails = True
    ways: list[Callable[[], Awaitable[object]]] = [
        lambda: read(BACKEND),
        lambda: read.one("tgff", BACKEND),
        lambda: read.of(a_merchant()),
    ]

    for way in ways:
        with pytest.raises(StorageUnavailable):
            await way()

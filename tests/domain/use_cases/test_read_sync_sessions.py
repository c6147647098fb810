import pytest

from domain.ids import MerchantIdentifier
from domain.ports.session_store import SessionQuery
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant


pytestmark = pytest.mark.anyio


async def test_the_backend_sees_everyones_newest_first(product: Product) -> None:
    opened = [await product.opened(merchant) for merchant in ("m-1", "m-2", "m-1")]

    found = await product.read_sync_sessions(SessionQuery(), BACKEND)

    assert tuple(reversed(opened)) == found


async def test_the_backend_may_ask_for_one_merchant(product: Product) -> None:
    await product.opened("m-2")
    mine = await product.opened("m-1")

    query = SessionQuery(merchant=MerchantIdentifier("m-1"))

    assert (mine,) == await product.read_sync_sessions(query, BACKEND)


@pytest.mark.parametrize("asked", [None, "m-1", "m-2"])
async def test_a_merchant_sees_its_own_whatever_it_asks_for(
    product: Product, asked: str | None
) -> None:
    await product.opened("m-2")
    mine = await product.opened("m-1")

    query = SessionQuery(merchant=MerchantIdentifier(asked) if asked else None)

    assert (mine,) == await product.read_sync_sessions(query, a_merchant("m-1"))

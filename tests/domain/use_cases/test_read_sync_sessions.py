import pytest

from domain.errors import SyncSessionUnknown
from domain.ids import MerchantIdentifier, SyncSessionId
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


async def test_one_session_is_its_merchants_and_the_backends_to_see(product: Product) -> None:
    session = await product.opened("m-1")

    assert session == await product.read_sync_sessions.one(session.id, BACKEND)
    assert session == await product.read_sync_sessions.one(session.id, a_merchant("m-1"))


async def test_someone_elses_session_looks_like_none(product: Product) -> None:
    session = await product.opened("m-1")

    for session_id in (session.id, SyncSessionId("ss_none")):
        with pytest.raises(SyncSessionUnknown) as refused:
            await product.read_sync_sessions.one(session_id, a_merchant("m-2"))
        assert (session_id,) == refused.value.args

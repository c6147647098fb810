import asyncio

import pytest

from domain.errors import (
    CodatUnavailable,
    InputRefused,
    IntegrationNotAvailable,
    IntegrationUnknown,
    StorageUnavailable,
)
from domain.model.sync_session import SyncSessionStatus
from domain.ports.session_store import SessionQuery
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant


pytestmark = pytest.mark.anyio


async def test_the_backend_opens_a_session_for_a_merchant(product: Product) -> None:
    session = await product.open_sync_session("gbol", BACKEND, "m-1")

    assert ("m-1", "gbol") == (session.merchant, session.platform_key)
    assert SyncSessionStatus.OPEN is session.status
    assert "backend-1" == session.timeline[0].actor
    assert session == await product.stored(session)


async def test_a_merchant_opens_a_session_for_itself(product: Product) -> None:
    session = await product.open_sync_session("gbol", a_merchant("m-2"))

    assert "m-2" == session.merchant
    assert "merchant" == session.timeline[0].actor


async def test_opening_asks_codat_to_start_nothing(product: Product) -> None:
    await product.open_sync_session("gbol", a_merchant())

    assert {"integrations": 1} == dict(product.world.codat.calls)


@pytest.mark.parametrize("merchant", ["m-1", "m-2"])
async def test_a_merchant_speaks_for_itself_only(product: Product, merchant: str) -> None:
    with pytest.raises(InputRefused) as refused:
        await product.open_sync_session("gbol", a_merchant("m-1"), merchant)

    assert "merchantIdentifier" == refused.value.field
    assert [] == product.world.sessions.history


@pytest.mark.parametrize("merchant", [None, "", "m 1", 7])
async def test_the_backend_has_to_name_a_merchant(product: Product, merchant: object) -> None:
    with pytest.raises(InputRefused) as refused:
        await product.open_sync_session("gbol", BACKEND, merchant)

    assert "merchantIdentifier" == refused.value.field


@pytest.mark.parametrize("key", ["lqai", "zzzz", "fztf", "pdvj", "akxx"])
async def test_what_is_not_on_offer_is_refused(product: Product, key: str) -> None:
    for attempt in (product.open_sync_session, product.open_sync_session.or_resume):
        with pytest.raises(IntegrationUnknown):
            await attempt(key, a_merchant())

    assert [] == product.world.sessions.history


@pytest.mark.parametrize("key", ["xero!", "gbolx", "", None, 7, ["gbol"]], ids=repr)
async def test_what_is_no_key_is_refused(product: Product, key: object) -> None:
    for attempt in (product.open_sync_session, product.open_sync_session.or_resume):
        with pytest.raises(InputRefused) as refused:
            await attempt(key, a_merchant())
        assert "platformKey" == refused.value.field


async def test_what_is_coming_soon_is_refused(product: Product) -> None:
    with pytest.raises(IntegrationNotAvailable):
        await product.open_sync_session("tgff", a_merchant())


async def test_what_the_platform_does_not_let_a_merchant_see_is_refused(product: Product) -> None:
    with pytest.raises(IntegrationUnknown):
        await product.open_sync_session("gbol", a_merchant(integrations=("qhyg",)))


async def test_where_it_cannot_be_kept_nothing_is_opened(product: Product) -> None:
    product.world.sessions.writes_left = 0

    with pytest.raises(StorageUnavailable):
        await product.open_sync_session("gbol", a_merchant())


async def test_where_codat_cannot_be_asked_nothing_is_opened(product: Product) -> None:
    product.world.codat.fail_always("integrations", CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await product.open_sync_session("gbol", a_merchant())

    assert [] == product.world.sessions.history


async def test_the_latest_session_for_the_integration_is_resumed(product: Product) -> None:
    await product.opened("m-1", "gbol")
    latest = await product.opened("m-1", "gbol")
    await product.opened("m-1", "qhyg")
    await product.opened("m-2", "gbol")

    resumed = await product.open_sync_session.or_resume("gbol", a_merchant("m-1"))

    assert latest == resumed


async def test_a_merchant_without_a_session_gets_a_new_one(product: Product) -> None:
    others = await product.opened("m-2")

    session = await product.open_sync_session.or_resume("gbol", BACKEND, "m-1")

    assert others.id != session.id
    assert "m-1" == session.merchant
    assert session == await product.open_sync_session.or_resume("gbol", BACKEND, "m-1")


async def test_a_session_for_what_is_no_longer_on_offer_is_not_resumed(product: Product) -> None:
    await product.opened("m-1", "gbol")

    with pytest.raises(IntegrationUnknown):
        await product.open_sync_session.or_resume("gbol", a_merchant(integrations=("qhyg",)))


async def test_a_double_click_opens_one_session(product: Product) -> None:
    opening = product.open_sync_session
    merchant = a_merchant()

    sessions = await asyncio.gather(*(opening.or_resume("gbol", merchant) for _ in range(8)))

    assert 1 == len({session.id for session in sessions})
    assert 1 == len(await product.world.sessions.find(SessionQuery()))


@pytest.mark.parametrize(
    "key",
    ["LQAI", "Lqai", " lqai", "lqai\n", "lq\x00ai", "%6Cqai", "%256Cqai", "\uff4cqai", "GBOL"],
    ids=repr,
)
async def test_a_key_in_disguise_is_as_unknown_as_the_connector(
    product: Product, key: str
) -> None:
    for attempt in (product.open_sync_session, product.open_sync_session.or_resume):
        with pytest.raises(IntegrationUnknown):
            await attempt(key, a_merchant())

    assert [] == product.world.sessions.history

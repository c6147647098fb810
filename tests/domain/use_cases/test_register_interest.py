import asyncio

import pytest

from domain.errors import (
    CodatUnavailable,
    InputRefused,
    IntegrationNotComingSoon,
    IntegrationUnknown,
    StorageUnavailable,
)
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.catalogue import Curation
from domain.model.integration import Availability
from domain.model.interest import Interest
from domain.use_cases.register_interest import RegisterInterest
from tests.domain.use_cases.product import Product
from tests.domain.world import a_merchant
from tests.fakes.clock import START


pytestmark = pytest.mark.anyio

SAGE, XERO = PlatformKey("tgff"), PlatformKey("gbol")


async def test_a_merchant_asks_to_be_told_of_what_is_coming_soon(product: Product) -> None:
    register: RegisterInterest = product.register_interest

    assert await register("tgff", a_merchant("m-7"))

    asked = Interest(merchant=MerchantIdentifier("m-7"), platform_key=SAGE, since=START)
    assert [asked] == product.world.interests.written


async def test_to_ask_again_changes_nothing(product: Product) -> None:
    await product.register_interest("tgff", a_merchant())
    written = list(product.world.interests.written)
    product.world.clock.advance(60)

    assert not await product.register_interest("tgff", a_merchant())

    assert written == product.world.interests.written


async def test_a_double_click_counts_once(product: Product) -> None:
    clicks = (product.register_interest("tgff", a_merchant()) for _ in range(8))

    assert 1 == sum(await asyncio.gather(*clicks))
    assert 1 == len(product.world.interests.written)


@pytest.mark.parametrize(
    "key", ["lqai", "LQAI", "%6Cqai", "zzzz", "fztf", "TGFF", "tgff ", "akxx"], ids=repr
)
async def test_what_is_not_on_offer_is_refused(product: Product, key: str) -> None:
    with pytest.raises(IntegrationUnknown):
        await product.register_interest(key, a_merchant())

    assert [] == product.world.interests.written


@pytest.mark.parametrize("key", ["sage!", "tgffx", "", None, 7, ["tgff"]], ids=repr)
async def test_what_is_no_key_is_refused(product: Product, key: object) -> None:
    with pytest.raises(InputRefused) as refused:
        await product.register_interest(key, a_merchant())

    assert "platformKey" == refused.value.field


@pytest.mark.parametrize("availability", [Availability.AVAILABLE, Availability.DISABLED])
async def test_what_is_not_coming_soon_is_refused_with_how_it_stands(
    product: Product, availability: Availability
) -> None:
    product.curation = Curation(marked={XERO: availability})

    with pytest.raises(IntegrationNotComingSoon) as refused:
        await product.register_interest("gbol", a_merchant())

    told = refused.value
    assert (XERO, "Xero", availability.value) == (told.key, told.name, told.availability)
    assert [] == product.world.interests.written


async def test_what_the_operator_marks_as_coming_soon_can_be_asked_for(product: Product) -> None:
    product.curation = Curation(marked={XERO: Availability.COMING_SOON})

    assert await product.register_interest("gbol", a_merchant())


async def test_what_the_platform_does_not_let_a_merchant_see_is_refused(product: Product) -> None:
    with pytest.raises(IntegrationUnknown):
        await product.register_interest("tgff", a_merchant(integrations=("gbol",)))

    assert await product.register_interest("tgff", a_merchant(integrations=("gbol", "tgff")))


async def test_where_it_cannot_be_written_nobody_is_promised_anything(product: Product) -> None:
    product.world.interests.storage_fails = True

    with pytest.raises(StorageUnavailable):
        await product.register_interest("tgff", a_merchant())


async def test_where_codat_cannot_be_asked_nothing_is_written(product: Product) -> None:
    product.world.codat.fail_always("integrations", CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await product.register_interest("tgff", a_merchant())

    assert [] == product.world.interests.written

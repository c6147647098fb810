import attrs
import pytest
from hypothesis import given

from domain.errors import (
    CodatTimedOut,
    CodatUnavailable,
    InputRefused,
    IntegrationNotAvailable,
    IntegrationUnknown,
)
from domain.ids import PlatformKey
from domain.model.caller import Caller
from domain.model.catalogue import Curation
from domain.model.connector import Connector
from domain.model.freshness import FreshnessPolicy
from domain.model.integration import Branding, ReportedIntegration
from domain.use_cases.list_integrations import Offer
from tests import strategies
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, FakeWorld, a_merchant
from tests.fakes.codat import logos


pytestmark = pytest.mark.anyio


def keys(offer: Offer) -> list[str]:
    return [integration.key for integration in offer.catalogue.offered]


async def test_everything_on_offer_is_shown_with_its_branding(product: Product) -> None:
    offer = await product.list_integrations(BACKEND)

    assert ["fbrh", "qhyg", "gbol", "tgff"] == keys(offer)
    expected = [Branding(), logos("QBO"), logos("Xero"), Branding()]
    assert expected == [integration.branding for integration in offer.catalogue.offered]
    assert (product.world.clock.now(), False) == (offer.as_of, offer.last_known)


async def test_an_offer_says_how_long_it_stays_the_same(product: Product) -> None:
    clock = product.world.clock
    composed = clock.now()
    offer = await product.list_integrations(BACKEND)
    clock.advance(60)
    await product.warm_branding.cache.refresh(PlatformKey("gbol"), product.world.codat.branding)
    renewed = await product.list_integrations(BACKEND)
    listed = await product.list_integrations.without_branding(BACKEND)

    until = composed + FreshnessPolicy().fresh_for
    assert (composed, until, True) == (offer.same_from, offer.same_until, offer.complete)
    assert (clock.now(), until) == (renewed.same_from, renewed.same_until)
    assert (composed, until) == (listed.same_from, listed.same_until)


async def test_what_is_only_last_known_may_change_at_any_moment(product: Product) -> None:
    await product.list_integrations(BACKEND)
    product.world.codat.fail_always("branding", CodatUnavailable())
    product.world.clock.advance(3600)
    await product.list_integrations(BACKEND)
    await product.world.cache.settle()

    offer = await product.list_integrations(BACKEND)

    assert not offer.last_known
    assert offer.same_from == offer.same_until
    assert offer.complete


async def test_an_offer_says_whether_branding_is_missing(product: Product) -> None:
    product.world.codat.fail_next("branding", CodatUnavailable())

    offer = await product.list_integrations(BACKEND)

    assert not offer.complete


async def test_what_looks_the_same_is_put_together_once(product: Product) -> None:
    listing = product.list_integrations
    first = await listing(BACKEND)
    again = await listing(a_merchant())
    narrowed = await listing(a_merchant(integrations=("gbol",)))
    product.world.codat.brandings[PlatformKey("gbol")] = logos("Other")
    await product.warm_branding.cache.refresh(PlatformKey("gbol"), product.world.codat.branding)
    changed = await listing(BACKEND)

    assert first.catalogue is again.catalogue
    assert ["gbol"] == keys(narrowed)
    assert logos("Other") == changed.catalogue.find(PlatformKey("gbol")).branding
    assert logos("Xero") == first.catalogue.find(PlatformKey("gbol")).branding


@given(
    connector=strategies.connectors,
    reported=strategies.reports,
    curation=strategies.curations,
    caller=strategies.callers,
)
async def test_nobody_is_ever_offered_the_connector(
    connector: Connector, reported: list[ReportedIntegration], curation: Curation, caller: Caller
) -> None:
    product = Product(connector=connector, curation=curation)
    product.world.codat.integrations_reported = list(reported)

    offer = await product.list_integrations(caller)

    assert connector.key not in keys(offer)
    with pytest.raises(IntegrationUnknown):
        await product.list_integrations.choose(connector.key, caller)
    with pytest.raises(IntegrationUnknown):
        await product.list_integrations.branding_of(connector.key, caller)
    with pytest.raises(IntegrationUnknown):
        await product.warm_branding.peek(connector.key, caller)
    warmed = [one.key async for one in product.warm_branding(caller)]
    assert keys(offer) == warmed
    assert connector.key not in warmed


async def test_a_merchant_sees_what_its_platform_lets_it_see(product: Product) -> None:
    offer = await product.list_integrations(a_merchant(integrations=("gbol", "lqai", "zzzz")))

    assert ["gbol"] == keys(offer)


async def test_pages_cost_no_call_once_the_copies_are_there(product: Product) -> None:
    await product.list_integrations(BACKEND)
    asked = product.world.codat.calls.copy()

    for _ in range(10):
        await product.list_integrations(a_merchant())

    assert asked == product.world.codat.calls
    assert 1 == asked["integrations"]


async def test_what_codat_reports_anew_is_shown_by_the_same_listing(product: Product) -> None:
    listing = product.list_integrations
    first, again = await listing(BACKEND), await listing(BACKEND)
    gone = [i for i in product.world.codat.integrations_reported if i.key != "gbol"]
    product.world.codat.integrations_reported = gone
    product.world.clock.advance(3600)
    await listing(BACKEND)
    await product.world.cache.settle()

    offer = await listing(BACKEND)

    assert keys(first) == keys(again)
    assert ["fbrh", "qhyg", "tgff"] == keys(offer)


async def test_the_last_known_list_is_shown_where_codat_cannot_be_asked(product: Product) -> None:
    first = await product.list_integrations(BACKEND)
    product.world.codat.fail_always("integrations", CodatTimedOut())
    product.world.clock.advance(3600)
    await product.list_integrations(BACKEND)
    await product.world.cache.settle()

    offer = await product.list_integrations(BACKEND)

    assert offer.last_known
    assert first.as_of == offer.as_of
    assert keys(first) == keys(offer)


async def test_without_any_list_codats_failure_is_told(product: Product) -> None:
    product.world.codat.fail_always("integrations", CodatUnavailable())

    for failing in (
        product.list_integrations(BACKEND),
        product.list_integrations.choose(PlatformKey("gbol"), BACKEND),
        product.list_integrations.branding_of("gbol", BACKEND),
    ):
        with pytest.raises(CodatUnavailable):
            await failing


async def test_branding_that_cannot_be_had_leaves_an_integration_bare(product: Product) -> None:
    product.world.codat.fail_always("branding", CodatUnavailable())

    offer = await product.list_integrations(BACKEND)

    assert {Branding()} == {integration.branding for integration in offer.catalogue.offered}
    assert Branding() == await product.list_integrations.branding_of("gbol", BACKEND)


async def test_one_branding_is_had_by_its_key(product: Product) -> None:
    assert logos("Xero") == await product.list_integrations.branding_of("gbol", a_merchant())


@pytest.mark.parametrize("key", ["lqai", "fztf", "zzzz"])
async def test_branding_of_what_is_not_on_offer_is_refused_unasked(
    product: Product, key: str
) -> None:
    with pytest.raises(IntegrationUnknown):
        await product.list_integrations.branding_of(key, BACKEND)

    assert 0 == product.world.codat.calls["branding"]


async def test_branding_of_what_is_no_key_is_refused(product: Product) -> None:
    with pytest.raises(InputRefused):
        await product.list_integrations.branding_of("../gbol", BACKEND)


async def test_choosing_tells_on_show_from_unknown(product: Product) -> None:
    choose = product.list_integrations.choose

    assert "Xero" == (await choose(PlatformKey("gbol"), BACKEND)).name
    with pytest.raises(IntegrationNotAvailable):
        await choose(PlatformKey("tgff"), BACKEND)


async def test_warming_fetches_every_branding_on_offer(product: Product) -> None:
    product.world.codat.fail_next("branding", CodatTimedOut())

    warmed = [one async for one in product.warm_branding(BACKEND)]

    assert ["FreeAgent", "QuickBooks Online", "Xero", "Sage Accounting"] == [
        one.name for one in warmed
    ]
    assert [CodatTimedOut, *[type(None)] * 3] == [type(one.error) for one in warmed]
    peeked = await product.warm_branding.peek("gbol", BACKEND)
    assert peeked is not None
    assert (logos("Xero"), product.world.clock.now()) == (peeked.value, peeked.fetched_at)
    assert await product.warm_branding.peek("fbrh", BACKEND) is None


async def test_warming_fetches_anew_what_is_there_already(product: Product) -> None:
    await product.list_integrations(BACKEND)
    product.world.codat.brandings[PlatformKey("gbol")] = logos("New")

    _ = [one async for one in product.warm_branding(BACKEND)]

    assert logos("New") == await product.list_integrations.branding_of("gbol", BACKEND)


async def test_peeking_loads_nothing_and_refuses_what_is_no_key(product: Product) -> None:
    assert await product.warm_branding.peek("gbol", BACKEND) is None
    assert 0 == product.world.codat.calls["branding"]
    with pytest.raises(InputRefused):
        await product.warm_branding.peek("GBOL", BACKEND)


async def test_warming_without_a_list_tells_codats_failure() -> None:
    world = FakeWorld()
    world.codat.fail_always("integrations", CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await anext(Product(world=world).warm_branding(BACKEND))


async def test_a_list_for_a_page_and_one_for_a_decision_agree(product: Product) -> None:
    dressed = await product.list_integrations(BACKEND)
    bare = await product.list_integrations.without_branding(BACKEND)

    undressed = [attrs.evolve(i, branding=Branding()) for i in dressed.catalogue.offered]
    assert undressed == list(bare.catalogue.offered)

import datetime as dt

import attrs
import pytest

from domain.errors import CodatKeyRefused, CodatTimedOut, CodatUnavailable
from domain.ids import PlatformKey
from domain.model.connector import Connector, Side
from domain.model.integration import SourceType
from domain.use_cases.check_setup import Check
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND
from tests.fakes.codat import logos


pytestmark = pytest.mark.anyio


@pytest.fixture
def product() -> Product:
    """Everything is in place."""
    product = Product()
    for key in ("fbrh", "tgff"):
        product.world.codat.brandings[PlatformKey(key)] = logos(key)
    return product


async def failed(product: Product) -> list[Check]:
    return [check for check in await product.check_setup(BACKEND) if not check.passed]


async def only_failed(product: Product) -> Check:
    (check,) = await failed(product)
    return check


async def test_where_everything_is_in_place_every_check_passes(product: Product) -> None:
    checks = await product.check_setup(BACKEND)

    expected = {
        "Database": "can be read and written",
        "Cache": "can be read and written",
        "Codat": "accepts the API key and reports 12 integrations",
        "Connector": "lqai (Partner Commerce) on the commerce side",
        "Integrations": "merchants can connect FreeAgent, QuickBooks Online, Xero",
        "Branding": "is there for everything on offer",
        "Clock": "is within 0 s of Codat's",
    }
    assert expected == {check.name: check.detail for check in checks}
    assert all(check.passed and check.remedy is None for check in checks)


async def test_checking_mints_nothing(product: Product) -> None:
    await product.check_setup(BACKEND)

    assert [] == product.world.codat.minted
    assert [] == product.world.sessions.history


async def test_a_database_that_does_not_answer_is_told(product: Product) -> None:
    product.world.sessions.storage_fails = True

    check = await only_failed(product)

    assert ("Database", "the storage was told to fail") == (check.name, check.detail)
    assert "TILLBRIDGE_DATABASE_URL" in str(check.remedy)


async def test_a_cache_that_does_not_answer_is_told(product: Product) -> None:
    product.world.cache.storage_fails = True

    check = await only_failed(product)

    assert "Cache" == check.name
    assert "TILLBRIDGE_CACHE_URL" in str(check.remedy)


@pytest.mark.parametrize(
    ("failure", "setting"),
    [
        (CodatUnavailable(), "TILLBRIDGE_CODAT_URL"),
        (CodatTimedOut(), "TILLBRIDGE_CODAT_URL"),
        (CodatKeyRefused(), "TILLBRIDGE_CODAT_API_KEY"),
    ],
    ids=["unavailable", "slow", "refusing the key"],
)
async def test_a_codat_that_does_not_serve_is_told_with_what_to_look_at(
    product: Product, failure: CodatUnavailable | CodatTimedOut, setting: str
) -> None:
    product.world.codat.fail_always("integrations", failure)

    check = await only_failed(product)

    assert ("Codat", str(failure)) == (check.name, check.detail)
    assert setting in str(check.remedy)


async def test_storage_and_codat_are_checked_whatever_the_others_say(product: Product) -> None:
    product.world.sessions.storage_fails = product.world.cache.storage_fails = True
    product.world.codat.fail_always("integrations", CodatUnavailable())

    assert ["Database", "Cache", "Codat"] == [check.name for check in await failed(product)]


async def test_a_connector_that_codat_does_not_report_is_told(product: Product) -> None:
    product.connector = Connector(key=PlatformKey("zzzz"), side=Side.COMMERCE)

    check = await only_failed(product)

    assert "Connector" == check.name
    assert "TILLBRIDGE_CONNECTOR_KEY" in str(check.remedy)


async def test_a_connector_on_the_wrong_side_is_told_with_the_right_one(product: Product) -> None:
    product.connector = Connector(key=PlatformKey("lqai"), side=Side.ACCOUNTING)
    product.world.codat.brandings |= {
        integration.key: logos(integration.name)
        for integration in product.world.codat.integrations_reported
    }

    check = await only_failed(product)

    assert "Connector" == check.name
    assert "Set TILLBRIDGE_CONNECTOR_SIDE to commerce." == check.remedy


async def test_a_connector_that_stands_on_no_side_is_told_as_a_wrong_key(
    product: Product,
) -> None:
    product.world.codat.integrations_reported = [
        attrs.evolve(r, source_type=SourceType.BANKING) if r.key == "lqai" else r
        for r in product.world.codat.integrations_reported
    ]

    check = await only_failed(product)

    assert "lqai is of type Banking, not on the commerce side" == check.detail
    assert "TILLBRIDGE_CONNECTOR_KEY" in str(check.remedy)


async def test_an_offer_of_nothing_is_told(product: Product) -> None:
    product.world.codat.integrations_reported = [
        attrs.evolve(r, enabled=r.key == "lqai") for r in product.world.codat.integrations_reported
    ]

    check = await only_failed(product)

    assert ("Integrations", "merchants can connect nothing") == (check.name, check.detail)
    assert "Codat Portal" in str(check.remedy)


async def test_integrations_without_branding_are_named_which_is_no_fault(
    product: Product,
) -> None:
    del product.world.codat.brandings[PlatformKey("gbol")]

    checks = {check.name: check for check in await product.check_setup(BACKEND)}

    assert checks["Branding"].passed
    assert "there is none for Xero" == checks["Branding"].detail


async def test_no_branding_at_all_is_a_fault(product: Product) -> None:
    product.world.codat.brandings = {}

    check = await only_failed(product)

    assert "Branding" == check.name
    assert "branding warm" in str(check.remedy)


@pytest.mark.parametrize("seconds", [6, -6, 3600])
async def test_a_clock_that_is_off_is_told(product: Product, seconds: int) -> None:
    product.world.codat.skew = dt.timedelta(seconds=seconds)

    check = await only_failed(product)

    assert ("Clock", f"is {abs(seconds)} s off from Codat's") == (check.name, check.detail)
    assert "NTP" in str(check.remedy)


@pytest.mark.parametrize(
    ("skew", "expected"),
    [
        (dt.timedelta(seconds=5), "is within 5 s of Codat's"),
        (dt.timedelta(seconds=-5), "is within 5 s of Codat's"),
        (None, "Codat does not tell the time"),
    ],
    ids=["ahead", "behind", "untold"],
)
async def test_a_clock_that_is_right_enough_passes(
    product: Product, skew: dt.timedelta | None, expected: str
) -> None:
    product.world.codat.skew = skew

    checks = await product.check_setup(BACKEND)

    assert (True, expected) == (checks[-1].passed, checks[-1].detail)


async def test_a_codat_that_stops_answering_halfway_is_told_for_every_check(
    product: Product,
) -> None:
    async def stop_after_the_first() -> None:
        if product.world.codat.calls["integrations"] > 1:
            raise CodatUnavailable

    product.world.codat.interruptions["integrations"] = stop_after_the_first
    product.world.codat.fail_always("clock_skew", CodatUnavailable())

    checks = await failed(product)

    assert ["Integrations", "Branding", "Clock"] == [check.name for check in checks]
    assert {f"cannot be checked: {CodatUnavailable()}"} == {check.detail for check in checks}

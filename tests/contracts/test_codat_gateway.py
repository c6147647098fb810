"""
What every gateway to Codat promises.

Kept by the fake that most tests use, and by the real gateway against the simulator, which
knows nothing of either.
"""

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.codat.exchange import Patience
from adapters.codat.http_gateway import HttpCodatGateway
from adapters.codat_simulator.server import (
    RunningSimulator,
    SimulatorSettings,
    running_simulator,
)
from adapters.system import SystemClock
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
    SyncFlowUrlTaken,
)
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import ConnectionStatus, report_on
from domain.model.connector import Connector, Side, SyncRoute
from domain.model.integration import SourceType
from domain.ports.codat_gateway import CodatGateway
from tests.adapters.codat.worlds import OPERATIONS, XERO, FakeWorld, SimulatedWorld, World
from tests.fakes.clock import FakeClock
from tests.fakes.codat import FakeCodatGateway, Operation


pytestmark = pytest.mark.anyio

KEY = "canary-api-key"
CONNECTOR = Connector(key=PlatformKey("lqai"), side=Side.COMMERCE)
ROUTE = CONNECTOR.route_to(XERO)
NOWHERE = PlatformKey("zzzz")
NOBODY = CompanyId("00000000-0000-4000-8000-000000000000")
RETURN_TO = "https://shop.example/connect/return/ss_1"
ODD_MERCHANT = MerchantIdentifier("shop_7:berlin.mitte-1")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As everywhere, but one event loop for all, so that one simulator will do."""
    return "asyncio"


@pytest.fixture(scope="module")
async def running(anyio_backend: str) -> AsyncGenerator[RunningSimulator, None]:
    settings = SimulatorSettings(port=0, sync_flow_port=0, api_key=KEY)
    async with running_simulator(settings) as running:
        yield running


@pytest.fixture(params=["fake", "http"])
async def world(
    request: pytest.FixtureRequest, running: RunningSimulator
) -> AsyncGenerator[World, None]:
    if request.param == "fake":
        still = FakeClock()
        yield FakeWorld(FakeCodatGateway(still), still)
        return
    gateway = HttpCodatGateway(
        base_url=running.api_url,
        api_key=KEY,
        sync_flow_hosts=("127.0.0.1",),
        clock=SystemClock(),
        patience=Patience(read=0.3),
    )
    async with gateway, httpx.AsyncClient() as controls:
        yield SimulatedWorld(gateway, SystemClock(), running, controls)
        await controls.post(f"{running.api_url}/_simulator/reset")


def merchant(name: str = "merchant-1") -> MerchantIdentifier:
    return MerchantIdentifier(name)


async def started(world: World, who: MerchantIdentifier, route: SyncRoute = ROUTE) -> str:
    """The URL of a fresh start."""
    url = await world.gateway.start_sync_flow(route, who, RETURN_TO)
    return url.take(world.clock.monotonic())


# Integrations and branding.


async def test_integrations_include_those_of_both_sides_and_the_connector(world: World) -> None:
    by_key = {integration.key: integration for integration in await world.gateway.integrations()}

    assert "Xero" == by_key[XERO].name
    assert by_key[XERO].enabled
    assert SourceType.ACCOUNTING is by_key[XERO].source_type
    assert SourceType.COMMERCE is by_key[PlatformKey("fztf")].source_type
    assert SourceType.COMMERCE is by_key[CONNECTOR.key].source_type


async def test_no_integration_is_reported_twice(world: World) -> None:
    keys = [integration.key for integration in await world.gateway.integrations()]

    assert sorted(set(keys)) == sorted(keys)


async def test_branding_has_logos_with_absolute_addresses(world: World) -> None:
    branding = await world.gateway.branding(XERO)

    assert branding.logo_full is not None
    assert branding.logo_square is not None
    assert urlsplit(branding.logo_full.src).scheme in {"http", "https"}


async def test_what_does_not_exist_has_no_branding(world: World) -> None:
    with pytest.raises(CodatNotFound):
        await world.gateway.branding(NOWHERE)


# Starting the sync flow.


async def test_a_start_gives_one_url_for_one_merchant(world: World) -> None:
    url = await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO)

    text = url.take(world.clock.monotonic())
    query = parse_qs(urlsplit(text).query)
    assert ["merchant-1"] == query["merchantIdentifier"]
    assert 1 == len(query["otp"])
    with pytest.raises(SyncFlowUrlTaken):
        url.take(world.clock.monotonic())


async def test_a_url_is_fresh_on_receipt_and_lives_for_at_most_30_seconds(world: World) -> None:
    before = world.clock.now()

    url = await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO)

    url.expect_fresh(world.clock.monotonic())
    latest = world.clock.now() + dt.timedelta(seconds=30)
    assert before + dt.timedelta(seconds=30) <= url.expires_at <= latest


async def test_every_start_gives_another_url_with_another_fingerprint(world: World) -> None:
    urls = [await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO) for _ in range(3)]

    now = world.clock.monotonic()
    assert 3 == len({url.fingerprint for url in urls}) == len({url.take(now) for url in urls})


async def test_a_repeated_url_is_known_by_its_fingerprint(world: World) -> None:
    first = await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO)
    await world.repeat_last_url()

    second = await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO)

    assert first.fingerprint == second.fingerprint


async def test_a_fingerprint_does_not_hold_the_url(world: World) -> None:
    url = await world.gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO)

    (code,) = parse_qs(urlsplit(url.take(world.clock.monotonic())).query)["otp"]
    assert 64 == len(url.fingerprint)
    assert code not in url.fingerprint


@pytest.mark.parametrize(
    "route", [SyncRoute(CONNECTOR.key, NOWHERE), SyncRoute(NOWHERE, XERO)], ids=["right", "left"]
)
async def test_a_start_needs_two_integrations_that_exist(world: World, route: SyncRoute) -> None:
    with pytest.raises(CodatNotFound):
        await world.gateway.start_sync_flow(route, merchant(), RETURN_TO)


# Companies, connections, configuration.


async def test_a_merchant_that_never_started_has_no_company(world: World) -> None:
    assert () == await world.gateway.find_companies(merchant())


@pytest.mark.parametrize("who", [merchant(), ODD_MERCHANT])
async def test_a_start_makes_a_company_in_the_merchants_name_once(
    world: World, who: MerchantIdentifier
) -> None:
    await started(world, who)
    await started(world, who)
    await started(world, merchant("somebody-else"))

    assert 1 == len(await world.gateway.find_companies(who))


async def test_a_start_makes_a_connection_for_each_end(world: World) -> None:
    await started(world, merchant())

    (company,) = await world.gateway.find_companies(merchant())
    connections = await world.gateway.connections(company.id)
    pending = ConnectionStatus.PENDING_AUTH
    expected = {CONNECTOR.key: pending, XERO: pending}
    assert expected == {connection.key: connection.status for connection in connections}


async def test_a_company_that_does_not_exist_has_no_connections(world: World) -> None:
    with pytest.raises(CodatNotFound):
        await world.gateway.connections(NOBODY)


async def test_a_company_that_does_not_exist_has_no_configuration(world: World) -> None:
    assert await world.gateway.configuration(NOBODY) is None


@pytest.mark.parametrize("who", [merchant(), ODD_MERCHANT])
async def test_a_merchant_is_connected_once_it_went_through_the_sync_flow(
    world: World, who: MerchantIdentifier
) -> None:
    async def complete() -> bool:
        (company,) = await world.gateway.find_companies(who)
        return report_on(
            company,
            await world.gateway.connections(company.id),
            await world.gateway.configuration(company.id),
            connector=CONNECTOR,
            choice=XERO,
        ).complete

    url = await started(world, who)
    before = await complete()
    await world.finish(url, who)

    assert (False, True) == (before, await complete())


# The clock.


async def test_codats_clock_may_be_compared(world: World) -> None:
    skew = await world.gateway.clock_skew()

    assert skew is None or abs(skew) <= dt.timedelta(seconds=2)


# Failures.


async def ask(gateway: CodatGateway, operation: Operation) -> None:
    calls: dict[Operation, Callable[[], Coroutine[Any, Any, object]]] = {
        "integrations": gateway.integrations,
        "branding": lambda: gateway.branding(XERO),
        "start_sync_flow": lambda: gateway.start_sync_flow(ROUTE, merchant(), RETURN_TO),
        "find_companies": lambda: gateway.find_companies(merchant()),
        "connections": lambda: gateway.connections(NOBODY),
        "configuration": lambda: gateway.configuration(NOBODY),
        "clock_skew": gateway.clock_skew,
    }
    await calls[operation]()


async def test_how_the_latest_question_ended_is_remembered(world: World) -> None:
    gateway = world.gateway
    assert gateway.last_answer() is None

    await gateway.integrations()
    well = gateway.last_answer()
    with pytest.raises(CodatNotFound):
        await gateway.branding(NOWHERE)
    still_well = gateway.last_answer()
    await world.fail("integrations", CodatKeyRefused())
    with pytest.raises(CodatKeyRefused):
        await gateway.integrations()
    badly = gateway.last_answer()

    assert well is not None
    assert well.error is None
    assert still_well is not None
    assert still_well.error is None
    assert badly is not None
    assert isinstance(badly.error, CodatKeyRefused)


@pytest.mark.parametrize(
    "error",
    [
        CodatKeyRefused(),
        CodatLimitReached(),
        CodatNotFound(),
        CodatRateLimited(),
        CodatUnavailable(),
        CodatTimedOut(),
        CodatAnswerInvalid(reason="it is cut off"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_start_that_fails_says_how(world: World, error: CodatError) -> None:
    await world.fail("start_sync_flow", error)

    with pytest.raises(CodatError) as caught:
        await started(world, merchant())

    assert type(error) is type(caught.value)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_no_operation_hides_that_codat_is_unavailable(
    world: World, operation: Operation
) -> None:
    await world.fail(operation, CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await ask(world.gateway, operation)


@pytest.mark.parametrize("error", [CodatUnavailable(), CodatRateLimited(), CodatKeyRefused()])
async def test_what_is_unavailable_says_when_to_try_again(
    world: World, error: CodatUnavailable
) -> None:
    await world.fail("start_sync_flow", error)

    with pytest.raises(CodatUnavailable) as caught:
        await started(world, merchant())

    assert caught.value.retry_after >= dt.timedelta(seconds=1)

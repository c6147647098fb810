"""What merchants, platforms and operators see while Codat has a bad day, or somebody loops."""

import asyncio
import re

import attrs
import pytest
from structlog.testing import capture_logs

from domain.errors import (
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatUnavailable,
)
from domain.model.sync_session import Happening
from domain.ports.codat_gateway import BreakerState, Quota, Traffic
from entrypoints.container import Container
from entrypoints.web.app import create_app
from tests.adapters.codat.gateways import FLOW, gateway_over, scripted
from tests.adapters.codat.scripted import ScriptedTransport, answer
from tests.domain.world import FakeWorld
from tests.entrypoints.web.asking import BACKEND, Service, problem, serve
from tests.fakes.clock import START
from tests.support import make_container, make_settings


pytestmark = pytest.mark.anyio

XERO = {"key": "gbol", "name": "Xero", "enabled": True, "sourceType": "Accounting"}
LIST = answer({"results": [XERO], "totalResults": 1})
WELL = answer({"url": FLOW})


async def metrics(service: Service) -> dict[str, float]:
    """The figures that speak of Codat and of limits."""
    lines = (await service.get("/metrics", {})).text.splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if re.match("tillbridge_(codat|starts)", line)]
    return {name: float(value) for name, value in pairs if "_created" not in name}


async def tiles(service: Service) -> list[str]:
    """The keys that the platform's backend is told of."""
    answered = await service.get("/v1/integrations")
    assert 200 == answered.status_code
    return [integration["key"] for integration in answered.json()["integrations"]]


# Limits.


async def test_a_looping_merchant_gets_429_and_a_time(service: Service) -> None:
    session = await service.opened()
    service.world.limits.most = 2
    answers = [await service.post(f"/v1/sync-sessions/{session}/redirect") for _ in range(4)]

    assert [200, 200, 429, 429] == [each.status_code for each in answers]
    assert (429, "too-many-requests") == problem(answers[2])
    assert "3600" == answers[2].headers["retry-after"]
    assert 2 == service.minted
    assert 2.0 == (await metrics(service))['tillbridge_starts_limited_total{limit="merchant"}']


async def test_on_the_hosted_page_a_looping_merchant_still_sees_the_picker(
    service: Service,
) -> None:
    browser = await service.browser()
    service.world.limits.most = 1
    assert 303 == (await service.post("/connect/gbol", browser)).status_code

    refused = await service.post("/connect/gbol", browser)

    assert (429, "3600") == (refused.status_code, refused.headers["retry-after"])
    assert "That was a little too fast" in refused.text
    assert "QuickBooks Online" in refused.text
    assert 1 == service.minted


async def test_the_limits_of_the_settings_hold() -> None:
    world = FakeWorld()
    settings = make_settings(limit_merchant="3/minute", limit_key="5/minute", limit_all="off")
    limits = Container(settings=settings, clock=world.clock).limits()
    container = make_container(world, settings=settings, limits=limits)
    service = Service(world, settings, create_app(container))
    statuses = []
    for merchant in ("m-1", "m-1", "m-1", "m-1", "m-2", "m-2", "m-2"):
        session = await service.opened(merchant)
        redirect = await service.post(f"/v1/sync-sessions/{session}/redirect")
        statuses.append(redirect.status_code)

    assert [200, 200, 200, 429, 200, 200, 429] == statuses
    counted = await metrics(service)
    assert 1.0 == counted['tillbridge_starts_limited_total{limit="merchant"}']
    assert 1.0 == counted['tillbridge_starts_limited_total{limit="key"}']


# F7: the account's limit is the operator's to know.


async def test_f7_merchants_are_told_nothing_of_the_account(service: Service) -> None:
    browser = await service.browser()
    service.world.codat.fail_always("start_sync_flow", CodatLimitReached())
    with capture_logs() as logs:
        refused = await service.post("/connect/gbol", browser)
    api = await service.post(f"/v1/sync-sessions/{await service.opened()}/redirect")

    assert 503 == refused.status_code
    assert "This service cannot connect anyone at the moment" in refused.text
    assert "plan" not in refused.text.lower()
    assert (503, "codat-limit-reached") == problem(api)
    assert ["codat-limit-reached"] == [e["problem"] for e in logs if "error" == e["log_level"]]


# F6: once is enough to tell an operator.


@pytest.mark.parametrize(("asked", "level"), [(True, "error"), (False, "info")])
async def test_f6_a_refused_key_is_an_error_only_where_codat_refused_it(
    service: Service, *, asked: bool, level: str
) -> None:
    session = await service.opened()
    service.world.codat.fail_always("start_sync_flow", CodatKeyRefused(asked=asked))

    with capture_logs() as logs:
        refused = await service.post(f"/v1/sync-sessions/{session}/redirect")

    assert (503, "codat-key-refused") == problem(refused)
    assert [level] == [e["log_level"] for e in logs if "codat-key-refused" == e.get("problem")]


# F8: what Codat lists and does not know.


async def test_f8_the_next_picker_lacks_what_codat_does_not_know(service: Service) -> None:
    browser = await service.browser()
    assert "gbol" in await tiles(service)
    assert "gbol" in await tiles(service)
    service.world.codat.fail_next("start_sync_flow", CodatNotFound())

    refused = await service.post("/connect/gbol", browser)

    assert 404 == refused.status_code
    assert "There is no such software here" in refused.text
    # Neither the page nor the list that lies ready has it.
    assert 'action="/connect/gbol"' not in (await service.get("/connect", browser)).text
    assert "gbol" not in await tiles(service)
    (session,) = {s.id: s for s in service.world.sessions.history}.values()
    assert Happening.REDIRECT_FAILED is session.timeline[-1].what

    service.world.clock.advance(3600)
    await tiles(service)
    await service.world.cache.settle()
    assert "gbol" in await tiles(service)


# F10: an outage, with the gateway as it is and a network that plays it.


@attrs.frozen
class Outage:
    """The service, with the real gateway before a *network* that says what it is told."""

    service: Service
    network: ScriptedTransport


async def outage() -> Outage:
    world, settings = FakeWorld(), make_settings()
    network = scripted(LIST, answer({}))
    gateway = gateway_over(network, clock=world.clock)
    app = create_app(make_container(world, settings=settings, codat=gateway))
    service = Service(world, settings, app)
    # Somebody looked at the list before Codat went away.
    assert ["gbol"] == await tiles(service)
    network.script[:] = [answer({}, 503)]
    return Outage(service, network)


async def test_f10_in_an_outage_the_picker_is_there_and_starts_are_refused_at_once() -> None:
    down = await outage()
    service, network = down.service, down.network
    session = await service.opened()
    redirect = f"/v1/sync-sessions/{session}/redirect"

    answers = [await service.post(redirect) for _ in range(40)]

    assert {(503, "codat-unavailable")} == {problem(each) for each in answers}
    assert {"10", "15"} == {each.headers["retry-after"] for each in answers}
    assert ["gbol"] == await tiles(service)
    counted = await metrics(service)
    assert 1.0 == counted['tillbridge_codat_breaker{state="failing"}']
    assert 0.0 == counted['tillbridge_codat_breaker{state="closed"}']
    assert counted['tillbridge_codat_second_tries_total{reason="unavailable"}'] >= 3
    assert counted['tillbridge_codat_spared_total{by="breaker"}'] >= 20
    assert counted['tillbridge_codat_calls_total{outcome="CodatUnavailable"}'] == 18
    assert 20 == len(network.requests)

    ready = await service.get("/readyz", {})
    assert (200, "failing") == (ready.status_code, ready.json()["checks"]["breaker"])


async def test_f10_whoever_looks_whether_it_is_ready_finds_the_end_of_the_outage() -> None:
    down = await outage()
    service = down.service
    session = await service.opened()
    for _ in range(40):
        await service.post(f"/v1/sync-sessions/{session}/redirect")
    service.world.clock.advance(15)
    down.network.script[:] = [LIST]

    first = await service.get("/readyz", {})
    await asyncio.sleep(0.01)
    service.world.clock.advance(1)
    second = await service.get("/readyz", {})

    told = [each.json()["checks"]["breaker"] for each in (first, second)]
    assert ["probing", "closed"] == told
    assert 21 == len(down.network.requests)


async def test_f10_a_probe_that_finds_nothing_better_harms_nobody(service: Service) -> None:
    waits = asyncio.Event()

    async def wait() -> None:
        await waits.wait()

    service.world.codat.passing = Traffic(breaker=BreakerState.PROBING)
    service.world.codat.fail_always("clock_skew", CodatUnavailable())
    service.world.codat.interruptions["clock_skew"] = wait

    answers = [await service.get("/readyz", {}) for _ in range(3)]
    during = service.world.codat.calls["clock_skew"]
    waits.set()
    await asyncio.sleep(0.01)
    answers.append(await service.get("/readyz", {}))
    await asyncio.sleep(0.01)

    assert [200] * 4 == [each.status_code for each in answers]
    assert (1, 2) == (during, service.world.codat.calls["clock_skew"])


# What operators see.


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (BreakerState.CLOSED, 200),
        (BreakerState.FAILING, 200),
        (BreakerState.RATE_LIMITED, 200),
        (BreakerState.MISCONFIGURED, 503),
    ],
)
async def test_readiness_tells_of_the_breaker_and_minds_a_refused_key(
    service: Service, state: BreakerState, status: int
) -> None:
    service.world.codat.passing = Traffic(breaker=state)

    ready = await service.get("/readyz", {})

    assert (status, state.value) == (ready.status_code, ready.json()["checks"]["breaker"])


async def test_the_quota_is_a_figure_once_codat_has_told_it(service: Service) -> None:
    before = await metrics(service)
    service.world.codat.passing = Traffic(quota=Quota(limit=5000, remaining=4321, as_of=START))

    after = await metrics(service)

    assert not any("quota" in name for name in before)
    assert 5000.0 == after["tillbridge_codat_quota_limit"]
    assert 4321.0 == after["tillbridge_codat_quota_remaining"]


@pytest.mark.parametrize(
    "error", [CodatRateLimited(), CodatUnavailable(), CodatKeyRefused(asked=False)]
)
async def test_whatever_refuses_a_start_the_picker_stays(error: CodatError) -> None:
    service = serve()
    browser = await service.browser()
    await service.get("/connect", browser)
    service.world.codat.fail_always("start_sync_flow", error)

    refused = await service.post("/connect/gbol", browser)

    assert 503 == refused.status_code
    assert "retry-after" in refused.headers
    assert 'action="/connect/gbol"' in refused.text
    assert 200 == (await service.get("/connect", browser)).status_code
    assert 200 == (await service.get("/v1/integrations", BACKEND)).status_code

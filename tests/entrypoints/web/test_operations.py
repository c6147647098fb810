import asyncio

import attrs
import pytest

from domain.errors import CodatKeyRefused, CodatUnavailable
from domain.model.integration import ReportedIntegration
from tests.domain.world import FakeWorld
from tests.entrypoints.web.asking import BACKEND, FROM_SHOP, Service, serve
from tests.fakes.sessions import FakeSessionStore


pytestmark = pytest.mark.anyio


@attrs.define
class CountingSessions(FakeSessionStore):
    """Counts how often it is asked whether it works; answers once it *may*."""

    pings: int = 0
    may: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def ping(self) -> None:
        self.pings += 1
        await self.may.wait()
        await super().ping()


async def test_the_process_says_that_it_is_alive_whatever_is_away(service: Service) -> None:
    service.world.sessions.storage_fails = True
    service.world.codat.fail_always("integrations", CodatUnavailable())

    answer = await service.get("/healthz", {})

    assert (200, {"status": "alive"}) == (answer.status_code, answer.json())


async def ready(service: Service) -> tuple[int, dict[str, object]]:
    answer = await service.get("/readyz", {})
    assert "no-store" == answer.headers["cache-control"]
    return answer.status_code, answer.json()


async def test_with_everything_in_place_it_is_ready(service: Service) -> None:
    assert (
        200,
        {
            "status": "ready",
            "checks": {"database": "ok", "cache": "ok", "codat": "ok", "breaker": "closed"},
            "codatAnsweredAt": "2026-11-23T09:00:00Z",
        },
    ) == await ready(service)


async def test_without_a_database_it_is_not(service: Service) -> None:
    service.world.sessions.storage_fails = True

    status, told = await ready(service)

    assert (503, "not ready") == (status, told["status"])
    assert {"database": "unavailable", "cache": "ok", "codat": "ok", "breaker": "closed"} == told[
        "checks"
    ]


async def test_without_a_cache_it_still_is(service: Service) -> None:
    service.world.cache.storage_fails = True

    status, told = await ready(service)

    assert (200, "ready") == (status, told["status"])
    assert {"database": "ok", "cache": "unavailable", "codat": "ok", "breaker": "closed"} == told[
        "checks"
    ]


async def test_while_codat_was_never_reached_it_still_is(service: Service) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())

    status, told = await ready(service)

    assert 200 == status
    assert {"database": "ok", "cache": "ok", "codat": "unreachable", "breaker": "closed"} == told[
        "checks"
    ]
    assert "codatAnsweredAt" not in told


async def test_while_codat_is_away_it_tells_when_codat_last_answered(service: Service) -> None:
    await ready(service)
    service.world.codat.fail_always("integrations", CodatUnavailable())
    service.world.clock.advance(3600)
    await ready(service)
    await service.world.cache.settle()
    service.world.clock.advance(1)

    status, told = await ready(service)

    assert 200 == status
    assert {"database": "ok", "cache": "ok", "codat": "unreachable", "breaker": "closed"} == told[
        "checks"
    ]
    assert "2026-11-23T09:00:00Z" == told["codatAnsweredAt"]


async def test_with_a_key_that_codat_refuses_it_is_not(service: Service) -> None:
    service.world.codat.fail_always("integrations", CodatKeyRefused())

    status, told = await ready(service)

    assert (503, "not ready") == (status, told["status"])
    assert {"database": "ok", "cache": "ok", "codat": "key refused", "breaker": "closed"} == told[
        "checks"
    ]


async def test_however_many_ask_whether_it_is_ready_it_looks_once_a_second() -> None:
    sessions = CountingSessions()
    world = FakeWorld(sessions=sessions)
    service = serve(world)
    sessions.may.set()

    answers = await asyncio.gather(*(ready(service) for _ in range(100)))
    world.clock.advance(0.9)
    answers += [await ready(service) for _ in range(100)]
    pings_before = sessions.pings
    world.clock.advance(0.1)
    answers += [await ready(service) for _ in range(100)]

    assert (1, 2) == (pings_before, sessions.pings)
    assert {200} == {status for status, _ in answers}


async def test_what_changed_is_told_a_second_later_at_most(service: Service) -> None:
    assert 200 == (await ready(service))[0]
    service.world.sessions.storage_fails = True
    assert 200 == (await ready(service))[0]
    service.world.clock.advance(1)

    assert 503 == (await ready(service))[0]
    service.world.sessions.storage_fails = False
    assert 503 == (await ready(service))[0]
    service.world.clock.advance(1)
    assert 200 == (await ready(service))[0]


async def test_a_look_that_takes_long_is_still_only_one() -> None:
    sessions = CountingSessions()
    service = serve(FakeWorld(sessions=sessions))
    impatient = asyncio.create_task(ready(service))
    patient = asyncio.create_task(ready(service))
    await asyncio.sleep(0.01)
    service.world.clock.advance(30)
    late = asyncio.create_task(ready(service))
    await asyncio.sleep(0.01)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    sessions.may.set()

    assert [200, 200] == [(await asking)[0] for asking in (patient, late)]
    assert 1 == sessions.pings


async def test_requests_are_counted_by_route_and_not_by_address(service: Service) -> None:
    for number in range(5):
        await service.get(f"/v1/sync-sessions/ss_{number}?x={number}")
        await service.get(f"/nowhere/{number}")
        await service.send(f"BREW{number}", "/healthz")
        await service.get(f"/static/none-{number}.css")
        await service.post(f"/connect/zz{number}", {})

    answer = await service.get("/metrics", {})

    told = answer.text
    assert "text/plain; version=1.0.0; charset=utf-8" == answer.headers["content-type"]
    for route, status in (
        ("/v1/sync-sessions/{session_id}", 404),
        ("unmatched", 404),
        ("/static/{name}", 404),
        ("/connect/{platform_key}", 401),
    ):
        method = "POST" if route.startswith("/connect") else "GET"
        labels = f'{{method="{method}",route="{route}",status="{status}"}}'
        assert f"tillbridge_requests_total{labels} 5.0" in told
    assert 'tillbridge_requests_total{method="other",route="unmatched",status="405"} 5.0' in told
    assert 'tillbridge_problems_total{problem="sync-session-unknown"} 5.0' in told
    assert 'duration_seconds_count{method="GET",route="unmatched"} 5.0' in told


async def test_no_label_holds_a_merchant_or_a_secret(service: Service) -> None:
    browser = await service.browser("merchant-of-the-test")
    token = await service.token("merchant-of-the-test")
    await service.enter(token, {**FROM_SHOP, **browser})
    session_id = await service.redirected("merchant-of-the-test")
    await service.get("/v1/sync-sessions?merchantIdentifier=merchant-of-the-test")
    await service.send("HEAD", f"/v1/sync-sessions/{session_id}", BACKEND)

    told = (await service.get("/metrics", {})).text

    for secret in ("merchant-of-the-test", token, session_id, "CANARY", "otp"):
        assert secret not in told
    assert 'method="HEAD",route="/v1/sync-sessions/{session_id}",status="200"' in told


async def test_it_tells_of_the_last_answer_whatever_codat_was_asked(service: Service) -> None:
    await ready(service)
    await service.redirected()
    service.world.clock.advance(60)
    await service.redirected("m-2")
    _, told = await ready(service)
    assert "2026-11-23T09:01:00Z" == told["codatAnsweredAt"]

    service.world.codat.fail_next("start_sync_flow", CodatKeyRefused())
    service.world.clock.advance(2)
    await service.post(f"/v1/sync-sessions/{await service.opened()}/redirect")
    status, told = await ready(service)

    assert (
        503,
        {"database": "ok", "cache": "ok", "codat": "key refused", "breaker": "closed"},
    ) == (
        status,
        told["checks"],
    )


async def test_before_codat_was_ever_asked_it_tells_of_the_list_that_is_kept(
    service: Service,
) -> None:
    async def kept() -> tuple[ReportedIntegration, ...]:
        return tuple(service.world.codat.integrations_reported)

    await service.world.cache.integrations(kept)

    status, told = await ready(service)

    assert service.world.codat.last_answer() is None
    assert (200, "2026-11-23T09:00:00Z") == (status, told["codatAnsweredAt"])

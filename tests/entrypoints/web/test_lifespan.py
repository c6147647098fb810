import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
import structlog
from structlog.testing import capture_logs

from domain.errors import CodatUnavailable
from entrypoints.settings import SettingsInvalid
from entrypoints.web.app import SELDOM, from_environment
from entrypoints.web.asgi import App, Message
from entrypoints.web.shell import Shell
from tests.entrypoints.web.asking import Service, serve
from tests.support import ENVIRON


pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running(app: App) -> AsyncGenerator[None, None]:
    """Start *app* as a server does, and stop it."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    serving = asyncio.ensure_future(app({"type": "lifespan"}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert {"type": "lifespan.startup.complete"} == await from_app.get()
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        assert {"type": "lifespan.shutdown.complete"} == await from_app.get()
        await serving


async def turns_of_the_loop() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_cache_is_warm_before_the_first_merchant_comes(service: Service) -> None:
    async with running(service.app):
        await turns_of_the_loop()

        asked = service.world.codat.calls.copy()
        await service.get("/v1/integrations")

    assert 1 == asked["integrations"]
    assert asked == service.world.codat.calls
    assert 0 == service.minted


async def test_pictures_are_there_before_the_first_merchant_comes(service: Service) -> None:
    async with running(service.app):
        await turns_of_the_loop()

        fetched = service.world.picture_source.fetched.copy()
        await service.get("/logos/gbol/logo", {})

    logos = "https://static.codat.io/public/officialLogos/Full/Xero"
    assert {f"{logos}_Full.png", f"{logos}_Square.png"} < set(fetched)
    assert {1} == set(fetched.values())
    assert fetched == service.world.picture_source.fetched


async def test_pictures_that_nobody_loads_from_here_are_not_fetched() -> None:
    service = serve(logo_delivery="direct")

    async with running(service.app):
        await turns_of_the_loop()

    assert 0 < service.world.codat.calls["branding"]
    assert {} == service.world.picture_source.fetched


async def test_nobody_waits_for_the_warming(service: Service) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    service.world.codat.interruptions["integrations"] = never

    async with asyncio.timeout(5), running(service.app):
        assert 200 == (await service.get("/healthz", {})).status_code


@pytest.mark.parametrize("error", [CodatUnavailable(), ValueError("s3cret")])
async def test_a_warming_that_fails_is_told_and_stops_nothing(
    service: Service, error: Exception
) -> None:
    async def fail() -> None:
        raise error

    service.world.codat.interruptions["integrations"] = fail

    with capture_logs() as lines:
        async with running(service.app):
            await turns_of_the_loop()
            service.world.codat.interruptions.clear()
            service.world.clock.advance(5)
            answer = await service.get("/v1/integrations")

    (told,) = (line for line in lines if line["event"] == "not warmed")
    assert type(error).__name__ == told["error"]
    assert "s3cret" not in str(lines)
    assert 200 == answer.status_code


async def test_what_was_set_aside_from_the_collector_is_given_back(service: Service) -> None:
    before = gc.get_threshold()
    async with running(service.app):
        assert gc.get_freeze_count() > 0
        assert SELDOM == gc.get_threshold()

    assert 0 == gc.get_freeze_count()
    assert before == gc.get_threshold()


@pytest.fixture
def _quiet_again() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet_again")
async def test_the_environment_configures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TILLBRIDGE_LOG_LEVEL", "warning")
    monkeypatch.setenv("TILLBRIDGE_PUBLIC_URL", "https://shop.example.test/pay")

    app = from_environment()

    assert isinstance(app, Shell)
    assert "/pay" == app.base_path
    assert logging.WARNING == logging.getLogger().level


async def test_without_its_settings_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRON:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SettingsInvalid, match="TILLBRIDGE_CONNECTOR_KEY is missing"):
        from_environment()


async def test_the_environment_cannot_make_it_show_stack_traces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LITESTAR_DEBUG", "1")
    monkeypatch.setenv("LITESTAR_PDB", "1")
    service = serve()

    async def stumble() -> None:
        raise ValueError("s3cret")

    service.world.codat.interruptions["integrations"] = stumble
    answer = await service.get("/v1/integrations")

    assert 500 == answer.status_code
    assert "s3cret" not in answer.text

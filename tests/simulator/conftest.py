"""One simulator for all tests, on a thread of its own, reset before each."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import httpx
import pytest

from adapters.codat_simulator.server import (
    RunningSimulator,
    SimulatorSettings,
    running_simulator,
)
from tests.simulator.driving import API_KEY, AUTHORIZATION, Driver


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    up: Future[RunningSimulator] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        settings = SimulatorSettings(api_key=API_KEY, port=0, sync_flow_port=0, other_companies=0)
        async with running_simulator(settings) as running:
            up.set_result(running)
            await stop.wait()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        thread = threading.Thread(target=runner.run, args=(serve(),))
        thread.start()
        yield up.result(timeout=10)
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def driver_for_all(running: RunningSimulator) -> Iterator[Driver]:
    url, headers = running.api_url, {"authorization": AUTHORIZATION}
    with (
        httpx.Client(base_url=url, headers=headers, timeout=5) as api,
        httpx.Client(base_url=url, timeout=5) as anonymous,
    ):
        yield Driver(running=running, api=api, anonymous=anonymous)


@pytest.fixture
def driver(driver_for_all: Driver) -> Driver:
    driver_for_all.control("POST", "reset")
    return driver_for_all


@pytest.fixture
def browser(driver: Driver) -> Iterator[httpx.Client]:
    with driver.browser() as client:
        yield client

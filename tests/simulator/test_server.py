"""Starting, stopping, and not being able to."""

import asyncio
import os
import signal
import socket
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from adapters.codat_simulator.app import api_app
from adapters.codat_simulator.errors import CodatError
from adapters.codat_simulator.ledger import Ledger
from adapters.codat_simulator.server import (
    RunningSimulator,
    SimulatorCannotListen,
    SimulatorPortTaken,
    SimulatorSettings,
    running_simulator,
    serve_simulator,
)
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.sync_flow.app import sync_flow_app
from tests.simulator.driving import Driver


pytestmark = pytest.mark.anyio
ANYWHERE: Any = {"port": 0, "sync_flow_port": 0}


async def test_it_answers_at_once_and_not_any_more_afterwards() -> None:
    async with (
        running_simulator(SimulatorSettings(**ANYWHERE)) as running,
        httpx.AsyncClient() as client,
    ):
        assert (await client.get(f"{running.api_url}/_simulator/")).status_code == 200
        assert (await client.get(running.sync_flow_url)).status_code == 200
    async with httpx.AsyncClient() as client:
        for url in (running.api_url, running.sync_flow_url):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_several_run_side_by_side_and_know_nothing_of_each_other() -> None:
    async with (
        running_simulator(SimulatorSettings(**ANYWHERE)) as one,
        running_simulator(SimulatorSettings(**ANYWHERE)) as other,
        httpx.AsyncClient() as client,
    ):
        await client.post(f"{one.api_url}/_simulator/clock", json={"advanceSeconds": 9})
        clock = (await client.get(f"{other.api_url}/_simulator/clock")).json()

    assert clock["aheadSeconds"] == 0


async def test_a_taken_port_is_named(running: RunningSimulator) -> None:
    port = int(running.api_url.rpartition(":")[2])

    with pytest.raises(SimulatorPortTaken, match=f"Port {port} on 127.0.0.1 is taken"):
        async with running_simulator(SimulatorSettings(port=port, sync_flow_port=0)):
            pytest.fail("it must not start")
    with pytest.raises(SimulatorPortTaken, match=str(port)):
        async with running_simulator(SimulatorSettings(port=0, sync_flow_port=port)):
            pytest.fail("it must not start")


async def test_one_port_cannot_serve_both() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(SimulatorPortTaken):
        async with running_simulator(SimulatorSettings(port=port, sync_flow_port=port)):
            pytest.fail("it must not start")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
async def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(SimulatorCannotListen, match=f"cannot listen on {host}, port 0: ."):
        async with running_simulator(SimulatorSettings(host=host, **ANYWHERE)):
            pytest.fail("it must not start")


@pytest.mark.parametrize(
    ("host", "start"),
    [("0.0.0.0", "http://127.0.0.1:"), ("localhost", "http://localhost:")],  # noqa: S104  # on purpose
)
async def test_urls_that_a_browser_can_open(host: str, start: str) -> None:
    async with running_simulator(SimulatorSettings(host=host, **ANYWHERE)) as running:
        assert running.api_url.startswith(start)


async def test_ipv6_stands_in_brackets() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with (
        running_simulator(SimulatorSettings(host="::1", **ANYWHERE)) as running,
        httpx.AsyncClient() as client,
    ):
        assert running.api_url.startswith("http://[::1]:")
        assert (await client.get(f"{running.api_url}/_simulator/")).status_code == 200


async def test_what_goes_wrong_inside_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with running_simulator(SimulatorSettings(**ANYWHERE)):
            raise KeyError("mine")


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "companies", "delaySeconds": 600},
        {"operation": "companies", "malformed": "drip", "dripSeconds": 600},
    ],
)
async def test_a_slow_answer_does_not_hold_up_the_end(fault: Any) -> None:
    async with httpx.AsyncClient() as client:
        async with running_simulator(SimulatorSettings(**ANYWHERE)) as running:
            await client.post(f"{running.api_url}/_simulator/scenario", json=fault)
            headers = {"authorization": "Basic c2ltdWxhdG9yLWtleQ=="}
            call = asyncio.create_task(client.get(f"{running.api_url}/companies", headers=headers))
            await asyncio.sleep(0.1)
            before = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - before < 1
        with pytest.raises(httpx.RemoteProtocolError):
            await call


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_serving_ends_with_a_signal(number: signal.Signals) -> None:
    seen: list[RunningSimulator] = []

    def ready(running: RunningSimulator) -> None:
        seen.append(running)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    await serve_simulator(SimulatorSettings(**ANYWHERE), ready)

    assert seen[0].api_url.startswith("http://127.0.0.1:")
    assert signal.getsignal(number) == before


async def test_the_same_seed_makes_the_same_urls() -> None:
    async def urls() -> list[str]:
        settings = SimulatorSettings(seed=7, **ANYWHERE)
        headers = {"authorization": "Basic c2ltdWxhdG9yLWtleQ=="}
        path = "/config/sync/commerce/lqai/gbol/start"
        async with (
            running_simulator(settings) as running,
            httpx.AsyncClient(base_url=running.api_url, headers=headers) as client,
        ):
            first = (await client.get(path)).json()["url"]
            await client.post("/_simulator/reset")
            again = (await client.get(path)).json()["url"]
            return [url.removeprefix(running.sync_flow_url) for url in (first, again)]

    made = [*await urls(), *await urls()]
    assert len(set(made)) == 1


def test_settings_hide_the_key() -> None:
    assert "secret" not in repr(SimulatorSettings(api_key="secret"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": ""},
        {"port": -1},
        {"sync_flow_port": 65536},
        {"connector_key": "LQAI"},
        {"connector_key": "lqaix"},
        {"connector_side": "middle"},
    ],
)
def test_settings_that_cannot_be(wrong: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SimulatorSettings(**wrong)


def test_codes_run_out_before_they_repeat() -> None:
    codes = iter(["1", "1", "2", "2"])
    ledger = Ledger(lambda: next(codes))

    assert ledger.unused_code("m", "lqai", "gbol") == "1"
    assert ledger.unused_code("m", "lqai", "gbol") == "2"
    assert ledger.unused_code("other", "lqai", "gbol") == "2"


def test_once_every_code_was_used_they_start_over() -> None:
    codes = iter(["1", "2", "1"])
    ledger = Ledger(lambda: next(codes), most_codes=2)

    given = [ledger.unused_code("m", "lqai", "gbol") for _ in range(3)]
    assert given == ["1", "2", "1"]


def test_errors_speak_in_logs() -> None:
    assert str(CodatError(status=404, error="Not found")) == "404 PublicApi: Not found"


class Broken:
    """Companies that cannot be asked for."""

    active = 0


async def test_a_defect_is_an_error_of_codats_shape(caplog: pytest.LogCaptureFixture) -> None:
    simulator = Simulator(
        settings=SimulatorSettings(), api_url="http://api.test", sync_flow_url="http://ui.test"
    )
    simulator.companies = Broken()  # type: ignore[assignment]  # broken on purpose
    headers = {"authorization": "Basic c2ltdWxhdG9yLWtleQ=="}
    async with (
        AsyncTestClient(api_app(simulator), raise_server_exceptions=False) as api,
        AsyncTestClient(sync_flow_app(simulator), raise_server_exceptions=False) as flow,
    ):
        failed = await api.get("/companies", headers=headers)
        simulator.ledger = None  # type: ignore[assignment]  # broken on purpose
        page = await flow.get("/a/lqai/gbol/start?otp=1")

    assert failed.status_code == 500
    assert failed.json()["statusCode"] == 500
    assert page.status_code == 500
    assert "The simulator has a defect" in page.text
    ours = [record for record in caplog.records if record.name.startswith("adapters.")]
    assert [record.getMessage() for record in ours] == ["the simulator has a defect"] * 2


def test_reset_without_a_seed_keeps_ids_new(driver: Driver) -> None:
    first = driver.start()
    driver.control("POST", "reset")

    assert driver.start() != first

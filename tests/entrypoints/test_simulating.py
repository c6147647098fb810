"""Having a simulator that runs already play a scenario."""

import asyncio
import importlib
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.refused import Refused
from entrypoints.simulating import SIMULATOR, scenario_called


pytestmark = pytest.mark.anyio
FILE = """
title = "Mine"
[[steps]]
title = "Odd"
faults = [{operation = "start", malformed = "huge", sizeBytes = 5, times = 2}]
after = {calls = 1}
for = 2.5
rateLimit = {remaining = 3}
slugs = true
"""


async def playing_after(name_or_file: str) -> Any:
    """What a simulator plays once it has been told to."""
    simulator: Any = importlib.import_module(SIMULATOR)
    settings = simulator.SimulatorSettings(port=0, sync_flow_port=0)
    async with simulator.running_simulator(settings) as running:
        scenario = scenario_called(name_or_file)
        await asyncio.to_thread(scenario.begin, running.api_url)
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"{running.api_url}/_simulator/scenario"
            return json.loads((await client.get(url)).content)["playing"]


async def test_one_that_ships_is_played_by_its_name() -> None:
    playing = await playing_after("codat-down")

    assert ("codat-down", 4) == (playing["name"], len(playing["next"]))


async def test_one_of_a_file_is_played_as_the_file_has_it(tmp_path: Path) -> None:
    (tmp_path / "codat-down").write_text(FILE, encoding="utf-8")

    playing = await playing_after(str(tmp_path / "codat-down"))

    assert (None, "Mine") == (playing["name"], playing["title"])
    fault = {"operation": "start", "malformed": "huge", "sizeBytes": 5, "times": 2}
    assert [
        {
            "step": 1,
            "title": "Odd",
            "begins": {"inCalls": 1, "operation": "*"},
            "rateLimit": {"remaining": 3},
            "slugs": True,
            "faults": [fault],
        }
    ] == playing["next"]


def test_nobody_who_plays_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(Refused, match=r"does not play flaky \(status None\)"):
        scenario_called("flaky").begin(f"http://127.0.0.1:{port}")

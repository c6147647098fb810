"""Codat twice over: as the fake has it, and as the simulator does."""

from typing import Any, Protocol
from urllib.parse import urlsplit

import attrs
import httpx

from adapters.codat.http_gateway import HttpCodatGateway
from adapters.codat_simulator.server import RunningSimulator
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
)
from domain.ids import MerchantIdentifier, PlatformKey
from domain.ports.clock import Clock
from domain.ports.codat_gateway import CodatGateway
from tests.fakes.clock import FakeClock
from tests.fakes.codat import FakeCodatGateway, Operation


XERO = PlatformKey("gbol")


class World(Protocol):
    """A Codat that a test can push about."""

    @property
    def gateway(self) -> CodatGateway: ...

    @property
    def clock(self) -> Clock: ...

    async def fail(self, operation: Operation, error: CodatError) -> None:
        """Have the operation fail with such an error, again and again."""
        ...

    async def repeat_last_url(self) -> None:
        """Have the next start answer with the last URL."""
        ...

    async def finish(self, url: str, merchant: MerchantIdentifier) -> None:
        """Let the merchant go through the sync flow that begins at *url*."""
        ...


@attrs.frozen
class FakeWorld:
    gateway: FakeCodatGateway
    clock: FakeClock

    async def fail(self, operation: Operation, error: CodatError) -> None:
        self.gateway.fail_always(operation, error)

    async def repeat_last_url(self) -> None:
        self.gateway.repeat_last_url()

    async def finish(self, url: str, merchant: MerchantIdentifier) -> None:
        self.gateway.finish_sync_flow(merchant, XERO, organisation="Xero")


FAULTS: dict[type[CodatError], dict[str, Any]] = {
    CodatKeyRefused: {"status": 401},
    CodatLimitReached: {"status": 402},
    CodatNotFound: {"status": 404},
    CodatRateLimited: {"status": 429, "retryAfter": 7},
    CodatUnavailable: {"status": 503},
    CodatTimedOut: {"delaySeconds": 600},
    CodatAnswerInvalid: {"malformed": "truncated"},
}
OPERATIONS: dict[Operation, str] = {
    "integrations": "integrations",
    "branding": "branding",
    "start_sync_flow": "start",
    "find_companies": "companies",
    "connections": "connections",
    "configuration": "configuration",
    "clock_skew": "integrations",
}


@attrs.frozen
class SimulatedWorld:
    gateway: HttpCodatGateway
    clock: SystemClock
    running: RunningSimulator
    controls: httpx.AsyncClient

    async def fail(self, operation: Operation, error: CodatError) -> None:
        await self._switch({"operation": OPERATIONS[operation], **FAULTS[type(error)]})

    async def repeat_last_url(self) -> None:
        await self._switch({"repeatUrl": True})

    async def finish(self, url: str, merchant: MerchantIdentifier) -> None:
        visit = f"{self.running.sync_flow_url}/{urlsplit(url).path.split('/')[1]}"
        assert 200 == (await self.controls.get(url)).status_code
        assert 303 == (await self.controls.post(f"{visit}/finish")).status_code

    async def _switch(self, change: dict[str, Any]) -> None:
        scenario = f"{self.running.api_url}/_simulator/scenario"
        assert 200 == (await self.controls.post(scenario, json=change)).status_code

"""The real processes of a run: the simulator, the services, and the servers that these share."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import attrs
import httpx
from benchmarks.processes import free_ports

from entrypoints.demo.child import Child
from entrypoints.demo.plan import CONNECTOR
from ledger import at_rest
from ledger.notebook import Kept, Kill, Minted
from ledger.plan import Kind
from ledger.replica import LONGEST_START, NEXT_LOOK, Replica, environ
from ledger.shared import Shared, shared
from ledger.stage_plan import StagePlan, ports_for


PAGE: Final = 200


@attrs.define
class Stage:
    """
    What runs in *directory*: all that the services write is below `service` there.

    *up* is set while at least one of the *replicas* accepts connections.
    """

    directory: Path
    plan: StagePlan
    simulator: Child
    http: httpx.AsyncClient
    replicas: Sequence[Replica]
    servers: Shared | None = None
    up: asyncio.Event = attrs.field(factory=asyncio.Event)
    _next: int = attrs.field(default=0, init=False)

    @property
    def written(self) -> Path:
        """Where everything is that the services have written."""
        return self.directory / "service"

    def in_turn(self) -> list[str]:
        """The addresses of all replicas, the next one first."""
        self._next += 1
        count = len(self.replicas)
        return [self.plan.address((self._next + more) % count) for more in range(count)]

    def is_up(self, replica: int) -> bool:
        """Whether that one accepts connections."""
        return self.replicas[replica].up

    async def kill(self, replica: int) -> Kill:
        """Kill one, start it again at once, and wait until it is up."""
        victim = self.replicas[replica]
        victim.up = False
        if not any(each.up for each in self.replicas):
            self.up.clear()
        kill = await victim.kill()
        self.up.set()
        return kill

    async def wait_until_up(self) -> None:
        """
        Wait until all services accept connections.

        Raises:
            RuntimeError: one ended; the end of its log tells why.
        """
        for replica in self.replicas:
            await replica.wait_until_up()
        self.up.set()

    def search(self, canaries: Collection[str]) -> at_rest.Searched:
        """Look for each of *canaries* in all that services and servers have written."""
        found = at_rest.search(self.written, canaries)
        return at_rest.together(found, self.servers.search(canaries)) if self.servers else found

    async def control(self, method: str, what: str, content: Any = None) -> Any:
        """Tell the simulator something, by its control plane."""
        url = f"{self.plan.codat_api}/_simulator/{what}"
        answer = await self.http.request(method, url, json=content)
        return answer.raise_for_status().json()

    async def minted(self) -> tuple[list[Minted], int]:
        """Every URL that the simulator minted, and how often it was asked for one."""
        ledger = await self.control("GET", "ledger")
        connector = CONNECTOR["platformKey"]
        minted = [Minted.read(entry, connector) for entry in ledger["minted"]]
        return minted, ledger["calls"]["start"]

    async def kept(self) -> dict[str, Kept]:
        """Every sync session as the service knows it now, by its id."""
        found: dict[str, Kept] = {}
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = (await self.ask("GET", "/v1/sync-sessions", params=query)).json()
            for session in page["syncSessions"]:
                found[session["id"]] = Kept(
                    merchant=session["merchantIdentifier"],
                    key=session["platformKey"],
                    redirects=[
                        dt.datetime.fromisoformat(redirect["at"])
                        for redirect in session["redirects"]
                    ],
                )
            if "next" not in page:
                return found
            query["before"] = page["next"]

    async def keys(self) -> list[str]:
        """The integrations that can be started, in an order that is always the same."""
        offered = (await self.ask("GET", "/v1/integrations")).json()["integrations"]
        return sorted(entry["key"] for entry in offered if entry["availability"] == "available")

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """
        Ask the service as the platform's backend.

        Raises:
            httpx.HTTPStatusError: the answer is not a good one.
        """
        headers = {"Authorization": f"Bearer {self.plan.operator_key}"}
        url = f"{self.plan.tillbridge}{path}"
        answer = await self.http.request(method, url, headers=headers, **more)
        return answer.raise_for_status()

    def end_service(self) -> None:
        """Ask the services to end, as a supervisor would."""
        for replica in self.replicas:
            replica.child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        for child in (*(replica.child for replica in self.replicas), self.simulator):
            if not child.ended:
                child.stop()


@asynccontextmanager
async def staged(
    directory: Path,
    *,
    log_level: str = "debug",
    serving: Sequence[str] = (),
    replicas: int = 1,
    database: Kind = "sqlite",
) -> AsyncGenerator[Stage, None]:
    """
    Run the simulator and the services on free ports, with their files in *directory*.

    Several *replicas* share servers, and so does one whose *database* is PostgreSQL.
    """
    service = directory / "service"
    service.mkdir(parents=True)
    with ExitStack() as servers:
        found = None
        if replicas > 1 or database == "postgres":
            found = servers.enter_context(shared(directory, cache=replicas > 1))
        plan = StagePlan(
            port=free_ports(ports_for(replicas)),
            directory=service,
            log_level=log_level,
            serving=tuple(serving),
            replicas=replicas,
            extra=found.settings if found else {},
        )
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as http:
            simulator = _start_simulator(plan, directory)
            stage = Stage(
                directory=directory,
                plan=plan,
                simulator=simulator,
                http=http,
                replicas=[Replica.start(plan, number, service) for number in range(replicas)],
                servers=found,
            )
            with stage:
                await _until_up(simulator)
                await stage.wait_until_up()
                yield stage


async def _until_up(child: Child) -> None:
    async with asyncio.timeout(LONGEST_START):
        while not child.up:
            if child.ended:
                raise RuntimeError("\n".join(child.last_lines))
            await asyncio.sleep(NEXT_LOOK)


def _start_simulator(plan: StagePlan, directory: Path) -> Child:
    folder = directory / "codat"
    folder.mkdir()
    return Child.start(plan.simulator, environ(), folder)

"""The real processes of a run: the simulator, and the service, which is killed again and again."""

import asyncio
import datetime as dt
import os
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import attrs
import httpx
from benchmarks.processes import HOST, ROOT, Process, free_ports

from entrypoints.demo.child import Child
from entrypoints.demo.plan import CONNECTOR, SIMULATOR, TILLBRIDGE, Part
from entrypoints.demo.plan import Plan as DemoPlan
from ledger.notebook import Kept, Kill, Minted, now


LONGEST_START: Final = 60.0
"""Seconds that a process may take to be up; far more than it needs on a quiet machine."""

OTHER_COMPANIES: Final = "5000"
"""Enough of Codat's quota for any run, at a thousand requests a day each."""

PAGE: Final = 200
NEXT_LOOK: Final = 0.02


@attrs.frozen(kw_only=True)
class StagePlan(DemoPlan):
    """
    The demo's processes without the shop, and without the limits that would end a run early.

    *serving* takes the place of `tillbridge serve`, *extra* are settings besides.
    """

    log_level: str = "debug"
    serving: Sequence[str] = ()
    extra: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """The demo's settings, and what a run needs besides."""
        limits = {f"TILLBRIDGE_LIMIT_{name}": "off" for name in ("MERCHANT", "KEY", "ALL")}
        level = {"TILLBRIDGE_LOG_LEVEL": self.log_level}
        return {**super().settings, **limits, **level, **self.extra}

    def part(self, name: str) -> Part:
        """One of the processes."""
        found = next(part for part in self.parts() if part.name == name)
        if name == SIMULATOR:
            command = (*found.command, "--other-companies", OTHER_COMPANIES, "--seed", "1")
            return attrs.evolve(found, command=command)
        command = (*self.serving, "--port", str(self.port)) if self.serving else found.command
        return attrs.evolve(found, command=command, signs=(f"{self.tillbridge}/healthz",))


@attrs.define
class Stage:
    """
    What runs in *directory*: all that the service writes is below `service` there.

    Each of its lives has a log of its own; what the journal held at each death is kept, too.
    """

    directory: Path
    plan: StagePlan
    simulator: Child
    http: httpx.AsyncClient
    service: Child
    lives: int = 1
    up: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def written(self) -> Path:
        """Where everything is that the service has written."""
        return self.directory / "service"

    @property
    def process(self) -> Process:
        """The service, to be measured."""
        return Process(self.service.process)

    async def kill(self) -> Kill:
        """Kill the service, start it again at once, and wait until it is up."""
        self.up.clear()
        at = now()
        self.service.process.kill()
        self.service.process.wait()
        self._keep_journal()
        self.lives += 1
        self.service = _start(self.plan, self.directory, self.lives)
        await self.wait_until_up()
        return Kill(at=at, up_at=now())

    async def wait_until_up(self) -> None:
        """
        Wait until the service accepts connections, which it does when it is ready.

        Raises:
            RuntimeError: it ended; the end of its log tells why.
        """
        async with asyncio.timeout(LONGEST_START):
            while not await _accepts(self.plan.port):
                if self.service.ended:
                    raise RuntimeError("\n".join(self.service.last_lines))
                await asyncio.sleep(NEXT_LOOK)
        self.up.set()

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
        """Ask the service to end, as a supervisor would."""
        self.service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        for child in (self.service, self.simulator):
            if not child.ended:
                child.stop()

    def _keep_journal(self) -> None:
        # The next life rolls it back, or overwrites it.
        for journal in self.written.glob("*-journal"):
            shutil.copy(journal, self.written / f"life-{self.lives:03d}" / journal.name)


@asynccontextmanager
async def staged(
    directory: Path, *, log_level: str = "debug", serving: Sequence[str] = ()
) -> AsyncGenerator[Stage, None]:
    """Run the simulator and the service on free ports, with all of their files in *directory*."""
    service = directory / "service"
    service.mkdir(parents=True)
    plan = StagePlan(
        port=free_ports(4), directory=service, log_level=log_level, serving=tuple(serving)
    )
    simulator = _start_simulator(plan, directory)
    async with httpx.AsyncClient(timeout=30.0, trust_env=False) as http:
        stage = Stage(
            directory=directory,
            plan=plan,
            simulator=simulator,
            http=http,
            service=_start(plan, directory, 1),
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
    return Child.start(plan.part(SIMULATOR), _environ(), folder)


def _start(plan: StagePlan, directory: Path, life: int) -> Child:
    # What it writes by the way must not be anywhere but where it is looked for.
    folder = directory / "service" / f"life-{life:03d}"
    folder.mkdir()
    away = dict.fromkeys(("HOME", "XDG_STATE_HOME", "TMPDIR"), str(folder))
    part = plan.part(TILLBRIDGE)
    if life > 1:
        # A supervisor starts it again as it is; the database is there already.
        again = tuple(word for word in part.command if word != "--migrate")
        part = attrs.evolve(part, command=again)
    return Child.start(part, _environ() | away, folder)


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "TILLBRIDGE" not in name}
    # Some of what is run is in packages at the root, which are not installed.
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(path)}


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True

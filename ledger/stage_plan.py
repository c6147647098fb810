"""What is run: the demo's simulator, and as many services as wanted, on ports of their own."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import httpx
from benchmarks.processes import HOST

from entrypoints.demo.plan import SIMULATOR, TILLBRIDGE, Part
from entrypoints.demo.plan import Plan as DemoPlan


OTHER_COMPANIES: Final = "5000"
"""Enough of Codat's quota for any run, at a thousand requests a day each."""

DEMO_PORTS: Final = 4


@attrs.frozen(kw_only=True)
class StagePlan(DemoPlan):
    """
    The demo's processes without the shop, and without the limits that would end a run early.

    *serving* takes the place of `tillbridge serve`, *extra* are settings besides. There may be
    several *replicas*, which count from 0; the public URL is that of the first.
    """

    log_level: str = "debug"
    serving: Sequence[str] = ()
    extra: Mapping[str, str] = attrs.field(factory=dict)
    replicas: int = 1

    @property
    def settings(self) -> dict[str, str]:
        """The demo's settings, and what a run needs besides."""
        limits = {f"TILLBRIDGE_LIMIT_{name}": "off" for name in ("MERCHANT", "KEY", "ALL")}
        level = {"TILLBRIDGE_LOG_LEVEL": self.log_level}
        return {**super().settings, **limits, **level, **self.extra}

    @property
    def simulator(self) -> Part:
        """Codat's process."""
        found = self._part(SIMULATOR)
        command = (*found.command, "--other-companies", OTHER_COMPANIES, "--seed", "1")
        return attrs.evolve(found, command=command)

    def service(self, number: int, life: int = 1) -> Part:
        """The process of a replica; a later *life* finds what there is to be migrated done."""
        found, port = self._part(TILLBRIDGE), self.port_of(number)
        serving = self.serving or found.command[: found.command.index("--port")]
        command = (*serving, "--port", str(port))
        if life == 1 and not self.serving:
            command = (*command, "--migrate")
        return attrs.evolve(found, command=command, signs=(f"{self.address(number)}/healthz",))

    def port_of(self, number: int) -> int:
        """Where a replica listens."""
        return self.port if number == 0 else self.port + DEMO_PORTS - 1 + number

    def address(self, number: int) -> str:
        """Where a replica is asked, as a balancer does."""
        return f"http://{HOST}:{self.port_of(number)}"

    def replica_at(self, url: httpx.URL) -> int:
        """The number of the replica that *url* is at."""
        return next(n for n in range(self.replicas) if self.port_of(n) == url.port)

    def _part(self, name: str) -> Part:
        return next(part for part in self.parts() if part.name == name)


def ports_for(replicas: int) -> int:
    """How many ports in a row such a plan needs."""
    return DEMO_PORTS - 1 + replicas

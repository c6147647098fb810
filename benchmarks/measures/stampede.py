"""How often is Codat asked when very many ask at once for what no cache has?"""

import asyncio
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.installation import Installation, upstream
from benchmarks.plan import Plan
from benchmarks.processes import HOST, SERVICE_CORES, on
from benchmarks.sampling import Findings, Group, Sample, budget
from benchmarks.upstream import COUNTS
from entrypoints.container import Container, running
from entrypoints.logs import configure_logs
from entrypoints.web.app import create_app


PATH: Final = "/v1/integrations"
ONCE: Final = 1


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Ask the whole application for the catalogue, many times at once and with empty caches.

    In this process, since the service itself asks for everything as soon as it starts.
    """
    with upstream(directory, "--delay-ms", str(plan.delay_ms)) as (codat_port, _):
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare()
        with on(SERVICE_CORES):
            sample = asyncio.run(_stampede(installation, plan.at_once))
        counts = httpx.get(f"http://{HOST}:{codat_port}{COUNTS}", trust_env=False).json()
    brandings = [count for path, count in counts.items() if path.endswith("/branding")]
    group = Group(
        name=f"cold cache, {plan.at_once:,} requests at once", samples={"tillbridge": [sample]}
    )
    promise = f"upstream calls for each integration, {plan.at_once:,} at once"
    most = max(brandings, default=None)
    return Findings([group], budget(promise, most, ONCE, at_most=True))


async def _stampede(installation: Installation, many: int) -> Sample:
    # A thousand lines tell nobody anything.
    configure_logs("warning")
    container = Container(settings=installation.settings)
    name, _, value = installation.authorization.partition(": ")
    async with running(container):
        transport = httpx.ASGITransport(create_app(container))
        async with httpx.AsyncClient(transport=transport, base_url=installation.url) as http:
            latencies: list[float] = []
            began, cpu = time.perf_counter(), time.process_time()

            async def ask() -> None:
                answer = await http.get(PATH, headers={name: value})
                answer.raise_for_status()
                latencies.append(time.perf_counter() - began)

            await asyncio.gather(*(ask() for _ in range(many)))
            seconds = time.perf_counter() - began
            return Sample.window(latencies, seconds, time.process_time() - cpu)

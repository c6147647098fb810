"""What does a redirect cost, beside the bare call, and beside the service one would write?"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from benchmarks.installation import Installation, naive, upstream
from benchmarks.load import Load, write_paths
from benchmarks.plan import Plan
from benchmarks.prefill import merchant, redirect_paths
from benchmarks.processes import Process
from benchmarks.sampling import Budget, Findings, Group, Target, budget, in_turns


MANY: Final = 50
TARGETS: Final = ("upstream alone", "naive service", "tillbridge")
UPSTREAM, NAIVE, OURS = TARGETS
PAIRS: Final = ((OURS, UPSTREAM), (NAIVE, UPSTREAM), (OURS, NAIVE))

SHARE_OF_CPU: Final = 1 / 10
TIMES_AS_MANY: Final = 10
SHARE_OF_P99: Final = 1 / 25
ADDED_MS: Final = 1.5
ADDED_AT_MOST_MS: Final = 10
WORKER_MB: Final = 150


@attrs.frozen
class _Side:
    """Who answers, where, and what is asked."""

    process: Process
    port: int
    paths: Path
    method: str
    headers: Sequence[str] = ()


def measure(plan: Plan, directory: Path) -> Findings:
    """Redirect many merchants, 50 at a time and one at a time, with Codat taking its time."""
    with ExitStack() as stack:
        delay = ("--delay-ms", str(plan.delay_ms))
        codat_port, codat = stack.enter_context(upstream(directory, *delay))
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(plan.sessions)
        service = stack.enter_context(installation.serving())
        key = installation.operator_key
        naive_port, naively = stack.enter_context(naive(directory, codat_port, key, plan.sessions))

        numbers = range(plan.sessions)
        starts = write_paths(directory / "starts", [_start(n) for n in numbers])
        redirects = write_paths(directory / "redirects", redirect_paths(numbers))
        headers = (installation.authorization, "Accept: application/json")
        sides = {
            UPSTREAM: _Side(codat, codat_port, starts, "GET"),
            NAIVE: _Side(naively, naive_port, redirects, "POST", headers),
            OURS: _Side(service, installation.port, redirects, "POST", headers),
        }
        many = _compare(sides, MANY, plan)
        one = _compare(sides, 1, plan)
        memory = service.memory_mb()
    return Findings([many, one], _budgets(many, one, memory))


def _compare(sides: dict[str, _Side], connections: int, plan: Plan) -> Group:
    targets = []
    for name, side in sides.items():
        load = Load(
            process=side.process,
            port=side.port,
            paths=side.paths,
            connections=connections,
            window=plan.window,
            method=side.method,
            headers=side.headers,
        )
        targets.append(Target(name, load.warm_up().sample))
    clients = "1 client" if connections == 1 else f"{connections} clients"
    about = f"redirect, {clients}, Codat answers after {plan.delay_ms} ms"
    return in_turns(about, targets, plan.rounds, PAIRS)


def _budgets(many: Group, one: Group, memory: float) -> list[Budget]:
    cpu = many.ratio(OURS, NAIVE, "cpu_us")
    throughput = many.ratio(OURS, NAIVE, "per_second")
    p99 = many.ratio(OURS, NAIVE, "p99_ms")
    added = one.difference(OURS, UPSTREAM, "p50_ms")
    mostly = one.difference(OURS, UPSTREAM, "p99_ms")
    promises = (
        ("redirect: CPU a request, as a share of the naive service's", cpu, SHARE_OF_CPU, True),
        ("redirect: requests/s, times the naive service's", throughput, TIMES_AS_MANY, False),
        ("redirect: p99, as a share of the naive service's", p99, SHARE_OF_P99, True),
    )
    return [
        *(
            b
            for what, value, limit, most in promises
            for b in budget(what, value, limit, at_most=most)
        ),
        *budget("redirect: latency added for 1 client", added, ADDED_MS, at_most=True, unit="ms"),
        *budget("the same, p99", mostly, ADDED_AT_MOST_MS, at_most=True, unit="ms"),
        *budget("memory of a worker after that", memory, WORKER_MB, at_most=True, unit="MB"),
    ]


def _start(number: int) -> str:
    query = f"merchantIdentifier={merchant(number)}&redirectUrl=http%3A%2F%2F127.0.0.1%2Fconnect"
    return f"/config/sync/commerce/lqai/gbol/start?{query}"

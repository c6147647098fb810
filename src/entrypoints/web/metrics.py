"""
What operators count: requests, hand-offs, and the seconds that a link has left.

Several workers count together: where `serving` has named a directory for that, the library keeps
every value in a file there, and whichever worker is asked adds them up (`entrypoints.seats`).
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from domain.ports.codat_gateway import Traffic
from entrypoints.seats import SHARED, forget_the_gone
from entrypoints.web.cache_metrics import CacheMetrics
from entrypoints.web.codat_metrics import CodatMetrics


CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
EVERY: Final = 1.0
"""Seconds after which other workers can tell what this one was told to follow."""


class Metrics:
    """
    One registry per application; labels hold route templates and codes, never values.

    *traffic* tells how it goes with Codat.
    """

    def __init__(self, traffic: Callable[[], Traffic] = Traffic) -> None:
        self._registry = CollectorRegistry()
        codat = CodatMetrics(self._registry)
        self._followed: list[Callable[[], None]] = [lambda: codat.follow(traffic())]
        self._requests = Counter(
            "tillbridge_requests",
            "Requests, by method, route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._durations = Histogram(
            "tillbridge_request_duration_seconds",
            "How long requests took.",
            ["method", "route"],
            registry=self._registry,
        )
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._problems = Counter(
            "tillbridge_problems",
            "Errors that were answered, by type of problem.",
            ["problem"],
            registry=self._registry,
        )
        self._handoffs = Histogram(
            "tillbridge_handoff_age_seconds",
            "How old sync flow URLs were when they were handed to a browser.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self._registry,
        )
        self._limited = Counter(
            "tillbridge_starts_limited",
            "Starts that were refused because somebody had their share, by whose it was.",
            ["limit"],
            registry=self._registry,
        )
        self._interest = Counter(
            "tillbridge_interest",
            "Merchants who newly asked to be told of an integration that is coming soon.",
            ["integration"],
            registry=self._registry,
        )

    def watch_lag(self, longest: Callable[[], float]) -> None:
        """Tell how long the event loop was blocked at most lately, in seconds."""
        lag = Gauge(
            "tillbridge_event_loop_lag_seconds",
            "The longest that the event loop was blocked within the last minute.",
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._followed.append(lambda: lag.set(longest()))

    def watch_cache(self, up: Callable[[], bool], outages: Callable[[], int]) -> None:
        """Tell whether the cache that replicas share is in use, and how often it went away."""
        self._followed.append(CacheMetrics(self._registry, up, outages).follow)

    def follow(self) -> None:
        """Take over what others count."""
        for take_over in self._followed:
            take_over()

    async def keep_following(self) -> None:
        """Do so until cancelled, for the workers that are asked instead of this one."""
        while True:
            self.follow()
            await asyncio.sleep(EVERY)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; *route* is a template such as `/v1/sync-sessions/{id}`."""
        kind = (method, route, status)
        if kind not in self._found:
            self._found[kind] = (
                self._requests.labels(method, route, str(status)),
                self._durations.labels(method, route),
            )
        requests, durations = self._found[kind]
        requests.inc()
        durations.observe(seconds)

    def problem(self, slug: str) -> None:
        """Count one error that was answered."""
        self._problems.labels(slug).inc()

    def limited(self, limit: str) -> None:
        """Count one start that was refused; *limit* says whose share was used up."""
        self._limited.labels(limit).inc()

    def handed_over(self, age: float) -> None:
        """Count one sync flow URL given away, *age* seconds after it was fetched."""
        self._handoffs.observe(age)

    def interest(self, key: str) -> None:
        """Count one merchant who asked, for the first time, to be told of integration *key*."""
        self._interest.labels(key).inc()

    def expose(self) -> bytes:
        """Everything, of all workers, in Prometheus' text format."""
        self.follow()
        shared = os.environ.get(SHARED)
        if shared is None:
            return generate_latest(self._registry)
        forget_the_gone(Path(shared))
        together = CollectorRegistry()
        MultiProcessCollector(together, shared)  # type: ignore[no-untyped-call]  # it says no types
        return generate_latest(together)

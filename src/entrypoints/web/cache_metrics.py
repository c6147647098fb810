"""What operators see of the cache that replicas share."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class CacheMetrics:
    """
    Metrics in *registry* that follow the connection to it.

    *up* is whether it is in use, *outages* how often it went away since the start.
    """

    def __init__(
        self, registry: CollectorRegistry, up: Callable[[], bool], outages: Callable[[], int]
    ) -> None:
        self._is_up, self._count = up, outages
        self._up = Gauge(
            "tillbridge_cache_up",
            "1 while the shared cache is in use, 0 while a worker does without.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._outages = Counter(
            "tillbridge_cache_outages", "How often the shared cache went away.", registry=registry
        )
        self._seen = 0

    def follow(self) -> None:
        """Take over how it is."""
        self._up.set(self._is_up())
        now = self._count()
        self._outages.inc(now - self._seen)
        self._seen = now

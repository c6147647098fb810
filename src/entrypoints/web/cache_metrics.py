"""What operators see of the Redis that replicas share: asked for when somebody looks."""

from collections.abc import Callable, Iterator

import attrs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@attrs.frozen
class CacheCollector(Collector):
    """Turns whether Redis is in use, and how often it went away, into metrics."""

    in_use: Callable[[], bool]
    outages: Callable[[], int]

    def collect(self) -> Iterator[Metric]:
        """As it is now, in this process."""
        yield GaugeMetricFamily(
            "tillbridge_cache_up",
            "1 while the shared Redis is in use, 0 while it is done without.",
            value=float(self.in_use()),
        )
        yield CounterMetricFamily(
            "tillbridge_cache_outages",
            "How often the shared Redis went away since the start.",
            value=self.outages(),
        )

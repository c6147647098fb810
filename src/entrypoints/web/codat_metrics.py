"""What operators see of the traffic with Codat: asked for when somebody looks."""

from collections.abc import Callable, Iterator

import attrs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.ports.codat_gateway import BreakerState, Traffic


@attrs.frozen
class CodatCollector(Collector):
    """Turns what the gateway counted into metrics."""

    traffic: Callable[[], Traffic]

    def collect(self) -> Iterator[Metric]:
        """Breaker, quota and counts as they are now."""
        now = self.traffic()
        breaker = GaugeMetricFamily(
            "tillbridge_codat_breaker",
            "1 for the state of the breaker: closed, or why Codat is not asked.",
            labels=["state"],
        )
        for state in BreakerState:
            breaker.add_metric([state.value], float(state is now.breaker))
        yield breaker
        if now.quota is not None:
            yield GaugeMetricFamily(
                "tillbridge_codat_quota_limit",
                "Requests that Codat allows today.",
                value=now.quota.limit,
            )
            yield GaugeMetricFamily(
                "tillbridge_codat_quota_remaining",
                "Requests that were left today, by Codat's latest answer.",
                value=now.quota.remaining,
            )
        for name, about, label, counts in (
            ("calls", "Calls of Codat, by how they ended.", "outcome", now.calls),
            (
                "second_tries",
                "Calls made once more, by what made that necessary.",
                "reason",
                now.second_tries,
            ),
            ("spared", "Calls not made, by what held them back.", "by", now.spared),
        ):
            family = CounterMetricFamily(f"tillbridge_codat_{name}", about, labels=[label])
            for value, count in sorted(counts.items()):
                family.add_metric([value], count)
            yield family

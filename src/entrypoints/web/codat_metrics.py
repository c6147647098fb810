"""What operators see of the traffic with Codat, as the gateway counted it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from domain.ports.codat_gateway import BreakerState, Quota, Traffic


LATEST: Final = "livemostrecent"
"""Of several workers, what the one says that heard from Codat last."""


class CodatMetrics:
    """Metrics in *registry* that follow what the gateway counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._breaker = Gauge(
            "tillbridge_codat_breaker",
            "Workers whose breaker is in the state: closed, or why they do not ask Codat.",
            ["state"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._calls = self._counter("calls", "Calls of Codat, by how they ended.", "outcome")
        self._second_tries = self._counter(
            "second_tries", "Calls made once more, by what made that necessary.", "reason"
        )
        self._spared = self._counter("spared", "Calls not made, by what held them back.", "by")
        self._quota: tuple[Gauge, Gauge] | None = None
        self._read: Quota | None = None
        self._seen: defaultdict[tuple[Counter, str], int] = defaultdict(int)

    def follow(self, now: Traffic) -> None:
        """Take over what was counted since the last time."""
        for state in BreakerState:
            self._breaker.labels(state.value).set(state is now.breaker)
        self._add(self._calls, now.calls)
        self._add(self._second_tries, now.second_tries)
        self._add(self._spared, now.spared)
        if now.quota is not None and now.quota != self._read:
            # Until Codat has told, there is nothing to show; no quota is not a quota of 0.
            limit, remaining = self._quota = self._quota or self._quotas()
            limit.set(now.quota.limit)
            remaining.set(now.quota.remaining)
            self._read = now.quota

    def _add(self, counter: Counter, counts: Mapping[str, int]) -> None:
        for value, count in sorted(counts.items()):
            # What the gateway counts only grows.
            counter.labels(value).inc(count - self._seen[counter, value])
            self._seen[counter, value] = count

    def _quotas(self) -> tuple[Gauge, Gauge]:
        return (
            Gauge(
                "tillbridge_codat_quota_limit",
                "Requests that Codat allows today.",
                registry=self._registry,
                multiprocess_mode=LATEST,
            ),
            Gauge(
                "tillbridge_codat_quota_remaining",
                "Requests that were left today, by Codat's latest answer.",
                registry=self._registry,
                multiprocess_mode=LATEST,
            ),
        )

    def _counter(self, name: str, about: str, label: str) -> Counter:
        return Counter(f"tillbridge_codat_{name}", about, [label], registry=self._registry)

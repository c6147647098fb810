"""
Taking samples in turns, and what can be said of them.

A machine is faster at one moment than at the next. So targets take turns, forwards and then
backwards, and each sample is compared with the sample of its baseline from the same round.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs


Metric: TypeAlias = Literal["per_second", "p50_ms", "p99_ms", "cpu_us"]
METRICS: Final[tuple[Metric, ...]] = ("per_second", "p50_ms", "p99_ms", "cpu_us")


@attrs.frozen(kw_only=True)
class Sample:
    """
    What one window of load gave, or one single timing.

    *per_second* is requests a second, `None` for a single timing; *cpu_us* is microseconds of
    CPU a request, of the whole process tree; *failures* are answers that were not good ones.
    """

    p50_ms: float
    p99_ms: float
    per_second: float | None = None
    cpu_us: float | None = None
    failures: int = 0

    @classmethod
    def timing(cls, seconds: float) -> "Sample":
        """The sample of something that was done once."""
        return cls(p50_ms=seconds * 1000, p99_ms=seconds * 1000)

    @classmethod
    def window(cls, latencies: Sequence[float], seconds: float, cpu_seconds: float) -> "Sample":
        """The sample of what was done many times within *seconds*; all are in seconds."""
        return cls(
            p50_ms=nearest_rank(latencies, 0.50) * 1000,
            p99_ms=nearest_rank(latencies, 0.99) * 1000,
            per_second=len(latencies) / seconds,
            cpu_us=cpu_seconds / len(latencies) * 1e6,
        )


@attrs.frozen
class Target:
    """Something to be measured; *take* takes one sample of it."""

    name: str
    take: Callable[[], Sample]


@attrs.frozen(kw_only=True)
class Group:
    """
    Targets that were measured in turns.

    All have the same number of *samples*, those of one round at the same place;
    *pairs* says which are compared with which baseline.
    """

    name: str
    samples: Mapping[str, Sequence[Sample]]
    pairs: Sequence[tuple[str, str]] = ()

    def figure(self, target: str, metric: Metric) -> float | None:
        """
        The median over the rounds; `None` where it was not measured.

        The p99 of single timings is that of all of them, by nearest rank.
        """
        values = self._values(target, metric)
        if values is None:
            return None
        if metric == "p99_ms" and self.samples[target][0].per_second is None:
            return nearest_rank(values, 0.99)
        return statistics.median(values)

    def ratio(self, of: str, against: str, metric: Metric) -> float | None:
        """The median of the paired ratios; `None` where it was not measured of both."""
        return self._paired(of, against, metric, lambda value, base: value / base)

    def difference(self, of: str, against: str, metric: Metric) -> float | None:
        """The median of the paired differences; `None` where it was not measured of both."""
        return self._paired(of, against, metric, lambda value, base: value - base)

    def failures(self, target: str) -> int:
        """How many answers were not good ones, over all rounds."""
        return sum(sample.failures for sample in self.samples[target])

    def _paired(
        self, of: str, against: str, metric: Metric, compare: Callable[[float, float], float]
    ) -> float | None:
        values, bases = self._values(of, metric), self._values(against, metric)
        if values is None or bases is None:
            return None
        return statistics.median(map(compare, values, bases))

    def _values(self, target: str, metric: Metric) -> list[float] | None:
        values = [getattr(sample, metric) for sample in self.samples[target]]
        return None if None in values else values


@attrs.frozen(kw_only=True)
class Budget:
    """What was promised of a figure: at least *limit*, or with *at_most* no more than that."""

    promise: str
    measured: float
    limit: float
    at_most: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept in this run."""
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


@attrs.frozen
class Findings:
    """What one measure found."""

    groups: Sequence[Group] = ()
    budgets: Sequence[Budget] = ()


def in_turns(
    name: str, targets: Sequence[Target], rounds: int, pairs: Sequence[tuple[str, str]] = ()
) -> Group:
    """Sample each of *targets* once a round, in an order that turns round every time."""
    samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
    for number in range(rounds):
        for target in targets if number % 2 == 0 else reversed(targets):
            samples[target.name].append(target.take())
    return Group(name=name, samples=samples, pairs=pairs)


def budget(
    promise: str, measured: float | None, limit: float, *, at_most: bool = False, unit: str = ""
) -> list[Budget]:
    """The promise as a list of one; of none where the figure was not *measured*."""
    if measured is None:
        return []
    return [Budget(promise=promise, measured=measured, limit=limit, at_most=at_most, unit=unit)]


def nearest_rank(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this *share* of *values* does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]

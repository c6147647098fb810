"""What the service takes while it runs: memory, descriptors, and how late its loop is."""

import asyncio
import re
import statistics
from collections.abc import Sequence
from typing import Final

import attrs
import httpx

from ledger.figures import Figure
from ledger.replica import Replica
from ledger.stage import Stage


LAG: Final = re.compile(r"^tillbridge_event_loop_lag_seconds (\S+)$", re.MULTILINE)
"""The gauge of the longest time for which the loop was blocked within the last minute."""

WARM_UP: Final = 0.2
"""The share of a run after which memory has to be flat."""

TEN_MINUTES: Final = 600.0
LEAST_SAMPLES: Final = 10


@attrs.frozen(kw_only=True)
class Sample:
    """
    What one process (a *life* of a *replica*) had, *at* some seconds after the run began.

    *lag* is in seconds.
    """

    at: float
    life: int
    memory_mb: float
    descriptors: int
    lag: float | None = None
    replica: int = 0


@attrs.define
class Watch:
    """Takes samples of every replica of *stage*, every so many seconds."""

    stage: Stage
    every: float = 1.0
    samples: list[Sample] = attrs.field(factory=list)

    async def keep(self, stop: asyncio.Event) -> None:
        """Take samples until *stop*."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not stop.is_set():
            for replica in self.stage.replicas:
                lag = await self._lag(replica)
                # While it is down there is nothing to be measured.
                if replica.up:
                    sample = Sample(
                        at=loop.time() - began,
                        life=replica.lives,
                        memory_mb=replica.process.memory_mb(),
                        descriptors=replica.process.descriptors(),
                        lag=lag,
                        replica=replica.number,
                    )
                    self.samples.append(sample)
            await asyncio.sleep(self.every)

    async def _lag(self, replica: Replica) -> float | None:
        address = self.stage.plan.address(replica.number)
        try:
            told = (await self.stage.http.get(f"{address}/metrics")).text
        except httpx.HTTPError:
            return None
        return lag_in(told)


def lag_in(metrics: str) -> float | None:
    """The longest lag of the event loop by the service's *metrics*; in seconds."""
    found = LAG.search(metrics)
    return float(found.group(1)) if found else None


def taken(samples: Sequence[Sample]) -> list[Figure]:
    """What the last process had at its first sample and at its last, and the longest lag."""
    if not samples:
        return []
    end = samples[-1]
    last = [s for s in samples if (s.replica, s.life) == (end.replica, end.life)]
    figures = []
    for when, sample in (("first", last[0]), ("last", last[-1])):
        figures += [
            Figure(name=f"memory, {when} seen", value=sample.memory_mb, unit=" MB"),
            Figure(name=f"descriptors, {when} seen", value=sample.descriptors),
        ]
    lag = longest_lag(samples)
    return [*figures, lag] if lag.is_finite else figures


def longest_lag(samples: Sequence[Sample], at_most: float | None = None) -> Figure:
    """How late the event loop was at worst, if the service tells."""
    lags = [1000 * sample.lag for sample in samples if sample.lag is not None]
    name = "longest lag of the event loop"
    longest = max(lags, default=float("nan"))
    return Figure(name=name, value=longest, unit=" ms", at_most=at_most, timed=True)


def slope(samples: Sequence[Sample], of: str, since: float = WARM_UP) -> float:
    """How much the attribute *of* grows in ten minutes, after the share *since* of the run."""
    end = samples[-1].at if samples else 0.0
    warm = [sample for sample in samples if sample.at >= since * end]
    if len(warm) < LEAST_SAMPLES:
        return float("nan")
    times = [sample.at for sample in warm]
    line = statistics.linear_regression(times, [getattr(sample, of) for sample in warm])
    return line.slope * TEN_MINUTES

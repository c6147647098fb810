"""
Playing a scenario file.

    waiting ──(`after` has come)──▶ active ──(`until` or `for` has come)──▶ over

Each step goes this way once; steps know nothing of each other, and may be active together.
Nothing runs in the background: whoever asks what is active makes time pass.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs
import msgspec

from adapters.codat_simulator.operations import EVERYTHING, VISIT
from adapters.codat_simulator.quota import Quota
from adapters.codat_simulator.script import Calls, Script, Step
from adapters.codat_simulator.vocabulary import Fault, RateLimit


@attrs.define
class Scene:
    """
    One step while it is played; *number* counts from 1.

    Attributes:
        faults: those that have not struck as often as they should yet, and their numbers.
        began_at: None while it is waiting.
        over: it will not come back.
    """

    number: int
    step: Step
    faults: list[tuple[int, Fault]]
    began_at: datetime | None = None
    over: bool = False
    _calls_before: Counter[str] = attrs.field(factory=Counter)

    @classmethod
    def of(cls, number: int, step: Step) -> "Scene":
        """The *step* before it begins; what is played leaves the script as it is."""
        faults = [msgspec.structs.replace(fault) for fault in step.all_faults]
        return cls(number, step, list(enumerate(faults, 1)))

    @property
    def active(self) -> bool:
        """Whether what it switches on is on."""
        return self.began_at is not None and not self.over

    def look(self, now: datetime, start: datetime, calls: Counter[str]) -> None:
        """Begin and end as *now*, and the *calls* since *start*, have it."""
        if self.began_at is None:
            self.began_at = self._begins(now, start, calls)
            self._calls_before = Counter(calls)
        if self.began_at is not None and not self.over:
            since = calls - self._calls_before
            self.over = _come(self.step.until, now, start, calls) or _come(
                self.step.lasts, now, self.began_at, since
            )

    def _begins(self, now: datetime, start: datetime, calls: Counter[str]) -> datetime | None:
        after = self.step.after
        if not _come(after, now, start, calls):
            return None
        return now if isinstance(after, Calls) else start + timedelta(seconds=after)

    def use(self, struck: Sequence[Fault]) -> None:
        """Count the faults that *struck*; what has struck often enough is gone."""
        for fault in struck:
            if fault.times is not None:
                fault.times -= 1
        self.faults = [(number, fault) for number, fault in self.faults if fault.times != 0]

    def begins_in(self, now: datetime, start: datetime, calls: Counter[str]) -> dict[str, object]:
        """How much there is to wait for until it begins."""
        return _left(self.step.after, now, start, calls)

    def ends_in(
        self, now: datetime, start: datetime, calls: Counter[str]
    ) -> dict[str, object] | None:
        """How much there is to wait for until it ends; None if nothing ends it."""
        if self.step.until is not None:
            return _left(self.step.until, now, start, calls)
        if self.step.lasts is not None and self.began_at is not None:
            return _left(self.step.lasts, now, self.began_at, calls - self._calls_before)
        return None


@attrs.define(kw_only=True)
class Play:
    """
    A *script* that is being played since *began_at*, under the *name* it was asked for by.

    The fate of a call hangs on the seed, the fault, and the call's number among the calls of
    its operation, and on nothing else: calls of other operations in between change nothing.
    """

    script: Script
    name: str | None
    seed: int
    began_at: datetime
    _now: Callable[[], datetime]
    _quota: Quota
    scenes: list[Scene] = attrs.field(init=False)
    calls: Counter[str] = attrs.field(factory=Counter, init=False)
    switched: dict[str, bool] = attrs.field(factory=dict, init=False)
    _limiting: Scene | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.scenes = [Scene.of(number, step) for number, step in enumerate(self.script.steps, 1)]
        self.look()

    @property
    def active(self) -> list[Scene]:
        """The steps that are on."""
        return [scene for scene in self.scenes if scene.active]

    @property
    def waiting(self) -> list[Scene]:
        """The steps that have not begun."""
        return [scene for scene in self.scenes if scene.began_at is None]

    @property
    def over(self) -> bool:
        """Whether every step has come to its end."""
        return all(scene.over for scene in self.scenes)

    def look(self) -> None:
        """Begin what has to begin, end what has to end."""
        now = self._now()
        for scene in self.scenes:
            scene.look(now, self.began_at, self.calls)
        active = self.active
        self.switched = {}
        for scene in active:
            self.switched |= scene.step.switched
        limiting = [scene for scene in active if isinstance(scene.step.rate_limit, RateLimit)]
        self._limit(limiting[-1] if limiting else None)

    def arrive(self, operation: str) -> tuple[list[Scene], int]:
        """Note a call: the steps that it runs into, and its number among those of its kind."""
        self.look()
        self.calls[operation] += 1
        if operation != VISIT:
            self.calls[EVERYTHING] += 1
        return self.active, self.calls[operation]

    def strikes(self, fault: Fault, *where: object) -> bool:
        """Whether the *fault* strikes the call that *where* tells from all others."""
        if fault.rate is None:
            return True
        fate = ":".join(map(str, (self.seed, *where)))
        return random.Random(fate).random() < fault.rate  # noqa: S311 - nothing here is a secret

    def stop(self) -> None:
        """Leave the quota as it was found."""
        self._limit(None)

    def _limit(self, scene: Scene | None) -> None:
        if scene is self._limiting:
            return
        self._limiting = scene
        self._quota.stop_pretending()
        if scene is not None and isinstance(scene.step.rate_limit, RateLimit):
            limit = scene.step.rate_limit
            self._quota.pretend(limit.limit, limit.remaining, limit.retry_after_form)


def _come(
    moment: float | Calls | None, now: datetime, start: datetime, calls: Counter[str]
) -> bool:
    if moment is None:
        return False
    if isinstance(moment, Calls):
        return calls[moment.operation] >= moment.calls
    return now >= start + timedelta(seconds=moment)


def _left(
    moment: float | Calls, now: datetime, start: datetime, calls: Counter[str]
) -> dict[str, object]:
    if isinstance(moment, Calls):
        missing = moment.calls - calls[moment.operation]
        return {"inCalls": max(0, missing), "operation": moment.operation}
    left = start + timedelta(seconds=moment) - now
    return {"inSeconds": max(0.0, round(left.total_seconds(), 3))}

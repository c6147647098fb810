"""What goes wrong at the moment: by hand, and because a scenario file is being played."""

from collections.abc import Callable

import attrs
import msgspec

from adapters.codat_simulator.play import Play, Scene
from adapters.codat_simulator.vocabulary import (
    Change,
    Contradiction,
    Fault,
    Switches,
    contradictions,
)


class ScenarioRefused(ValueError):
    """The scenario makes no sense; the message says which field and what would."""


@attrs.frozen(kw_only=True)
class Arrival:
    """
    A call on its way in.

    Attributes:
        operation: what it asks for.
        path: where it goes.
        number: its place among the calls of its operation since the scenario file began.
        scenes: the steps that were active when it came.
    """

    operation: str
    path: str
    number: int = 0
    scenes: list[Scene] = attrs.field(factory=list)


@attrs.define
class Scenario:
    """What is switched on at the moment."""

    _strikes: Callable[[float], bool]
    faults: list[Fault] = attrs.field(factory=list, init=False)
    play: Play | None = attrs.field(default=None, init=False)
    _by_hand: Switches = attrs.field(factory=Switches, init=False)

    @property
    def switches(self) -> Switches:
        """The switches as they stand; what is being played comes before what was set by hand."""
        switched = {} if self.play is None else self.play.switched
        return msgspec.structs.replace(self._by_hand, **switched) if switched else self._by_hand

    def add(self, change: Change) -> None:
        """
        Switch on what the *change* names, on top of what is active.

        Raises:
            ScenarioRefused: the change contradicts itself; then nothing changes.
        """
        self.faults = [*self.faults, *faults_of(change)]
        for name, value in change.switched.items():
            setattr(self._by_hand, name, value)

    def begin(self, play: Play) -> None:
        """Have this *play* instead of the one before, beside what is done by hand."""
        self.end()
        self.play = play

    def end(self) -> None:
        """Play nothing any more."""
        if self.play is not None:
            self.play.stop()
        self.play = None

    def clear(self) -> None:
        """Switch everything off."""
        self.end()
        self.faults = []
        self._by_hand = Switches()

    def look(self) -> None:
        """Have the steps of what is being played begin and end as they should by now."""
        if self.play is not None:
            self.play.look()

    def arrive(self, operation: str, path: str) -> Arrival:
        """Note that a call comes in."""
        if self.play is None:
            return Arrival(operation=operation, path=path)
        scenes, number = self.play.arrive(operation)
        return Arrival(operation=operation, path=path, number=number, scenes=scenes)

    def draw(self, arrival: Arrival) -> list[Fault]:
        """
        The faults that strike this call: any number of delays, and one answer at most.

        What was switched on by hand comes first, then the steps in their order.
        """
        struck: list[Fault] = []
        for fault in self.faults:
            if self._may_strike(fault, arrival, struck) and (
                fault.rate is None or self._strikes(fault.rate)
            ):
                struck.append(fault)
        if struck:
            for fault in struck:
                if fault.times is not None:
                    fault.times -= 1
            self.faults = [fault for fault in self.faults if fault.times != 0]
        for scene in arrival.scenes:
            struck += self._from(scene, arrival, struck)
        return struck

    def _from(self, scene: Scene, arrival: Arrival, before: list[Fault]) -> list[Fault]:
        struck: list[Fault] = []
        where = (arrival.operation, arrival.number)
        for number, fault in scene.faults:
            if self._may_strike(fault, arrival, [*before, *struck]) and (
                self.play is not None and self.play.strikes(fault, scene.number, number, *where)
            ):
                struck.append(fault)
        scene.use(struck)
        return struck

    @staticmethod
    def _may_strike(fault: Fault, arrival: Arrival, struck: list[Fault]) -> bool:
        if not fault.concerns(arrival.operation, arrival.path):
            return False
        return not (fault.answers and any(other.answers for other in struck))


def faults_of(change: Change) -> list[Fault]:
    """
    Every fault that the *change* names, the one at its top level first.

    Raises:
        ScenarioRefused: one contradicts itself.
    """
    faults = change.all_faults
    for fault in faults:
        found: Contradiction | None = next(contradictions(fault), None)
        if found is not None:
            raise ScenarioRefused(str(found))
    return faults

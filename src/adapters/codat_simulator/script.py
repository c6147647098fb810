"""
Scenario files, as values: a story of steps that begin and end.

`script_reading` makes them of TOML and of JSON, `play` plays them.
"""

from typing import Annotated

import attrs
import msgspec
from msgspec import Meta

from adapters.codat_simulator.clock import FASTEST, FURTHEST
from adapters.codat_simulator.operations import EVERYTHING
from adapters.codat_simulator.vocabulary import Change, Seed


MOST_STEPS = 100
Moment = Annotated[float, Meta(ge=0, le=FURTHEST.total_seconds())]
Line = Annotated[str, Meta(max_length=200)]


class Calls(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, frozen=True):
    """So many calls of an operation, instead of so many seconds."""

    calls: Annotated[int, Meta(ge=1, le=1_000_000)]
    operation: str = EVERYTHING


class Step(Change):
    """
    What is switched on together, from when, and how long.

    Attributes:
        title: what happens, in a line.
        after: it begins so many seconds, or so many calls, after the scenario began.
        until: it ends so many seconds, or so many calls, after the scenario began.
        lasts: `for`: it ends so many seconds, or so many calls, after it began itself.
    """

    title: Line = ""
    after: Moment | Calls = 0.0
    until: Moment | Calls | None = None
    lasts: Moment | Calls | None = msgspec.field(name="for", default=None)

    @property
    def does_nothing(self) -> bool:
        """Whether all is as usual while it lasts."""
        limit = isinstance(self.rate_limit, msgspec.UnsetType)
        return limit and not self.all_faults and not self.switched


class Script(
    msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """
    A scenario file.

    Attributes:
        title: what it is about, in a line.
        description: more of it, for whoever reads the file.
        seed: of the faults that have a `rate`; 0 if it says nothing.
        clock_speed: seconds of the simulated clock to a second of real time.
        steps: in the order of the file.
    """

    title: Line = ""
    description: Annotated[str, Meta(max_length=10_000)] = ""
    seed: Seed | None = None
    clock_speed: Annotated[float, Meta(gt=0, le=FASTEST)] = 1.0
    steps: Annotated[list[Step], Meta(min_length=1, max_length=MOST_STEPS)]


@attrs.frozen(kw_only=True)
class Titled:
    """A *script*, and the *name* by which people know it: of a shipped one, or of its file."""

    name: str | None
    script: Script

    def encoded(self) -> bytes:
        """The script as JSON, which `POST /_simulator/scenario` accepts."""
        return msgspec.json.encode(self.script)

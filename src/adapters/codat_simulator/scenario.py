"""
Scenarios: the faults and the open questions that a test can switch on.

`ScenarioChange` is what `POST /_simulator/scenario` accepts, `Scenario` what is active.
"""

from collections.abc import Callable
from typing import Annotated, Literal, get_args

import attrs
import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.codat_simulator.operations import OPERATIONS


EVERYTHING = "*"
RetryAfterForm = Literal["seconds", "date", "junk"]
Drop = Literal["beforeHandling", "afterHandling", "midBody", "reset"]
BodyFault = Literal[
    "truncated",
    "html",
    "wrongType",
    "null",
    "empty",
    "notUtf8",
    "huge",
    "drip",
    "redirect",
]
UrlFault = Literal[
    "missingUrl",
    "emptyUrl",
    "urlNotText",
    "wrongHost",
    "lookalikeHost",
    "httpScheme",
    "javascriptUrl",
    "relativeUrl",
    "userinfo",
    "crlf",
]
Malformed = BodyFault | UrlFault
OF_START: tuple[str, ...] = get_args(UrlFault)
MEBIBYTE = 1024 * 1024
Seconds = Annotated[float, Meta(ge=0, le=600)]


class ScenarioRefused(ValueError):
    """The scenario makes no sense; the message says which field and what would."""


class Fault(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong, for which operation, and how often."""

    operation: str = EVERYTHING
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    error: str | None = None
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    retry_after_form: RetryAfterForm = "seconds"
    delay_seconds: Seconds | None = None
    malformed: Malformed | None = None
    drop: Drop | None = None
    size_bytes: Annotated[int, Meta(ge=1, le=256 * MEBIBYTE)] = 16 * MEBIBYTE
    drip_seconds: Seconds = 0.1
    times: Annotated[int, Meta(ge=1)] | None = None
    rate: Annotated[float, Meta(ge=0, le=1)] | None = None

    @property
    def answers(self) -> bool:
        """Whether it changes the answer, and not only when it comes."""
        return any(effect is not None for effect in (self.status, self.malformed, self.drop))


class RateLimit(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """What the daily quota pretends to be."""

    limit: Annotated[int, Meta(ge=0)] | None = None
    remaining: Annotated[int, Meta(ge=0)] | None = None
    retry_after_form: RetryAfterForm = "seconds"


class ScenarioChange(Fault):
    """One fault at the top level, or several in `faults`, and any of the switches."""

    faults: list[Fault] = []
    rate_limit: RateLimit | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    key_revoked: bool | UnsetType = UNSET
    raw_spaces: bool | UnsetType = UNSET
    slugs: bool | UnsetType = UNSET
    repeat_url: bool | UnsetType = UNSET
    company_reuse: bool | UnsetType = UNSET
    head_consumes: bool | UnsetType = UNSET
    ignore_query: bool | UnsetType = UNSET


class Switches(msgspec.Struct, rename="camel", kw_only=True):
    """The open questions about Codat, and how this simulator answers them now."""

    key_revoked: bool = False
    raw_spaces: bool = False
    slugs: bool = False
    repeat_url: bool = False
    company_reuse: bool = True
    head_consumes: bool = False
    ignore_query: bool = False


SWITCHES = Switches.__struct_fields__


@attrs.define
class Scenario:
    """What is switched on at the moment."""

    _strikes: Callable[[float], bool]
    faults: list[Fault] = attrs.field(factory=list, init=False)
    switches: Switches = attrs.field(factory=Switches, init=False)

    def add(self, change: ScenarioChange) -> None:
        """
        Switch on what the *change* names, on top of what is active.

        Raises:
            ScenarioRefused: the change contradicts itself; then nothing changes.
        """
        self.faults = [*self.faults, *faults_of(change)]
        for name in SWITCHES:
            if getattr(change, name) is not UNSET:
                setattr(self.switches, name, getattr(change, name))

    def clear(self) -> None:
        """Switch everything off."""
        self.faults = []
        self.switches = Switches()

    def draw(self, operation: str) -> list[Fault]:
        """The faults that strike this call: any number of delays, and one answer at most."""
        struck: list[Fault] = []
        for fault in self.faults:
            if fault.operation not in (EVERYTHING, operation):
                continue
            if fault.answers and any(other.answers for other in struck):
                continue
            if fault.rate is not None and not self._strikes(fault.rate):
                continue
            struck.append(fault)
        for fault in struck:
            if fault.times is not None:
                fault.times -= 1
        if struck:
            self.faults = [fault for fault in self.faults if fault.times != 0]
        return struck


def faults_of(change: ScenarioChange) -> list[Fault]:
    """
    Every fault that the *change* names, the one at its top level first.

    Raises:
        ScenarioRefused: one contradicts itself.
    """
    own = Fault(**{name: getattr(change, name) for name in Fault.__struct_fields__})
    faults = [*change.faults] if own == Fault() else [own, *change.faults]
    for fault in faults:
        _check(fault)
    return faults


def _check(fault: Fault) -> None:
    if fault.operation not in (EVERYTHING, *OPERATIONS):
        names = ", ".join((EVERYTHING, *OPERATIONS))
        message = f"`operation` is {fault.operation!r}; it must be one of {names}."
        raise ScenarioRefused(message)
    if fault.malformed in OF_START and fault.operation != "start":
        message = (
            f"`malformed` is {fault.malformed!r}, which concerns the sync flow URL; "
            'set `operation` to "start".'
        )
        raise ScenarioRefused(message)
    chosen = [fault.status, fault.malformed, fault.drop]
    if sum(effect is not None for effect in chosen) > 1:
        message = "`status`, `malformed` and `drop` exclude each other; post one fault for each."
        raise ScenarioRefused(message)
    if not fault.answers and fault.delay_seconds is None:
        message = "A fault needs one of `status`, `delaySeconds`, `malformed` and `drop`."
        raise ScenarioRefused(message)

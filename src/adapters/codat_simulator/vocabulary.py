"""
The words in which faults are told, by hand and in scenario files alike.

`Change` is all that can be switched on: by hand (`ScenarioChange`, which is what
`POST /_simulator/scenario` accepts) and by each step of a scenario file (`script.Step`).
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

import attrs
import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.codat_simulator.operations import EVERYTHING, OPERATIONS, VISIT


RetryAfterForm = Literal["seconds", "date", "junk", "none"]
Drop = Literal["beforeHandling", "afterHandling", "midHeaders", "midBody", "reset"]
BodyFault = Literal[
    "truncated",
    "html",
    "wrongType",
    "null",
    "empty",
    "notUtf8",
    "bom",
    "duplicateKeys",
    "huge",
    "endless",
    "gzipBomb",
    "drip",
    "redirect",
    "redirectElsewhere",
    "redirectLoop",
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
    "longUrl",
    "otherMerchant",
]
Malformed = BodyFault | UrlFault
CodeFault = Literal["expired", "used"]
OF_START: tuple[str, ...] = get_args(UrlFault)
MEBIBYTE = 1024 * 1024
MOST_FAULTS = 100
Seconds = Annotated[float, Meta(ge=0, le=600)]
PlatformKey = Annotated[str, Meta(pattern="^[a-z]{4}$")]
Seed = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Fault(
    msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Something that goes wrong, for which operation, and how often."""

    operation: str = EVERYTHING
    platform_key: PlatformKey | None = None
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    error: str | None = None
    retry_after: Annotated[int, Meta(ge=0, le=366 * 86_400)] | None = None
    retry_after_form: RetryAfterForm = "seconds"
    delay_seconds: Seconds | None = None
    malformed: Malformed | None = None
    drop: Drop | None = None
    code: CodeFault | None = None
    size_bytes: Annotated[int, Meta(ge=1, le=256 * MEBIBYTE)] = 16 * MEBIBYTE
    drip_seconds: Seconds = 0.1
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    rate: Annotated[float, Meta(ge=0, le=1)] | None = None

    @property
    def answers(self) -> bool:
        """Whether it changes the answer, and not only when it comes."""
        effects = (self.status, self.malformed, self.drop, self.code)
        return any(effect is not None for effect in effects)

    def concerns(self, operation: str, path: str) -> bool:
        """Whether a call of this *operation*, to this *path*, is one that it may strike."""
        named = self.operation == operation
        if not named and (self.operation != EVERYTHING or operation == VISIT):
            return False
        return self.platform_key is None or self.platform_key in path.split("/")


class RateLimit(
    msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What the daily quota pretends to be."""

    limit: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    remaining: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    retry_after_form: RetryAfterForm = "seconds"


class Change(Fault):
    """One fault at the top level, or several in `faults`, and any of the switches."""

    faults: Annotated[list[Fault], Meta(max_length=MOST_FAULTS)] = []
    rate_limit: RateLimit | UnsetType = UNSET
    key_revoked: bool | UnsetType = UNSET
    raw_spaces: bool | UnsetType = UNSET
    slugs: bool | UnsetType = UNSET
    repeat_url: bool | UnsetType = UNSET
    company_reuse: bool | UnsetType = UNSET
    head_consumes: bool | UnsetType = UNSET
    ignore_query: bool | UnsetType = UNSET

    @property
    def own_fault(self) -> Fault | None:
        """The fault at the top level, if there is one."""
        own = Fault(**{name: getattr(self, name) for name in Fault.__struct_fields__})
        return None if own == Fault() else own

    @property
    def all_faults(self) -> list[Fault]:
        """Every fault that it names, the one at its top level first."""
        own = self.own_fault
        return [*self.faults] if own is None else [own, *self.faults]

    @property
    def switched(self) -> dict[str, bool]:
        """The switches that it sets, by their names in Python."""
        found = ((name, getattr(self, name)) for name in SWITCHES)
        return {name: value for name, value in found if value is not UNSET}


class ScenarioChange(Change):
    """A change by hand, at once."""

    seed: int | UnsetType = UNSET


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


@attrs.frozen
class Contradiction:
    """A *field* of a fault that makes no sense beside the others, and what would."""

    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"`{self.field}` {self.problem}. {self.remedy}"


def contradictions(fault: Fault) -> Iterator[Contradiction]:
    """Everything about the *fault* that cannot be meant."""
    if fault.operation not in (EVERYTHING, VISIT, *OPERATIONS):
        names = ", ".join((EVERYTHING, *OPERATIONS, VISIT))
        yield Contradiction("operation", f"is {fault.operation!r}", f"It must be one of {names}.")
    if fault.malformed in OF_START and fault.operation != "start":
        problem = f"is {fault.malformed!r}, which concerns the sync flow URL"
        yield Contradiction("malformed", problem, 'Set `operation` to "start".')
    if fault.code is not None and fault.operation != VISIT:
        problem = f"is {fault.code!r}, which merchants meet in the sync flow"
        yield Contradiction("code", problem, f'Set `operation` to "{VISIT}".')
    if fault.operation == VISIT and (fault.malformed is not None or fault.drop is not None):
        field = "drop" if fault.malformed is None else "malformed"
        remedy = "A visit takes `code`, `status` and `delaySeconds`."
        yield Contradiction(field, "is nothing that happens to a visit", remedy)
    effects = {name: getattr(fault, name) for name in ("status", "malformed", "drop", "code")}
    chosen = [name for name, effect in effects.items() if effect is not None]
    if len(chosen) > 1:
        others = " and ".join(f"`{name}`" for name in chosen[:-1])
        problem = f"and {others} exclude each other"
        yield Contradiction(chosen[-1], problem, "Make one fault of each.")
    if not chosen and fault.delay_seconds is None:
        problem = "is missing, and so is any other effect"
        remedy = "A fault needs one of `status`, `delaySeconds`, `malformed`, `drop` and `code`."
        yield Contradiction("status", problem, remedy)


ONLY_WITH: dict[str, tuple[str, tuple[Any, ...]]] = {
    "error": ("status", ()),
    "retryAfter": ("status", ()),
    "retryAfterForm": ("retryAfter", ()),
    "sizeBytes": ("malformed", ("huge", "gzipBomb")),
    "dripSeconds": ("malformed", ("drip",)),
}
"""Fields that do nothing without another one, and the values that it needs, if not any."""

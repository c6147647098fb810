"""
Reading scenario files: everything that is wrong with one, at once.

The words, and what they may be, are those of `script` and `vocabulary`; nothing is said twice.
"""

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs
import msgspec
from msgspec import inspect

from adapters.codat_simulator.operations import EVERYTHING, OPERATIONS, VISIT
from adapters.codat_simulator.script import Calls, Script, Step, Titled
from adapters.codat_simulator.vocabulary import ONLY_WITH, Fault, contradictions
from adapters.codat_simulator.wanting import shown, type_of, wanted


S = TypeVar("S", bound=msgspec.Struct)
LONGEST_FILE: Final = 128 * 1024
LONGEST_LINE: Final = 1000
MOST_PROBLEMS: Final = 50
MORE: Final = "docs/simulator.md lists every field."


@attrs.frozen(kw_only=True)
class Problem:
    """
    Something wrong with a scenario file.

    Attributes:
        step: the number of the step, from 1; None where it is none of theirs.
        title: of that step.
        field: where, as in `faults[2].status`; empty where it is the whole.
        what: is wrong.
        remedy: what would be right.
    """

    step: int | None = None
    title: str = ""
    field: str = ""
    what: str
    remedy: str

    def __str__(self) -> str:
        titled = f" ({shown(self.title)})" if self.title else ""
        step = "" if self.step is None else f"step {self.step}{titled}"
        field = f"`{self.field}`" if self.field else ""
        place = ", ".join(part for part in (step, field) if part)
        colon = f"{place} " if field else f"{place}: " if place else ""
        return f"{colon}{self.what}. {self.remedy}"


@attrs.frozen
class ScriptInvalid(Exception):
    """The scenario called *source* is no good, for all of the *problems*."""

    source: str
    problems: Sequence[Problem]

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {problem}" for problem in self.problems)


def read_file(path: Path) -> Titled:
    """
    The scenario in the TOML file at *path*.

    Raises:
        ScriptInvalid: it cannot be read, or there is something wrong in it.
    """
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "not a path"
        remedy = "Name a file, or a scenario of --list-scenarios."
        raise ScriptInvalid(source, [_whole(f"cannot be read ({reason})", remedy)]) from None
    return Titled(name=path.name, script=read_toml(content, source))


def read_toml(content: bytes, source: str) -> Script:
    """
    The scenario that *content* tells in TOML; *source* is what errors call it.

    Raises:
        ScriptInvalid: there is something wrong with it.
    """
    if len(content) > LONGEST_FILE:
        remedy = f"A scenario has at most {LONGEST_FILE // 1024} KiB."
        raise ScriptInvalid(source, [_whole("is too long", remedy)])
    for number, line in enumerate(content.splitlines(), 1):
        # A key of very many parts would keep the parser busy for minutes.
        if len(line) > LONGEST_LINE:
            remedy = f"Break it: a line has at most {LONGEST_LINE} bytes."
            raise ScriptInvalid(source, [_whole(f"is too long in line {number}", remedy)])
    try:
        raw = tomllib.loads(content.decode())
    except UnicodeDecodeError:
        remedy = "Save it as UTF-8."
        raise ScriptInvalid(source, [_whole("is not UTF-8 text", remedy)]) from None
    except RecursionError:
        remedy = "Nothing in a scenario is deeper than four levels."
        raise ScriptInvalid(source, [_whole("is nested too deep", remedy)]) from None
    except ValueError as error:  # of which a TOMLDecodeError is one
        remedy = "See https://toml.io for the format."
        raise ScriptInvalid(source, [_whole(f"is not TOML: {error}", remedy)]) from None
    problems = [] if raw.get("title") else [_field("title", "is missing", "Say what happens.")]
    return read(raw, source, problems)


def read(raw: Mapping[str, Any], source: str, problems: Sequence[Problem] = ()) -> Script:
    """
    The scenario that *raw* tells, which is what TOML or JSON was decoded to.

    Raises:
        ScriptInvalid: there is something wrong with it, with the *problems* known so far.
    """
    found = _Reader(list(problems))
    script = found.struct(Script, raw, _Place())
    if found.problems or script is None:
        if found.count > len(found.problems):
            more = f"has {found.count - len(found.problems)} more problems"
            found.problems.append(_whole(more, "Correct these first."))
        raise ScriptInvalid(source, found.problems)
    return script


def _whole(what: str, remedy: str) -> Problem:
    return Problem(what=what, remedy=remedy)


def _field(field: str, what: str, remedy: str) -> Problem:
    return Problem(field=field, what=what, remedy=remedy)


@attrs.frozen
class _Place:
    """Where in a scenario: which step, and the way from there."""

    step: int | None = None
    title: str = ""
    way: str = ""

    def field(self, name: str) -> "_Place":
        return attrs.evolve(self, way=f"{self.way}.{name}" if self.way else name)

    def item(self, number: int, raw: Any) -> "_Place":
        if self.step is None and self.way == "steps":
            title = raw.get("title", "") if isinstance(raw, dict) else ""
            return _Place(number, title if isinstance(title, str) else "")
        return attrs.evolve(self, way=f"{self.way}[{number}]")


@attrs.define
class _Reader:
    problems: list[Problem]
    count: int = 0

    @property
    def enough(self) -> bool:
        """Whether there are so many problems that nobody reads on."""
        return len(self.problems) >= MOST_PROBLEMS

    def note(self, place: _Place, what: str, remedy: str) -> None:
        """Count a problem, and keep it unless there are enough."""
        self.count += 1
        if not self.enough:
            found = Problem(
                step=place.step, title=place.title, field=place.way, what=what, remedy=remedy
            )
            self.problems.append(found)

    def struct(self, kind: type[S], raw: Mapping[str, Any], place: _Place) -> S | None:
        """The *raw* table as a *kind*; None if anything is wrong with it."""
        before = self.count
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        values: dict[str, Any] = {}
        for name, value in raw.items():
            here = place.field(shown(name)[1:-1])
            if name in fields:
                values[fields[name].name] = self.value(fields[name].type, value, here)
            else:
                known = () if self.enough else tuple(fields)
                self.note(here, "is no field there", _suggestion(name, known))
        for name, field in fields.items():
            if field.required and name not in raw:
                self.note(place.field(name), "is missing", wanted(type_of(field.type)))
        if self.count > before:
            return None
        made = kind(**values)
        for field_of, what, remedy in _beyond_fields(made, raw):
            self.note(place.field(field_of) if field_of else place, what, remedy)
        return made

    def value(self, kind: Any, value: Any, place: _Place) -> Any:
        """The *value* as a *kind*; None, and a problem more, if it is something else."""
        info = type_of(kind)
        if isinstance(value, list) and isinstance(info, inspect.ListType):
            return self.items(info, value, place)
        inner = _table_in(info)
        if isinstance(value, dict) and inner is not None:
            return self.struct(inner, value, place)
        unreal = isinstance(value, float) and not math.isfinite(value)
        try:
            if not unreal:
                return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            pass
        self.note(place, f"is {shown(value)}", wanted(info))
        return None

    def items(self, info: inspect.ListType, raw: list[Any], place: _Place) -> list[Any]:
        """Each of the *raw* tables as the list has them, which takes only so many."""
        least, most = info.min_length or 0, info.max_length or len(raw)
        if not least <= len(raw) <= most:
            self.note(place, f"has {len(raw)} entries", f"It takes {least} to {most}.")
            return []
        kind = _table_in(info.item_type)
        return [self.value(kind, item, place.item(n, item)) for n, item in enumerate(raw, 1)]


Wrong = tuple[str, str, str]
"""A field, what is wrong with it beside others, and what would be right."""


def _beyond_fields(made: msgspec.Struct, raw: Mapping[str, Any]) -> Iterator[Wrong]:
    """What only shows once every field by itself is right."""
    for kind, check in _CHECKS.items():
        if isinstance(made, kind):
            yield from check(made, raw)


def _check_fault(fault: Any, raw: Mapping[str, Any]) -> Iterator[Wrong]:
    own = fault.own_fault if isinstance(fault, Step) else fault
    if own is not None:
        for found in contradictions(own):
            yield found.field, found.problem, found.remedy
    for name, (other, values) in ONLY_WITH.items():
        if name not in raw:
            continue
        if other not in raw:
            yield name, f"does nothing without `{other}`", f"Add `{other}`, or take it away."
        elif values and raw[other] not in values:
            needed = " or ".join(values)
            yield name, f"does nothing with {other} {raw[other]!r}", f"It belongs to {needed}."


def _check_title(titled: Any, _: Mapping[str, Any]) -> Iterator[Wrong]:
    if not titled.title.isprintable():
        yield "title", "has characters that cannot be shown", "Keep it to a line of plain text."


def _check_step(step: Any, raw: Mapping[str, Any]) -> Iterator[Wrong]:
    yield from _check_title(step, raw)
    if step.until is not None and step.lasts is not None:
        yield "until", "and `for` exclude each other", "Keep one of them."
    if not _later(step.until, step.after):
        yield "until", "is not later than `after`", "Both count from the beginning."
    if step.lasts == 0:
        yield "for", "is 0, which is never", "Say how many seconds, or calls."
    if step.does_nothing and not step.title:
        remedy = "Give it a fault, a switch, or a rateLimit; or a title, if all is well then."
        yield "", "does nothing", remedy


def _later(until: float | Calls | None, after: float | Calls) -> bool:
    if isinstance(until, Calls):
        same = isinstance(after, Calls) and after.operation == until.operation
        return not same or until.calls > after.calls  # type: ignore[union-attr]  # `same` says so
    return until is None or isinstance(after, Calls) or until > after


def _check_calls(calls: Any, _: Mapping[str, Any]) -> Iterator[Wrong]:
    known = (EVERYTHING, VISIT, *OPERATIONS)
    if calls.operation not in known:
        remedy = _suggestion(calls.operation, known)
        yield "operation", f"is {shown(calls.operation)}", remedy


_CHECKS: Final[dict[type[msgspec.Struct], Callable[[Any, Mapping[str, Any]], Iterator[Wrong]]]] = {
    Fault: _check_fault,
    Step: _check_step,
    Calls: _check_calls,
    Script: _check_title,
}


def _table_in(info: inspect.Type) -> type[msgspec.Struct] | None:
    among = info.types if isinstance(info, inspect.UnionType) else (info,)
    return next((each.cls for each in among if isinstance(each, inspect.StructType)), None)


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"There are {', '.join(known)}."

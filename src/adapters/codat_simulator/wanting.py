"""Saying what a field may be, from its type alone."""

import functools

from msgspec import inspect


LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """The *value* as an error may quote it: on one line, and not all of it if it is long."""
    text = repr(value[: LONGEST_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


@functools.cache
def type_of(kind: object) -> inspect.Type:
    """What msgspec makes of the type *kind*, looked up once."""
    return inspect.type_info(kind)


def wanted(info: inspect.Type) -> str:
    """What a field of that type may be, as a sentence."""
    return f"It must be {described(info)}."


def described(info: inspect.Type) -> str:
    """What a value of that type is, for people who write one."""
    if isinstance(info, inspect.UnionType):
        some = (each for each in info.types if not isinstance(each, inspect.NoneType))
        return " or ".join(map(described, some))
    match info:
        case inspect.IntType():
            text = f"a whole number{_within(info)}"
        case inspect.FloatType():
            text = f"a number{_within(info)}"
        case inspect.StrType():
            like = f" like {info.pattern}" if info.pattern else ""
            text = f"text{like}{_shorter(info.max_length)}"
        case inspect.LiteralType(values=values):
            text = f"one of {', '.join(map(str, values))}"
        case inspect.StructType(fields=fields):
            text = f"a table of {', '.join(field.encode_name for field in fields)}"
        case _:
            text = _OTHERS[type(info)]
    return text


_OTHERS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.ListType: "a list of tables",
}


def _shorter(longest: int | None) -> str:
    return "" if longest is None else f" of at most {longest} characters"


def _within(info: inspect.IntType | inspect.FloatType) -> str:
    least = f"{info.ge:g} or more" if info.ge is not None else f"more than {info.gt:g}"
    return f", {least}" + ("" if info.le is None else f" and at most {info.le:_}")

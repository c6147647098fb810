"""Scenario files that make sense, by the thousand, and how to write one down."""

import json
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from adapters.codat_simulator.operations import OPERATIONS, VISIT
from adapters.codat_simulator.script import Script
from adapters.codat_simulator.vocabulary import (
    BodyFault,
    CodeFault,
    Drop,
    RetryAfterForm,
    Switches,
    UrlFault,
)


Raw = dict[str, Any]
LINES = st.text(
    st.characters(categories=["L", "M", "N", "P", "S"], include_characters=" "), max_size=40
)
FORMS = st.sampled_from(get_args(RetryAfterForm))
RATES = st.floats(0, 1, allow_nan=False)
SHORT = st.integers(0, 600) | st.floats(0, 600, allow_nan=False)
ANY = st.sampled_from(("*", *OPERATIONS))
CALLS = st.fixed_dictionaries(
    {"calls": st.integers(1, 1000)},
    optional={"operation": st.sampled_from(("*", VISIT, *OPERATIONS))},
)
USUALLY: dict[str, st.SearchStrategy[Any]] = {
    "times": st.integers(1, 9),
    "rate": RATES,
    "delaySeconds": SHORT,
}


def fault(operation: st.SearchStrategy[str], **fields: st.SearchStrategy[Any]) -> Any:
    required = {"operation": operation, **fields}
    optional = {name: values for name, values in USUALLY.items() if name not in fields}
    return st.fixed_dictionaries(required, optional=optional)


KINDS = st.sampled_from(sorted(set(get_args(BodyFault)) - {"huge", "gzipBomb", "drip"}))
BIG = st.sampled_from(["huge", "gzipBomb"])
FAULTS: st.SearchStrategy[Raw] = st.one_of(
    fault(ANY, status=st.integers(200, 599)),
    fault(ANY, status=st.just(429), retryAfter=st.integers(0, 86_400), retryAfterForm=FORMS),
    fault(ANY, status=st.just(500), error=LINES),
    fault(ANY, delaySeconds=SHORT, platformKey=st.from_regex("[a-z]{4}", fullmatch=True)),
    fault(ANY, drop=st.sampled_from(get_args(Drop))),
    fault(ANY, malformed=KINDS),
    fault(ANY, malformed=BIG, sizeBytes=st.integers(1, 10_000)),
    fault(ANY, malformed=st.just("drip"), dripSeconds=SHORT),
    fault(st.just("start"), malformed=st.sampled_from(get_args(UrlFault))),
    fault(st.just(VISIT), code=st.sampled_from(get_args(CodeFault))),
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(0, 10_000),
        "remaining": st.integers(0, 100),
        "retryAfterForm": FORMS,
    },
)


@st.composite
def steps(draw: st.DrawFn) -> Raw:
    step: Raw = {"title": draw(LINES.filter(bool))}
    step |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "faults": st.lists(FAULTS, max_size=3),
                "rateLimit": LIMITS,
                **{name: st.booleans() for name in Switches.__struct_encode_fields__},
            },
        )
    )
    own: st.SearchStrategy[Raw] = st.just({}) | FAULTS
    step |= draw(own)
    begins: int | Raw | None = draw(st.none() | st.integers(0, 100) | CALLS)
    if begins is not None:
        step["after"] = begins
    ends = draw(st.sampled_from(["never", "until", "for"]))
    if ends == "for":
        step["for"] = draw(st.integers(1, 100) | st.floats(0.5, 100) | CALLS)
    elif ends == "until":
        seconds = begins if isinstance(begins, int) else 0
        calls: int = begins["calls"] if isinstance(begins, dict) else 0
        later = {"calls": calls + draw(st.integers(1, 9)), "operation": "*"}
        step["until"] = draw(st.integers(seconds + 1, 1000) | st.just(later))
    return step


SCRIPTS: st.SearchStrategy[Raw] = st.fixed_dictionaries(
    {"title": LINES.filter(bool), "steps": st.lists(steps(), min_size=1, max_size=4)},
    optional={
        "description": st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        "seed": st.integers(0, 2**53 - 1),
        "clockSpeed": st.floats(0.01, 3600),
    },
)


def written(script: Script) -> str:
    """The *script* as a scenario file."""
    raw: Raw = msgspec.to_builtins(script)
    lines = [_line(name, value) for name, value in raw.items() if name != "steps"]
    for step in raw["steps"]:
        lines += ["", "[[steps]]", *(_line(name, value) for name, value in step.items())]
    return "\n".join([*lines, ""])


def _line(name: str, value: Any) -> str:
    return f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(_line(*item) for item in value.items() if item[1] is not None)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # What JSON escapes, TOML escapes the same way, and one character besides.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

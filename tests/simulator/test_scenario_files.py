"""Reading scenario files: what they mean, and all that is wrong with them at once."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.codat_simulator import shipped
from adapters.codat_simulator.script import Calls, Script
from adapters.codat_simulator.script_reading import (
    LONGEST_FILE,
    MOST_PROBLEMS,
    Problem,
    ScriptInvalid,
    read,
    read_file,
    read_toml,
)
from tests.simulator.stories import SCRIPTS, written


MANUAL = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
PATIENT = settings(deadline=None)
GOOD = 'title = "A day"\n[[steps]]\nstatus = 503\n'


def example_of_the_manual() -> str:
    (text,) = re.findall(r"```toml\n(.*?)```", MANUAL, re.DOTALL)
    return str(text)


def problems_of(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ScriptInvalid) as caught:
        read_toml(content, "day.toml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("day.toml: ") for line in lines)
    return [line.removeprefix("day.toml: ") for line in lines]


def in_a_step(fields: str) -> str:
    """The one thing that is wrong with a step of these *fields*."""
    (problem,) = problems_of(f'title = "A day"\n[[steps]]\ntitle = "Odd"\n{fields}\n')
    assert problem.startswith("step 1 ('Odd'), "), problem
    return problem.removeprefix("step 1 ('Odd'), ")


def test_the_example_of_the_manual_is_read_as_the_manual_says() -> None:
    script = read_toml(example_of_the_manual().encode(), "example")

    slow, down, nonsense, well = script.steps
    assert (7, 1.0) == (script.seed, script.clock_speed)
    assert (10.0, 40.0, None) == (slow.after, slow.until, slow.lasts)
    assert ("start", 3.0) == (slow.operation, slow.delay_seconds)
    assert (40.0, None, 20.0, 503, 20) == (
        *(down.after, down.until, down.lasts),
        *(down.status, down.retry_after),
    )
    assert Calls(calls=3, operation="start") == nonsense.after
    assert Calls(calls=2, operation="start") == nonsense.lasts
    assert ["html", "wrongHost"] == [fault.malformed for fault in nonsense.all_faults]
    assert [] == well.all_faults


def test_a_file_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "my-day.toml"
    path.write_text(GOOD, encoding="utf-8")

    titled = read_file(path)

    assert ("my-day.toml", "A day") == (titled.name, titled.script.title)
    assert titled == shipped.called(str(path))


def test_what_ships_is_read_by_its_name() -> None:
    assert shipped.shipped("codat-down") == shipped.called("codat-down")
    with pytest.raises(shipped.ScenarioUnknown, match="No scenario is called 'codat-up'"):
        shipped.shipped("codat-up")


@pytest.mark.parametrize("path", ["no-such-file", "/", "nul\0byte"])
def test_what_is_no_file_is_told(path: str) -> None:
    with pytest.raises(ScriptInvalid, match="cannot be read") as caught:
        read_file(Path(path))

    assert "Name a file, or a scenario of --list-scenarios." in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"title = 'A day'\n\xff", "is not UTF-8 text. Save it as UTF-8."),
        (b"title = ", "is not TOML: Invalid value"),
        (b"a = 1\na = 2\nb = 3", "is not TOML: Cannot overwrite a value"),
        (b"a = 2026-02-30", "is not TOML: Invalid date"),
        (b"a = " + b"[\n" * 5000, "is nested too deep."),
        (b"#\n" * LONGEST_FILE, "is too long. A scenario has at most 128 KiB."),
        (b"\n#" + b"." * 1000, "is too long in line 2. Break it: a line has at most 1000 bytes."),
    ],
)
def test_what_is_no_toml_is_told(content: bytes, problem: str) -> None:
    (told,) = problems_of(content)

    assert told.startswith(problem)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = """
sed = 3
clockSpeed = 0

[[steps]]
title = "Down"
statsu = 503
after = {call = 3}

[[steps]]
after = 5
until = 4
status = 503

[[steps]]
faults = [{status = 99}, {status = 500, drop = "reset"}, {rate = 0.5}, 4]
keyRevoked = 1
"""

    assert [
        "`title` is missing. Say what happens.",
        "`sed` is no field there. Did you mean `seed`?",
        "`clockSpeed` is 0. It must be a number, more than 0 and at most 3_600.",
        "step 1 ('Down'), `statsu` is no field there. Did you mean `status`?",
        "step 1 ('Down'), `after.call` is no field there. Did you mean `calls`?",
        (
            "step 1 ('Down'), `after.calls` is missing. "
            "It must be a whole number, 1 or more and at most 1_000_000."
        ),
        "step 2, `until` is not later than `after`. Both count from the beginning.",
        (
            "step 3, `faults[1].status` is 99. "
            "It must be a whole number, 200 or more and at most 599."
        ),
        "step 3, `faults[2].drop` and `status` exclude each other. Make one fault of each.",
        (
            "step 3, `faults[3].status` is missing, and so is any other effect. "
            "A fault needs one of `status`, `delaySeconds`, `malformed`, `drop` and `code`."
        ),
        (
            "step 3, `faults[4]` is 4. "
            "It must be a table of operation, platformKey, status, error, retryAfter, "
            "retryAfterForm, delaySeconds, malformed, drop, code, sizeBytes, dripSeconds, "
            "times, rate."
        ),
        "step 3, `keyRevoked` is 1. It must be true or false.",
    ] == problems_of(wrong)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("status = '503'", "`status` is '503'. It must be a whole number, 200 or more"),
        ("status = nan", "`status` is nan. It must be a whole number, 200 or more"),
        ("delaySeconds = inf", "`delaySeconds` is inf. It must be a number, 0 or more"),
        ("drop = 'sometimes'", "`drop` is 'sometimes'. It must be one of afterHandling, "),
        ("faults = 3", "`faults` is 3. It must be a list of tables."),
        ("platformKey = 'XERO'", "`platformKey` is 'XERO'. It must be text like ^[a-z]{4}$."),
        ("operation = 'strat'\nstatus = 500", "`operation` is 'strat'. It must be one of *, "),
        ("malformed = 'crlf'", "`malformed` is 'crlf', which concerns the sync flow URL."),
        ("code = 'used'", "`code` is 'used', which merchants meet in the sync flow. Set"),
        ("operation = 'visit'\ndrop = 'reset'", "`drop` is nothing that happens to a visit."),
        ("operation = 'visit'\nmalformed = 'html'", "`malformed` is nothing that happens to"),
        ("retryAfter = 3\ndrop = 'reset'", "`retryAfter` does nothing without `status`. Add"),
        (
            "sizeBytes = 3\nmalformed = 'html'",
            "`sizeBytes` does nothing with malformed 'html'. It belongs to huge or gzipBomb.",
        ),
        ("after = -1", "`after` is -1. It must be a number, 0 or more and at most 315_360_000"),
        ("after = {calls = 0}", "`after.calls` is 0. It must be a whole number, 1 or more"),
        (
            "after = {calls = 1, operation = 'strat'}",
            "`after.operation` is 'strat'. Did you mean `start`?",
        ),
        (
            "for = {calls = 1, operation = 'zzz'}",
            "`for.operation` is 'zzz'. There are *, visit, integrations,",
        ),
        ("until = 3\nfor = 3", "`until` and `for` exclude each other. Keep one of them."),
        ("for = 0", "`for` is 0, which is never. Say how many seconds, or calls."),
        (
            "after = {calls = 3}\nuntil = {calls = 3}",
            "`until` is not later than `after`. Both count from the beginning.",
        ),
        ("rateLimit = {left = 3}", "`rateLimit.left` is no field there. There are limit, "),
        (f"error = 5\nstatus = 500 # {'x' * 100}", "`error` is 5. It must be text."),
        (f"drop = '{'x' * 100}'", f"`drop` is '{'x' * 58}…. It must be one of"),
    ],
)
def test_what_is_wrong_with_a_step(fields: str, problem: str) -> None:
    assert in_a_step(fields).startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('title = "A day"', "`steps` is missing. It must be a list of tables."),
        ('title = "A day"\nsteps = []', "`steps` has 0 entries. It takes 1 to 100."),
        ("steps = 3\ntitle = 'a'", "`steps` is 3. It must be a list of tables."),
        ("title = 'a'\nsteps = [3]", "step 1: `` is 3. "),
        ('title = "A day"\n[[steps]]', "step 1: does nothing. Give it a fault, a switch, or"),
        (GOOD + "title = 3", "step 1, `title` is 3. It must be text of at most 200 characters."),
        (GOOD.replace("A day", "A\\u001b"), "`title` has characters that cannot be shown."),
        (GOOD.replace("A day", "x" * 201), "`title` is 'xxx"),
        (GOOD.replace("A day", ""), "`title` is missing."),
        (GOOD + 'title = "A\\nB"', "step 1 ('A\\nB'), `title` has characters that cannot be"),
        (GOOD + '"a\\nb" = 3', "step 1, `a\\nb` is no field there."),
    ],
)
def test_what_is_wrong_with_the_whole(text: str, problem: str) -> None:
    (told,) = problems_of(text)

    assert told.startswith(problem.replace("`` is", "is"))


def test_nobody_reads_more_than_fifty_problems() -> None:
    fields = "".join(f"field{number} = {number}\n" for number in range(60))

    told = problems_of(f"{GOOD}{fields}")

    assert MOST_PROBLEMS + 1 == len(told)
    assert "has 10 more problems. Correct these first." == told[-1]


def test_a_step_may_say_that_all_is_well_in_words_alone() -> None:
    (step,) = read_toml(b"title = 'A day'\n[[steps]]\ntitle = 'Well'", "day").steps

    assert step.does_nothing


@PATIENT
@given(SCRIPTS)
def test_what_was_read_is_read_the_same_after_being_written_out(raw: dict[str, Any]) -> None:
    script = read(raw, "generated")

    assert script == read_toml(written(script).encode(), "written")
    assert script == read(msgspec.json.decode(msgspec.json.encode(script)), "sent")


def problems_with(reading: Callable[[], Script]) -> Sequence[Problem]:
    """What is wrong with what is being read, if it is refused."""
    try:
        reading()
    except ScriptInvalid as refused:
        return refused.problems or pytest.fail("it says nothing")
    return []


def reads_or_refuses(content: bytes) -> None:
    """Read *content*, or say in lines that can be shown what is wrong with it."""
    for problem in problems_with(lambda: read_toml(content, "hostile")):
        assert problem.remedy.endswith((".", "?"))
        assert len(str(problem)) < 2000


@PATIENT
@given(st.binary(max_size=200))
@example(b"steps = " + b"[\n" * 3000)
@example(b"[[steps]]\nafter = " + b"{a=" * 300)
@example(b"a." * 20_000 + b"b = 1")
@example(b"\n".join(b"%d." % n + b"a." * 400 + b"b = 1" for n in range(20)))
@example(b"a = " + b"9" * 900)
def test_no_bytes_bring_the_reader_down(content: bytes) -> None:
    reads_or_refuses(content)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.datetimes()
    | st.dates()
    | st.times(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["steps", "faults", "after", "calls", "operation", "status", "times"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
NAMES = st.sampled_from([*Script.__struct_encode_fields__, "name"])


@PATIENT
@given(st.dictionaries(NAMES, VALUES, max_size=5))
@example({"seed": 10**400, "steps": [{"status": 10**400, "after": 1e400}]})
@example({"title": "\ud800", "steps": [{"title": "\ud800", "\ud800": 1}]})
def test_no_values_bring_the_reader_down(raw: dict[str, Any]) -> None:
    problems = problems_with(lambda: read(raw, "hostile"))

    assert all(problem.what and problem.remedy for problem in problems)


@PATIENT
@given(SCRIPTS, st.data())
def test_a_good_file_with_a_hole_in_it_is_read_or_refused(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    text = written(read(raw, "generated"))
    cut = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))

    reads_or_refuses((text[:cut] + text[cut + length :]).encode())

"""The fault matrix of the documentation names tests that exist."""

import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "resilience.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (F\d+) \|[^|]*\|[^|]*\| (.+) \|$", TEXT, re.MULTILINE)


def test_no_row_is_told_twice_and_those_of_codat_are_all_there() -> None:
    numbers = [number for number, _ in ROWS]

    assert len(numbers) == len(set(numbers))
    assert {f"F{number}" for number in range(1, 17)} <= set(numbers)


@pytest.mark.parametrize(("number", "proof"), ROWS, ids=[number for number, _ in ROWS])
def test_a_row_ends_in_a_test_that_exists(number: str, proof: str) -> None:
    paths = re.findall(r"`([\w/]+\.py)`", proof)

    assert [] == [path for path in paths if not (ROOT / "tests" / path).is_file()]
    assert paths or "no test" in proof.lower()

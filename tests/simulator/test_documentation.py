"""The manual names everything there is."""

import re
from pathlib import Path
from typing import get_args

import adapters.codat_simulator.sync_flow
from adapters.codat_simulator.operations import OPERATIONS
from adapters.codat_simulator.vocabulary import (
    BodyFault,
    Drop,
    Fault,
    RetryAfterForm,
    ScenarioChange,
    UrlFault,
)


MANUAL = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w-]+)`", MANUAL))
TEMPLATES = Path(next(iter(adapters.codat_simulator.sync_flow.__path__))) / "templates"


def test_operations() -> None:
    assert set(OPERATIONS) <= NAMED


def test_scenarios() -> None:
    fields = {*ScenarioChange.__struct_encode_fields__, *Fault.__struct_encode_fields__}
    values = [get_args(kind) for kind in (BodyFault, UrlFault, Drop, RetryAfterForm)]

    assert fields | {value for group in values for value in group} <= NAMED


def test_test_ids() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.iterdir())
    found = set(re.findall(r'data-testid="([\w-]+)"', pages))

    assert "finish-everything" in found
    assert found <= NAMED

"""`tillbridge doctor`."""

from collections.abc import Iterable

import msgspec

from domain.errors import TillbridgeError
from domain.use_cases.check_setup import Check
from entrypoints.cli.parameters import AsJson, Here
from entrypoints.cli.refusals import explain
from entrypoints.cli.terminal import Terminal
from entrypoints.settings import SettingsInvalid, unknown


class CheckView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One thing that was looked at, and what to do where it is not as it should be."""

    name: str
    passed: bool
    detail: str
    remedy: str | msgspec.UnsetType = msgspec.UNSET


class DoctorView(msgspec.Struct, rename="camel", frozen=True):
    """All that was looked at."""

    passed: bool
    checks: list[CheckView]


async def doctor(*, as_json: AsJson = False, here: Here) -> int:
    """
    Check settings, Codat, connector, integrations, branding, database, cache and clock.

    Prints one line a check; the exit code is 1 if any of them fails.

    Example: tillbridge doctor
    """
    for line in unknown(here.environ):
        here.note(f"Warning: {line}")
    checks = list(await _checks(here))
    passed = all(check.passed for check in checks)
    if as_json:
        here.document(DoctorView(passed=passed, checks=[_view(check) for check in checks]))
    else:
        for check in checks:
            here.answer(f"{'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.detail}")
            if check.remedy:
                here.answer(f"        -> {check.remedy}")
    return 0 if passed else 1


async def _checks(here: Terminal) -> Iterable[Check]:
    try:
        settings = here.settings()
    except SettingsInvalid as invalid:
        return [
            Check(name="Settings", passed=False, detail=problem) for problem in invalid.problems
        ]
    side, key = settings.connector_side.value, settings.connector_key
    detail = f"are complete; the connector is {key} on the {side} side"
    fine = Check(name="Settings", passed=True, detail=detail)
    try:
        async with here.running() as container:
            return [fine, *await container.check_setup()(here.caller)]
    except TillbridgeError as error:
        reason, *remedies = explain(error)
        remedy = " ".join(remedies) or None
        return [fine, Check(name="Start", passed=False, detail=reason, remedy=remedy)]


def _view(check: Check) -> CheckView:
    remedy = msgspec.UNSET if check.remedy is None else check.remedy
    return CheckView(name=check.name, passed=check.passed, detail=check.detail, remedy=remedy)

"""`tillbridge doctor`."""

import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Final

import attrs
import msgspec

from domain.errors import StorageUnavailable
from domain.use_cases.check_setup import Check
from entrypoints.cli.parameters import AsJson, Here
from entrypoints.cli.terminal import Terminal
from entrypoints.settings import SettingsInvalid, unknown


ADAPTERS: Final = logging.getLogger("adapters")


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
    container = here.build(settings)
    reasons: list[str] = []
    async with AsyncExitStack() as stack:
        # What the adapters would warn of is what the checks are about to say.
        stack.callback(ADAPTERS.setLevel, ADAPTERS.level)
        ADAPTERS.setLevel(logging.ERROR)
        for resource in container.resources():
            try:
                await stack.enter_async_context(resource)
            except StorageUnavailable as error:
                reasons.append(error.reason)
        checks = await container.check_setup()(here.caller)
    return [fine, *(_with_reason(check, reasons) for check in checks)]


def _with_reason(check: Check, reasons: list[str]) -> Check:
    """A store that could not be opened has more to say than that it is closed."""
    closed = reasons and not check.passed and check.name in {"Database", "Cache"}
    return attrs.evolve(check, detail=reasons[0]) if closed else check


def _view(check: Check) -> CheckView:
    remedy = msgspec.UNSET if check.remedy is None else check.remedy
    return CheckView(name=check.name, passed=check.passed, detail=check.detail, remedy=remedy)

"""What a merchant may answer; anything else is as good as no answer."""

import re
from collections.abc import Callable, Mapping

from adapters.codat_simulator.configuration import OPTIONS
from adapters.codat_simulator.texts import ACCOUNTS


ZONES = ("Etc/UTC", "Europe/London", "Europe/Paris", "America/New_York", "Australia/Sydney")
_HOURS = tuple(str(hour) for hour in range(24))
_ACCOUNT_IDS = tuple(option["id"] for option in OPTIONS)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SCHEDULE: Mapping[str, Callable[[str], bool]] = {
    "startDate": lambda value: _DATE.fullmatch(value) is not None,
    "syncHour": lambda value: value in _HOURS,
    "timeZone": lambda value: value in ZONES,
}


def understood(stage: str, form: Mapping[str, object]) -> dict[str, str]:
    """The answers to this *stage* in a *form*."""
    expected: Mapping[str, Callable[[str], bool]]
    if stage == "schedule":
        expected = _SCHEDULE
    else:
        accounts = ACCOUNTS.get(stage, {})
        expected = {f"{stage}-{key}": _ACCOUNT_IDS.__contains__ for key in accounts}
    return {
        name: value
        for name, accepted in expected.items()
        if isinstance(value := form.get(name), str) and accepted(value)
    }

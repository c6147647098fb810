"""How the text of a setting becomes a limit: what may be asked of Codat, and how often."""

import datetime as dt
import re
from typing import Final

from domain.model.rate import Rate
from domain.ports.codat_gateway import SecondTry


PERIODS: Final = {
    "second": dt.timedelta(seconds=1),
    "minute": dt.timedelta(minutes=1),
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
}
OFF: Final = "off"
_RATE: Final = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(PERIODS)})", re.ASCII)
_PERCENT: Final = re.compile(r"([0-9]{1,2})%?", re.ASCII)
MOST_KEPT: Final = 90


def rates(given: str) -> tuple[Rate, ...]:
    """Some rates, all of which hold; none for `off`."""
    if given.lower() == OFF:
        return ()
    found = [_RATE.fullmatch(part) for part in re.split(r"[,\s]+", given.lower()) if part]
    if not found or None in found:
        raise ValueError(f"rates such as 10/minute 100/day ({', '.join(PERIODS)}), or off")
    return tuple(Rate(int(match[1]), PERIODS[match[2]]) for match in found if match)


def percent(given: str) -> int:
    """A share of the daily quota, in percent."""
    match = _PERCENT.fullmatch(given)
    if match is None or int(match[1]) > MOST_KEPT:
        raise ValueError(f"a whole number of percent, 0 to {MOST_KEPT}, such as 10")
    return int(match[1])


def second_try(given: str) -> SecondTry:
    """After what a start is tried once more."""
    try:
        return SecondTry(given.lower())
    except ValueError:
        raise ValueError("any, or unopened: only if no connection was made") from None

"""How the command line words times and lists for people."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final


SPANS: Final = (
    (dt.timedelta(days=2), dt.timedelta(days=1), "days"),
    (dt.timedelta(hours=2), dt.timedelta(hours=1), "hours"),
    (dt.timedelta(minutes=2), dt.timedelta(minutes=1), "minutes"),
)
"""From which age on which unit is used, the coarsest first; below all, seconds."""


def age(span: dt.timedelta) -> str:
    """How long *span* is, in one whole unit: `3 minutes`; a negative one is `0 seconds`."""
    for at_least, unit, name in SPANS:
        if span >= at_least:
            return f"{span // unit} {name}"
    seconds = max(int(span.total_seconds()), 0)
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def moment(at: dt.datetime, now: dt.datetime) -> str:
    """When something was: `3 minutes ago, 2026-11-23 09:00:00 UTC`."""
    return f"{age(now - at)} ago, {at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def columns(rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """The *rows* as lines, each column as wide as it must be, without lines drawn between."""
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()

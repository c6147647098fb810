"""Where copies lie while no process runs."""

import datetime as dt
from typing import Protocol

import attrs


@attrs.frozen
class Shelved:
    """The bytes of one copy, and when Codat said what they say."""

    body: bytes
    fetched_at: dt.datetime


class Shelf(Protocol):
    """
    Keeps bytes by name; the last that were put there count.

    Every method may raise `StorageUnavailable`. What is lost is only fetched anew, so a shelf
    may forget; what it must not do is hand out one name's bytes for another's.
    """

    async def put(self, name: str, body: bytes, fetched_at: dt.datetime) -> None:
        """Keep *body* by *name*, in place of what was there."""
        ...

    async def get(self, name: str) -> Shelved | None:
        """What was put there last; `None` where there is nothing, `ValueError` where damaged."""
        ...

    async def ping(self) -> None:
        """Raise `StorageUnavailable` where nothing can be kept at the moment."""
        ...

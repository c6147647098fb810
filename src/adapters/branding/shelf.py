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


class Lease(Protocol):
    """What one holder has, and nobody else, until it is given back or the holder is gone."""

    async def give_back(self) -> None:
        """Let others have it; raises nothing."""
        ...


class Leases(Protocol):
    """
    Lets one of several processes load something, while the others wait for what it brings.

    A lease runs out within seconds of its holder's end.
    """

    async def claim(self, name: str) -> Lease | None:
        """
        The lease of *name*; `None` while another has it.

        Raises:
            StorageUnavailable: nobody knows who has it, so everyone goes by itself.
        """
        ...

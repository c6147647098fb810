"""A shelf that forgets everything at the end of the process."""

import datetime as dt

import attrs

from adapters.branding.shelf import Shelved


@attrs.define
class FakeShelf:
    """Keeps the Shelf protocol without a disk."""

    _kept: dict[str, Shelved] = attrs.field(factory=dict, init=False)

    async def put(self, name: str, body: bytes, fetched_at: dt.datetime) -> None:
        """Remember it."""
        self._kept[name] = Shelved(body, fetched_at)

    async def get(self, name: str) -> Shelved | None:
        """Recall it."""
        return self._kept.get(name)

    async def ping(self) -> None:
        """Memory is always there."""

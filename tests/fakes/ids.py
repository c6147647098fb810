"""Names that can be foretold."""

import itertools
from collections.abc import Iterator

import attrs

from domain.ids import RedirectId, Secret, SyncSessionId


@attrs.define
class FakeIds:
    """Keeps the Ids port by counting."""

    numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def sync_session(self) -> SyncSessionId:
        return SyncSessionId(f"ss_{next(self.numbers):026}")

    def redirect(self) -> RedirectId:
        return RedirectId(f"rd_{next(self.numbers):026}")

    def secret(self) -> Secret:
        return Secret(f"{next(self.numbers):043}")

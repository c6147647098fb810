"""What the simulator writes down for tests: every URL it minted and every call it got."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import attrs

from adapters.codat_simulator.operations import OPERATIONS


LIFETIME = timedelta(seconds=30)
MOST_CODES = 1_000_000


@attrs.define(kw_only=True)
class Minted:
    """One sync flow URL; `id` is the first segment of its path."""

    id: str
    merchant_identifier: str | None
    commerce_key: str
    accounting_key: str
    company_id: str
    minted_at: datetime
    code: str
    redirect_url: str | None
    path: str
    url: str
    consumed_at: datetime | None = None
    refusals: int = 0
    spoilt_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """From this moment on the code is worth nothing."""
        usual = self.minted_at + LIFETIME
        return usual if self.spoilt_at is None else min(usual, self.spoilt_at)

    def spoil(self, how: str, now: datetime) -> None:
        """Let the code be `expired`, or `used` by somebody else, before anybody comes."""
        if how == "expired":
            self.spoilt_at = now
        elif self.consumed_at is None:
            self.consumed_at = now

    def good(self, codes: Iterable[str], path: str, now: datetime) -> bool:
        """Whether a visit with these *codes* to this *path* would be let in now."""
        fresh = self.consumed_at is None and now < self.expires_at
        return fresh and self.code in codes and path == self.path


@attrs.define
class Ledger:
    """Minted URLs, oldest first, and calls by operation."""

    _new_code: Callable[[], str]
    _most_codes: int = MOST_CODES
    _minted: dict[str, Minted] = attrs.field(factory=dict, init=False)
    _newest: dict[tuple[str | None, str, str], Minted] = attrs.field(factory=dict, init=False)
    _codes: dict[tuple[str | None, str, str], set[str]] = attrs.field(factory=dict, init=False)
    calls: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(OPERATIONS, 0), init=False)

    def unused_code(self, merchant: str | None, commerce: str, accounting: str) -> str:
        """A code that this merchant never got for these keys."""
        used = self._codes.setdefault((merchant, commerce, accounting), set())
        if len(used) == self._most_codes:
            used.clear()
        while (code := self._new_code()) in used:
            pass
        used.add(code)
        return code

    def write(self, minted: Minted) -> None:
        """Enter a new URL."""
        self._minted[minted.id] = minted
        key = (minted.merchant_identifier, minted.commerce_key, minted.accounting_key)
        self._newest[key] = minted

    def newest(self, merchant: str | None, commerce: str, accounting: str) -> Minted | None:
        """The URL last given out to this merchant for these keys."""
        return self._newest.get((merchant, commerce, accounting))

    def find(self, minted_id: str) -> Minted | None:
        """The entry of this id, if there is one."""
        return self._minted.get(minted_id)

    def minted(self) -> Iterable[Minted]:
        """Every URL minted, oldest first."""
        return self._minted.values()

    def count(self, operation: str) -> None:
        """Note that a call arrived, whatever becomes of it."""
        self.calls[operation] += 1

    def clear(self) -> None:
        """Turn to an empty page."""
        self._minted.clear()
        self._newest.clear()
        self._codes.clear()
        self.calls = dict.fromkeys(OPERATIONS, 0)

"""
Rule 2: one URL per redirect.

A sync flow URL is a secret that works once within 30 seconds of being minted.
This value gives it away exactly once, soon after it was fetched, and shows it nowhere else.
"""

import datetime as dt
from collections import deque
from typing import Final, NoReturn, SupportsIndex, final

from domain.errors import SyncFlowUrlStale, SyncFlowUrlTaken


LIFETIME: Final = dt.timedelta(seconds=30)
"""How long Codat accepts the code in the URL, from minting (Codat: Merchant onboarding)."""

LONGEST_WAIT: Final = 5.0
"""Seconds from receipt after which Tillbridge no longer hands a URL out."""


@final
class SyncFlowUrl:
    """
    The single-use URL of one redirect.

    *fetched_at* is the monotonic clock's reading on receipt, in seconds;
    *expires_at* is when Codat stops accepting it, reckoned from before it was asked for;
    *fingerprint* is a keyed digest by which a repetition is noticed, and from which the
    URL cannot be had.
    Equality is identity; copying, pickling and printing are refused or say nothing.
    """

    __slots__ = ("_only", "expires_at", "fetched_at", "fingerprint")

    _only: deque[str]
    fetched_at: float
    expires_at: dt.datetime
    fingerprint: str

    def __init__(
        self, url: str, *, fetched_at: float, expires_at: dt.datetime, fingerprint: str
    ) -> None:
        # A deque of one: `pop` is atomic, so of two threads only one can win.
        object.__setattr__(self, "_only", deque((url,)))
        object.__setattr__(self, "fetched_at", fetched_at)
        object.__setattr__(self, "expires_at", expires_at)
        object.__setattr__(self, "fingerprint", fingerprint)

    def expect_fresh(self, now: float) -> None:
        """
        Make sure that it may still be handed out at *now*, the monotonic clock's reading.

        Raises:
            SyncFlowUrlStale: it was received more than 5 seconds ago, or after *now*.
        """
        if not 0 <= now - self.fetched_at <= LONGEST_WAIT:
            self._only.clear()
            raise SyncFlowUrlStale

    def take(self, now: float) -> str:
        """
        Give the URL away, once, at *now*, the monotonic clock's reading.

        Raises:
            SyncFlowUrlTaken: it was given away before, or thrown away as stale.
            SyncFlowUrlStale: it was received more than 5 seconds ago, or after *now*.
        """
        if not self._only:
            raise SyncFlowUrlTaken
        self.expect_fresh(now)
        # No variable holds the URL: a traceback that shows locals has nothing to show.
        try:
            return self._only.pop()
        except IndexError:
            raise SyncFlowUrlTaken from None

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A sync flow URL never changes: what is stale cannot be made fresh.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("A sync flow URL never changes.")

    def __repr__(self) -> str:
        return "<SyncFlowUrl: secret>"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __copy__(self) -> NoReturn:
        self._refuse()

    def __deepcopy__(self, memo: object) -> NoReturn:
        self._refuse()

    def __getstate__(self) -> NoReturn:
        self._refuse()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError("A sync flow URL is never copied or serialised.")

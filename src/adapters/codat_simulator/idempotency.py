"""
Codat's `Idempotency-Key`: the first answer to a POST or PATCH is kept for 90 minutes.

It is replayed whatever it was, errors included; only 429 releases the key.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from adapters.codat_simulator.answers import Answer


KEPT = timedelta(minutes=90)
METHODS = ("POST", "PATCH")


@attrs.define
class Remembered:
    """A key in use: `answer` is None as long as the first request is in progress."""

    request: tuple[bytes, bytes]
    since: datetime
    answer: Answer | None = None


@attrs.define
class Idempotency:
    """The keys of the last 90 minutes."""

    _now: Callable[[], datetime]
    _keys: dict[str, Remembered] = attrs.field(factory=dict, init=False)

    def recall(self, key: str) -> Remembered | None:
        """What is known of this key."""
        found = self._keys.get(key)
        if found is not None and self._now() - found.since >= KEPT:
            del self._keys[key]
            return None
        return found

    def begin(self, key: str, request: tuple[bytes, bytes]) -> Remembered:
        """Reserve the key for this *request*: what is asked of what, and the body."""
        remembered = self._keys[key] = Remembered(request, self._now())
        return remembered

    def keep(self, key: str, remembered: Remembered) -> None:
        """Let the key be replayed from now on."""
        self._keys[key] = remembered

    def release(self, key: str) -> None:
        """Forget the key, so that it can be used afresh."""
        self._keys.pop(key, None)

    def clear(self) -> None:
        """Forget all keys."""
        self._keys.clear()

"""The real clock and the real dice: the one file that may read them."""

import base64
import datetime as dt
import os
import secrets
import time
from contextlib import suppress
from typing import Final

import attrs

from domain.ids import RedirectId, Secret, SyncSessionId


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without letters that are taken for others (Crockford)."""

SIZE = 10
"""Bytes of randomness in a ULID."""

MANY = 50
"""ULIDs that one system call is for."""

_CROCKFORD_OF = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD.encode())


@attrs.frozen
class SystemClock:
    """Keeps the Clock port with the machine's clocks."""

    def now(self) -> dt.datetime:
        """The time in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds since the machine started, or thereabouts."""
        return time.monotonic()


@attrs.frozen
class RandomIds:
    """Keeps the Ids port with the operating system's randomness."""

    def sync_session(self) -> SyncSessionId:
        """A prefix and a ULID: 48 bits of milliseconds, then 80 random bits."""
        return SyncSessionId(f"ss_{_ulid()}")

    def redirect(self) -> RedirectId:
        """A prefix and a ULID."""
        return RedirectId(f"rd_{_ulid()}")

    def secret(self) -> Secret:
        """256 random bits in 43 URL-safe characters."""
        return Secret(secrets.token_urlsafe(32))


def up_to(seconds: float) -> float:
    """Some number of seconds between none and *seconds*, to the millisecond."""
    return secrets.randbelow(int(seconds * 1000) + 1) / 1000


def _ulid() -> str:
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(_DICE.throw())
    # 26 characters are 130 bits, so 128 of them have two zeros ahead; what follows is cut off.
    encoded = base64.b32encode((number << 30).to_bytes(20, "big"))[:26]
    return encoded.translate(_CROCKFORD_OF).decode()


@attrs.frozen
class _Dice:
    """
    Ten random bytes at a time, of the system's by the hundred.

    To ask the system lets go of the interpreter, and the event loop then has to wait for it.
    For ids only: a secret is not left lying about.
    """

    _thrown: list[bytes] = attrs.field(factory=list, init=False, repr=False)

    def throw(self) -> bytes:
        while True:
            # To take one is a single step, so that no two threads get the same.
            with suppress(IndexError):
                return self._thrown.pop()
            drawn = secrets.token_bytes(MANY * SIZE)
            self._thrown.extend(drawn[at : at + SIZE] for at in range(0, len(drawn), SIZE))

    def forget(self) -> None:
        self._thrown.clear()


_DICE: Final = _Dice()
# A process and its child that threw the same would give one id twice.
os.register_at_fork(after_in_child=_DICE.forget)

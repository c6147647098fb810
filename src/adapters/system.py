"""The real clock and the real dice: the one file that may read them."""

import base64
import datetime as dt
import secrets
import time

import attrs

from domain.ids import RedirectId, Secret, SyncSessionId


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without letters that are taken for others (Crockford)."""

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
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    # 26 characters are 130 bits, so 128 of them have two zeros ahead; what follows is cut off.
    encoded = base64.b32encode((number << 30).to_bytes(20, "big"))[:26]
    return encoded.translate(_CROCKFORD_OF).decode()

"""Codat's daily allowance of requests: 1000, and 1000 more for every linked company."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime

import attrs


PER_COMPANY = 1000
JUNK = "soon"


@attrs.define
class Quota:
    """How many requests are left until midnight, UTC, of the simulated clock."""

    _now: Callable[[], datetime]
    _active_companies: Callable[[], int]
    override: int | None = None
    retry_after_form: str = "seconds"
    _used: int = 0
    _resets_at: datetime | None = None
    _before: tuple[int | None, str, int, datetime] | None = None

    @property
    def limit(self) -> int:
        """Requests allowed a day."""
        if self.override is not None:
            return self.override
        return PER_COMPANY * (1 + self._active_companies())

    @property
    def remaining(self) -> int:
        """Requests left today."""
        self._roll_over()
        return max(0, self.limit - self._used)

    @property
    def resets_at(self) -> datetime:
        """The coming midnight."""
        return self._roll_over()

    def take(self) -> bool:
        """Use one request up; False if there is none left."""
        if not self.remaining:
            return False
        self._used += 1
        return True

    def leave(self, remaining: int) -> None:
        """Pretend that only this many requests remain today."""
        self._roll_over()
        self._used = self.limit - remaining

    def pretend(self, limit: int | None, remaining: int | None, form: str) -> None:
        """Be something else until `stop_pretending`."""
        resets_at = self._roll_over()
        self._before = (self.override, self.retry_after_form, self._used, resets_at)
        self.override, self.retry_after_form = limit, form
        if remaining is not None:
            self.leave(remaining)

    def stop_pretending(self) -> None:
        """Be what it was before, less what a midnight in between has brought back."""
        if self._before is None:
            return
        self.override, self.retry_after_form, used, resets_at = self._before
        self._used = used if self._roll_over() == resets_at else 0
        self._before = None

    def retry_after(self) -> str | None:
        """When to come back, in the form that was asked for; None where nothing is said."""
        wait = self.resets_at - self._now()
        return retry_after(int(wait.total_seconds()) + 1, self.retry_after_form, self._now())

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The three headers of every response."""
        resets_at = f"{self._roll_over():%Y-%m-%dT%H:%M:%SZ}"
        return [
            (b"x-rate-limit-limit", str(self.limit).encode()),
            (b"x-rate-limit-remaining", str(self.remaining).encode()),
            (b"x-rate-limit-reset", resets_at.encode()),
        ]

    def reset(self) -> None:
        """A fresh day with the ordinary limit."""
        self.override = None
        self.retry_after_form = "seconds"
        self._used = 0
        self._resets_at = None
        self._before = None

    def _roll_over(self) -> datetime:
        now = self._now()
        if self._resets_at is None or now >= self._resets_at:
            self._used = 0
            tomorrow = now.date() + timedelta(days=1)
            self._resets_at = datetime.combine(tomorrow, time(), UTC)
        return self._resets_at


def retry_after(seconds: int, form: str, now: datetime) -> str | None:
    """The value of a Retry-After header, as `seconds`, `date` or `junk`; None for `none`."""
    if form == "date":
        return format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    return {"seconds": str(seconds), "junk": JUNK}.get(form)


def retry_after_header(value: str | None) -> dict[str, str]:
    """The header with this *value*, if there is one to be sent."""
    return {} if value is None else {"retry-after": value}

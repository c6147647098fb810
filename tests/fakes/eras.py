"""What becomes of logins and tokens where a clock is set back."""

from typing import Any

import attrs

from domain.ports.clock import Clock
from tests.fakes.clock import FakeClock


LEEWAY = 30.0
"""Seconds."""


@attrs.define
class FakeEras:
    """Empties what it is given once the *clock* has lost more than the leeway."""

    clock: Clock = attrs.field(factory=FakeClock)
    furthest: float | None = None

    def __attrs_post_init__(self) -> None:
        self.keep({})

    def keep(self, kept: dict[Any, Any]) -> None:
        ahead = self.clock.now().timestamp() - self.clock.monotonic()
        if self.furthest is not None and ahead < self.furthest - LEEWAY:
            kept.clear()
            self.furthest = ahead
        self.furthest = max(ahead, self.furthest or ahead)

"""
What becomes of logins and connect tokens when the wall clock is set back.

They end at a time of the wall clock, for they outlive the process. If it is set back, that time
comes later than it should, or comes again. How much later cannot be told from the rows, so all
that was handed out before ends: a new era begins. Merchants come in again from the platform.

Two signs tell of it. The latest time that was written down is ahead of the clock: that is seen
after a restart, too. And the clock has lost time against the monotonic one: that is seen by
processes that lived through it, even where nobody wrote meanwhile.
"""

import datetime as dt
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.moments import MICROSECOND, to_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import browser_sessions, connect_tokens, eras
from domain.ports.clock import Clock


LEEWAY: Final = dt.timedelta(seconds=30)
"""The clock may be corrected by so much; what was handed out may last so much longer then."""

READ: Final = Prepared(
    sa.select(eras.c.number, eras.c.latest).where(eras.c.id == sa.bindparam("wanted"))
)
WRITE: Final = Prepared(sa.update(eras), columns=("number", "latest"))
SHORT_LIVED: Final = (connect_tokens, browser_sessions)
_LEEWAY: Final = LEEWAY // MICROSECOND


@attrs.frozen
class Look:
    """
    A look at the clocks: the time in microseconds, and how far it is *ahead* of the monotonic one.

    *lost* is whether that was more, in the era of this *number*, by more than the leeway.
    """

    now: int
    ahead: int
    number: int | None
    lost: bool

    def is_behind(self, number: int, latest: int) -> bool:
        """Whether the clock was set back since what the database has was written."""
        # Who has not learnt the number yet lived through what the clock did since it began.
        own = self.number is None or number == self.number
        return self.now < latest - _LEEWAY or (self.lost and own)


@attrs.define(eq=False)
class Eras:
    """Knows, by the *clock*, in which era this process is; for any number of stores."""

    clock: Clock
    _number: int | None = attrs.field(default=None, init=False)
    _furthest: int | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.look()

    def look(self) -> Look:
        """See what time it is, before asking the database anything."""
        now = to_micros(self.clock.now())
        ahead = now - round(self.clock.monotonic() * 1e6)
        if self._furthest is None or ahead > self._furthest:
            self._furthest = ahead
        return Look(now, ahead, self._number, lost=ahead < self._furthest - _LEEWAY)

    def learn(self, number: int, look: Look) -> None:
        """Take note of the era's *number* in the database, after a *look*."""
        if number != self._number:
            self._number, self._furthest = number, look.ahead


def read_era(connection: sa.Connection) -> tuple[int, int]:
    """The number of the era, and the latest time that was written down."""
    ((number, latest),) = READ.rows(connection, {"wanted": 1})
    return number, latest


def keep_era(connection: sa.Connection, look: Look) -> int:
    """
    Write down what time it is; begin a new era where it is earlier than it was. Its number.

    Belongs into every transaction that hands out what ends, or takes it back.
    """
    number, latest = read_era(connection)
    if look.is_behind(number, latest):
        for table in SHORT_LIVED:
            connection.execute(sa.delete(table))
        number += 1
    elif look.now <= latest:
        return number
    WRITE.run(connection, {"number": number, "latest": look.now})
    return number

"""
What becomes of logins and connect tokens when the wall clock is set back.

They end at a time of the wall clock, for they outlive the process. If it is set back, that time
comes later than it should, or comes again. How much later cannot be told from the rows, so all
that was handed out before ends: a new era begins. Merchants come in again from the platform.

Two signs tell of it. The latest time that was written down is ahead of the clock: that is seen
after a restart, too. And the clock has lost time against the monotonic one: that is seen by
processes that lived through it, even where nobody wrote meanwhile.

Several processes may be at it at once, each with its clock. On PostgreSQL, whoever hands something
out holds on to the row of the eras without being in the way of others who do; only a new era
waits for them, and they for it. The clocks of all machines have to agree by the leeway, as NTP
has them.
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

NOTED_EVERY: Final = dt.timedelta(seconds=1)
"""How often the time is written down, by all together; a new era may be missed by so much."""

_THE_ROW: Final = sa.select(eras.c.number, eras.c.latest)
# SQLite knows no locks of rows, and needs none: one writes at a time.
HOLD: Final = Prepared(_THE_ROW.with_for_update(read=True, key_share=True))
TAKE: Final = Prepared(_THE_ROW.with_for_update())
BEGIN: Final = Prepared(sa.update(eras), columns=("number", "latest"))
NOTE: Final = Prepared(
    sa.update(eras).where(
        # Another process that is at it writes down the same.
        eras.c.id.in_(sa.select(eras.c.id).with_for_update(key_share=True, skip_locked=True)),
        eras.c.latest < sa.bindparam("now"),
    ),
    columns=("latest",),
)
SHORT_LIVED: Final = (connect_tokens, browser_sessions)
_LEEWAY: Final = LEEWAY // MICROSECOND
_NOTED_EVERY: Final = NOTED_EVERY // MICROSECOND


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


def keep_era(connection: sa.Connection, look: Look) -> int:
    """
    Write down what time it is; begin a new era where it is earlier than it was. Its number.

    Belongs into every transaction that hands out what ends, or takes it back; no new era begins
    before that transaction has ended.
    """
    number, latest = _row(HOLD, connection)
    if look.is_behind(number, latest):
        # Of several that notice, one begins it: the server ends the transactions of the others,
        # for each waits for the others to let go. Run again, they find it begun.
        _row(TAKE, connection)
        return _begin(connection, number + 1, look)
    if look.now >= latest + _NOTED_EVERY:
        NOTE.run(connection, {"latest": look.now, "now": look.now})
    return number


def _begin(connection: sa.Connection, number: int, look: Look) -> int:
    for table in SHORT_LIVED:
        connection.execute(sa.delete(table))
    BEGIN.run(connection, {"number": number, "latest": look.now})
    return number


def _row(statement: Prepared, connection: sa.Connection) -> tuple[int, int]:
    ((number, latest),) = statement.rows(connection, {})
    return number, latest

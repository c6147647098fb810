"""The hosted page's logins in the database."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.eras import Eras, Look, keep_era
from adapters.database.grants import from_row, hash_of, long_before, pruning, to_row
from adapters.database.moments import to_micros
from adapters.database.prepared import Prepared, Row
from adapters.database.schema import browser_sessions, eras
from domain.errors import StorageUnavailable
from domain.ids import Secret
from domain.model.caller import ConnectGrant


KIND: Final = "browser session"
TICKET: Final = "ticket"
LOOK: Final = "look"
INSERT: Final = Prepared(sa.insert(browser_sessions))
PRUNE: Final = pruning(browser_sessions)
COLUMNS: Final = (browser_sessions.c.stands_for, browser_sessions.c.expires_at)
HOLDS: Final = sa.and_(
    browser_sessions.c.hash == sa.bindparam("wanted"),
    browser_sessions.c.expires_at > sa.bindparam("now"),
)
SELECT: Final = Prepared(
    sa.select(eras.c.number, eras.c.latest, *COLUMNS).outerjoin_from(eras, browser_sessions, HOLDS)
)
"""The era and the login as they are together: by one statement, wherever it is run."""

MOST_REMEMBERED: Final = 10_000
"""Logins, a few kilobytes each at the most; they end after a quarter of an hour."""


@attrs.frozen
class Kept:
    """What is remembered of a login: what it stands for, the *row* that says so, and its *era*."""

    era: int
    row: tuple[str, int]
    login: ConnectGrant

    @classmethod
    def of(cls, era: int, row: Row) -> "Kept":
        """
        What *row* says.

        Raises:
            StorageUnavailable: it is damaged.
        """
        stands_for, expires_at = row
        return cls(era, (stands_for, expires_at), from_row(stands_for, expires_at))


@attrs.frozen
class SqlBrowserSessions:
    """
    Keeps the BrowserSessions port; what is stored of a secret is a SHA-256 hash, with its *kind*.

    *eras* ends all of them where the clock is set back. What this process read or wrote is
    remembered, by the same hash, for the time when nothing can be read: only then it counts,
    and only in the era that it is of.
    """

    database: Database
    eras: Eras
    kind: str = KIND
    _remembered: "OrderedDict[bytes, Kept]" = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )

    async def open(self, secret: Secret, session: ConnectGrant) -> None:
        """Store the hash of *secret*, and forget some that expired long ago."""
        key, look = hash_of(secret, self.kind), self.eras.look()
        row = to_row(key, session)

        def insert(connection: sa.Connection) -> int:
            era = keep_era(connection, look)
            PRUNE.later(connection, long_before(session))
            INSERT.later(connection, row)
            return era

        era = await self.database.write(insert)
        self.note(key, look, Kept(era, (row["stands_for"], row["expires_at"]), session))

    async def find(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """Look the hash up, unless it has expired by *now*."""
        key, look = hash_of(secret, self.kind), self.eras.look()
        wanted = {"wanted": key, "now": to_micros(now)}

        def select(connection: sa.Connection) -> Sequence[Row]:
            return SELECT.rows(connection, wanted)

        try:
            ((era, latest, *row),) = await self.database.read(select, at_once=True)
        except StorageUnavailable:
            return self._recall(key, now, look)
        if look.is_behind(era, latest):
            await self._end_all(look)
            return None
        self.eras.learn(era, look)
        self._remembered.pop(key, None)
        if row[0] is None:
            return None
        kept = Kept.of(era, row)
        self.note(key, look, kept)
        return kept.login

    async def close(self, secret: Secret) -> None:
        """Delete the row, if there is one."""
        key = hash_of(secret, self.kind)
        self._remembered.pop(key, None)
        forget = sa.delete(browser_sessions).where(browser_sessions.c.hash == key)

        def delete(connection: sa.Connection) -> None:
            connection.execute(forget)

        await self.database.write(delete)
        # Somebody may have read it, and had it remembered, just before.
        self._remembered.pop(key, None)

    async def _end_all(self, look: Look) -> None:
        self._remembered.clear()
        era = await self.database.write(lambda connection: keep_era(connection, look))
        self.eras.learn(era, look)

    def recall(self, secret: Secret) -> tuple[bytes, Look, Kept | None]:
        """The hash of *secret*, a look at the clocks, and what is remembered, holding or not."""
        key = hash_of(secret, self.kind)
        return key, self.eras.look(), self._remembered.get(key)

    def note(self, key: bytes, look: Look, kept: Kept) -> None:
        """Remember what was read, after the *look*, of the login whose hash is *key*."""
        self.eras.learn(kept.era, look)
        self._remembered[key] = kept
        self._remembered.move_to_end(key)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _recall(self, key: bytes, now: dt.datetime, look: Look) -> ConnectGrant | None:
        """
        What is remembered of a login while nothing can be read.

        Raises:
            StorageUnavailable: nothing is, so nobody can say.
        """
        kept = self._remembered.get(key)
        if kept is None or look.lost or kept.era != look.number:
            raise StorageUnavailable("logins cannot be read at the moment")
        return kept.login if now < kept.login.expires_at else None

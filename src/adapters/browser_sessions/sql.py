"""The hosted page's logins in the database."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.eras import Eras, Look, keep_era, read_era
from adapters.database.grants import from_row, hash_of, prune, to_row
from adapters.database.moments import to_micros
from adapters.database.prepared import Prepared, Row
from adapters.database.schema import browser_sessions, eras
from domain.errors import StorageUnavailable
from domain.ids import Secret
from domain.model.caller import ConnectGrant


T = TypeVar("T")
KIND: Final = "browser session"
TICKET: Final = "ticket"
LOOK: Final = "look"
INSERT: Final = sa.insert(browser_sessions)
COLUMNS: Final = (browser_sessions.c.stands_for, browser_sessions.c.expires_at)
HOLDS: Final = sa.and_(
    browser_sessions.c.hash == sa.bindparam("wanted"),
    browser_sessions.c.expires_at > sa.bindparam("now"),
)
SELECT: Final = Prepared(sa.select(*COLUMNS).where(HOLDS))
SELECT_WITH_ERA: Final = Prepared(
    sa.select(eras.c.number, eras.c.latest, *COLUMNS).outerjoin_from(eras, browser_sessions, HOLDS)
)
MOST_REMEMBERED: Final = 10_000
"""Logins, a few kilobytes each at the most; they end after a quarter of an hour."""


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
    _remembered: "OrderedDict[bytes, tuple[int, ConnectGrant]]" = attrs.field(
        factory=OrderedDict, init=False, repr=False
    )

    async def open(self, secret: Secret, session: ConnectGrant) -> None:
        """Store the hash of *secret*, and forget some that expired long ago."""
        key, look = hash_of(secret, self.kind), self.eras.look()
        row = to_row(key, session)

        def insert(connection: sa.Connection) -> int:
            era = keep_era(connection, look)
            connection.execute(prune(browser_sessions, session))
            connection.execute(INSERT, row)
            return era

        era = await self.database.write(insert)
        self.eras.learn(era, look)
        self._remember(key, era, session)

    async def find(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """Look the hash up, unless it has expired by *now*."""
        key, look = hash_of(secret, self.kind), self.eras.look()
        wanted = {"wanted": key, "now": to_micros(now)}

        def select(connection: sa.Connection) -> tuple[tuple[int, int], Sequence[Row]]:
            return read_era(connection), SELECT.rows(connection, wanted)

        try:
            (era, latest), rows = await self.database.read(select)
        except StorageUnavailable:
            return self._recall(key, now, look)
        if look.is_behind(era, latest):
            await self._end_all(look)
            return None
        self.eras.learn(era, look)
        self._remembered.pop(key, None)
        if not rows:
            return None
        found = from_row(*rows[0])
        self._remember(key, era, found)
        return found

    async def find_with(
        self,
        secret: Secret,
        now: dt.datetime,
        more: Callable[[sa.Connection, ConnectGrant], T],
        patience: float,
    ) -> tuple[ConnectGrant, T] | None:
        """
        Look the hash up and, if it is there, read *more* at the same moment.

        Waits no longer than *patience*, in seconds.

        `None` where it is not, or the clock was set back: then `find` has to see to that.

        Raises:
            StorageUnavailable: it cannot be read; nothing that is remembered counts here.
        """
        key, look = hash_of(secret, self.kind), self.eras.look()
        wanted = {"wanted": key, "now": to_micros(now)}

        def select(connection: sa.Connection) -> tuple[int, ConnectGrant, T] | None:
            ((era, latest, *row),) = SELECT_WITH_ERA.rows(connection, wanted)
            if look.is_behind(era, latest) or row[0] is None:
                return None
            found = from_row(*row)
            return era, found, more(connection, found)

        read = await self.database.read(select, patience)
        if read is None:
            return None
        era, found, rest = read
        self.eras.learn(era, look)
        self._remembered.pop(key, None)
        self._remember(key, era, found)
        return found, rest

    async def close(self, secret: Secret) -> None:
        """Delete the row, if there is one."""
        key = hash_of(secret, self.kind)
        self._remembered.pop(key, None)
        forget = sa.delete(browser_sessions).where(browser_sessions.c.hash == key)

        def delete(connection: sa.Connection) -> None:
            connection.execute(forget)

        await self.database.write(delete)

    async def _end_all(self, look: Look) -> None:
        self._remembered.clear()
        era = await self.database.write(lambda connection: keep_era(connection, look))
        self.eras.learn(era, look)

    def _remember(self, key: bytes, era: int, session: ConnectGrant) -> None:
        self._remembered[key] = era, session
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _recall(self, key: bytes, now: dt.datetime, look: Look) -> ConnectGrant | None:
        """
        What is remembered of a login while nothing can be read.

        Raises:
            StorageUnavailable: nothing is, so nobody can say.
        """
        era, found = self._remembered.get(key, (None, None))
        if found is None or look.lost or era != look.number:
            raise StorageUnavailable("logins cannot be read at the moment")
        return found if now < found.expires_at else None

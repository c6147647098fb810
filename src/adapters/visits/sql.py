"""Visits in the database."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import attrs
import sqlalchemy as sa

from adapters.browser_sessions.sql import COLUMNS, HOLDS, Kept, SqlBrowserSessions
from adapters.database.at_once import NOT_NOW
from adapters.database.eras import Look
from adapters.database.moments import to_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import browser_sessions, eras, interests, sync_sessions
from adapters.interest.sql import read_interest
from adapters.sessions.sql import read_page
from domain.ids import MerchantIdentifier, PlatformKey, Secret
from domain.model.sync_session import SyncSession
from domain.ports.session_store import SessionQuery
from domain.ports.visits import Visit


PATIENCE: Final = 1.0
"""
Seconds; what is asked then takes its usual way, which has a deadline of its own. That way costs
more, so that a crowd must not be sent there only because there are many of them.
"""

_EITHER: Final[Sequence[Any]] = [
    sa.exists().where(table.c.merchant == sa.bindparam("merchant"))
    for table in (sync_sessions, interests)
]
HAS: Final = Prepared(sa.select(*_EITHER))
"""Most who look for the first time have neither."""

LOGIN: Final = Prepared(
    sa.select(eras.c.number, eras.c.latest, *_EITHER, *COLUMNS).outerjoin_from(
        eras, browser_sessions, HOLDS
    )
)
"""The same of whoever the login is thought to be for, with the login and the era."""

NOBODY: Final = MerchantIdentifier("")
"""No merchant is called so."""

NOTHING: Final = frozenset[PlatformKey]()


@attrs.frozen
class SqlVisits:
    """
    Keeps the Visits port: by one visit to the database's thread, or none.

    Changes of thread cost a page more than its statements do. *browsers* has the logins.
    """

    browsers: SqlBrowserSessions

    async def find(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """Read the login, and what its merchant has."""
        asked = self._asked(secret, now, limit)
        return self._noted(asked, await self.browsers.database.read(asked, PATIENCE))

    def find_at_once(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """Read the same in the event loop, where the database waits for nobody."""
        asked = self._asked(secret, now, limit)
        found = self.browsers.database.read_at_once(asked)
        return None if found is NOT_NOW else self._noted(asked, found)

    def _asked(self, secret: Secret, now: dt.datetime, limit: int) -> "_Asked":
        key, look, kept = self.browsers.recall(secret)
        return _Asked(key, now, look, kept, limit)

    def _noted(self, asked: "_Asked", found: "_Found | None") -> Visit | None:
        if found is None:
            return None
        self.browsers.note(asked.key, asked.look, found.kept)
        return Visit(login=found.kept.login, begun=found.begun, wanted=found.wanted)


@attrs.frozen
class _Found:
    kept: Kept
    begun: tuple[SyncSession, ...]
    wanted: frozenset[PlatformKey]


@attrs.frozen
class _Asked:
    """
    Reads the login of hash *key*, if it holds *now*, and at most *limit* sync sessions.

    *kept* is what is remembered of it. That spares a statement, and reading what it stands for,
    if the database still says the same; if not, it counts for nothing.
    """

    key: bytes
    now: dt.datetime
    look: Look
    kept: Kept | None
    limit: int

    def __call__(self, connection: sa.Connection) -> _Found | None:
        kept = self.kept
        merchant = kept.login.grant.merchant.identifier if kept else NOBODY
        given = {"wanted": self.key, "now": to_micros(self.now), "merchant": merchant}
        ((era, latest, has_begun, wants, *row),) = LOGIN.rows(connection, given)
        if self.look.is_behind(era, latest) or row[0] is None:
            return None
        if kept is None or kept.era != era or kept.row != tuple(row):
            kept = Kept.of(era, row)
            merchant = kept.login.grant.merchant.identifier
            ((has_begun, wants),) = HAS.rows(connection, {"merchant": merchant})
        begun: tuple[SyncSession, ...] = ()
        if has_begun:
            begun = read_page(connection, SessionQuery(merchant=merchant, limit=self.limit))
        wanted = read_interest(connection, merchant) if wants else NOTHING
        return _Found(kept, begun, wanted)

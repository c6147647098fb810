"""Visits in the database."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import attrs
import sqlalchemy as sa

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.database.prepared import Prepared
from adapters.database.schema import interests, sync_sessions
from adapters.interest.sql import read_interest
from adapters.sessions.sql import read_page
from domain.ids import PlatformKey, Secret
from domain.model.caller import ConnectGrant
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
"""Most who look for the first time have neither, and one statement says so."""


@attrs.frozen
class SqlVisits:
    """
    Keeps the Visits port: one visit to the database's thread, instead of one after the other.

    Changes of thread cost a page more than its statements do. *browsers* has the logins.
    """

    browsers: SqlBrowserSessions

    async def find(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """Read the login, and in the same transaction what its merchant has."""

        def more(
            connection: sa.Connection, login: ConnectGrant
        ) -> tuple[tuple[SyncSession, ...], frozenset[PlatformKey]]:
            merchant = login.grant.merchant.identifier
            ((has_begun, wants),) = HAS.rows(connection, {"merchant": merchant})
            query = SessionQuery(merchant=merchant, limit=limit)
            return (
                read_page(connection, query) if has_begun else (),
                read_interest(connection, merchant) if wants else frozenset(),
            )

        found = await self.browsers.find_with(secret, now, more, PATIENCE)
        if found is None:
            return None
        login, (begun, wanted) = found
        return Visit(login=login, begun=begun, wanted=wanted)

"""Visits in the database."""

import datetime as dt
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.interest.sql import read_interest
from adapters.sessions.sql import read_page
from domain.ids import PlatformKey, Secret
from domain.model.caller import ConnectGrant
from domain.model.sync_session import SyncSession
from domain.ports.session_store import SessionQuery
from domain.ports.visits import Visit


PATIENCE: Final = 0.25
"""Seconds; what is asked then takes its usual way, which has the whole of its own."""


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
            begun = read_page(connection, SessionQuery(merchant=merchant, limit=limit))
            return begun, read_interest(connection, merchant)

        found = await self.browsers.find_with(secret, now, more, PATIENCE)
        if found is None:
            return None
        login, (begun, wanted) = found
        return Visit(login=login, begun=begun, wanted=wanted)

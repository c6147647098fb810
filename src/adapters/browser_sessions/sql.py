"""The hosted page's logins in the database."""

import datetime as dt
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.grants import from_row, hash_of, prune, to_row
from adapters.database.moments import to_micros
from adapters.database.schema import browser_sessions
from domain.ids import Secret
from domain.model.caller import ConnectGrant


KIND: Final = "browser session"
INSERT: Final = sa.insert(browser_sessions)


@attrs.frozen
class SqlBrowserSessions:
    """Keeps the BrowserSessions port; what is stored of a cookie is a SHA-256 hash."""

    database: Database

    async def open(self, secret: Secret, session: ConnectGrant) -> None:
        """Store the hash of *secret*, and forget some that expired long ago."""
        row = to_row(hash_of(secret, KIND), session)

        def insert(connection: sa.Connection) -> None:
            connection.execute(prune(browser_sessions, session))
            connection.execute(INSERT, row)

        await self.database.write(insert)

    async def find(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """Look the hash up, unless it has expired by *now*."""
        wanted = sa.select(browser_sessions.c.stands_for, browser_sessions.c.expires_at).where(
            browser_sessions.c.hash == hash_of(secret, KIND),
            browser_sessions.c.expires_at > to_micros(now),
        )

        def select(connection: sa.Connection) -> ConnectGrant | None:
            row = connection.execute(wanted).one_or_none()
            return None if row is None else from_row(row.stands_for, row.expires_at)

        return await self.database.read(select)

    async def close(self, secret: Secret) -> None:
        """Delete the row, if there is one."""
        forget = sa.delete(browser_sessions).where(
            browser_sessions.c.hash == hash_of(secret, KIND)
        )

        def delete(connection: sa.Connection) -> None:
            connection.execute(forget)

        await self.database.write(delete)

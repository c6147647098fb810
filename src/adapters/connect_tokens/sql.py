"""Connect tokens in the database."""

import datetime as dt
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.grants import from_row, hash_of, prune, to_row
from adapters.database.moments import to_micros
from adapters.database.schema import connect_tokens
from domain.ids import Secret
from domain.model.caller import ConnectGrant


KIND: Final = "connect token"
INSERT: Final = sa.insert(connect_tokens)


@attrs.frozen
class SqlConnectTokens:
    """Keeps the ConnectTokens port; what is stored of a token is a SHA-256 hash."""

    database: Database

    async def issue(self, secret: Secret, token: ConnectGrant) -> None:
        """Store the hash of *secret*, and forget some that expired long ago."""
        row = to_row(hash_of(secret, KIND), token)

        def insert(connection: sa.Connection) -> None:
            connection.execute(prune(connect_tokens, token))
            connection.execute(INSERT, row)

        await self.database.write(insert)

    async def claim(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """Delete the row by one statement; whoever gets it back has spent the token."""
        spend = (
            sa.delete(connect_tokens)
            .where(
                connect_tokens.c.hash == hash_of(secret, KIND),
                connect_tokens.c.expires_at > to_micros(now),
            )
            .returning(connect_tokens.c.stands_for, connect_tokens.c.expires_at)
        )

        def delete(connection: sa.Connection) -> ConnectGrant | None:
            row = connection.execute(spend).one_or_none()
            return None if row is None else from_row(row.stands_for, row.expires_at)

        return await self.database.write(delete)

"""Connect tokens in the database."""

import datetime as dt
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.eras import Eras, keep_era
from adapters.database.grants import from_row, hash_of, long_before, pruning, to_row
from adapters.database.moments import to_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import connect_tokens
from domain.ids import Secret
from domain.model.caller import ConnectGrant


KIND: Final = "connect token"
INSERT: Final = Prepared(sa.insert(connect_tokens))
PRUNE: Final = pruning(connect_tokens)


@attrs.frozen
class SqlConnectTokens:
    """
    Keeps the ConnectTokens port; what is stored of a token is a SHA-256 hash.

    *eras* ends all of them where the clock is set back.
    """

    database: Database
    eras: Eras

    async def issue(self, secret: Secret, token: ConnectGrant) -> None:
        """Store the hash of *secret*, and forget some that expired long ago."""
        row, look = to_row(hash_of(secret, KIND), token), self.eras.look()

        def insert(connection: sa.Connection) -> int:
            era = keep_era(connection, look)
            PRUNE.later(connection, long_before(token))
            INSERT.later(connection, row)
            return era

        self.eras.learn(await self.database.write(insert), look)

    async def claim(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """Delete the row by one statement; whoever gets it back has spent the token."""
        look = self.eras.look()
        spend = (
            sa.delete(connect_tokens)
            .where(
                connect_tokens.c.hash == hash_of(secret, KIND),
                connect_tokens.c.expires_at > to_micros(now),
            )
            .returning(connect_tokens.c.stands_for, connect_tokens.c.expires_at)
        )

        def delete(connection: sa.Connection) -> tuple[int, ConnectGrant | None]:
            era = keep_era(connection, look)
            row = connection.execute(spend).one_or_none()
            return era, None if row is None else from_row(row.stands_for, row.expires_at)

        era, claimed = await self.database.write(delete)
        self.eras.learn(era, look)
        return claimed

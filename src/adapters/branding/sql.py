"""A shelf in the database."""

import datetime as dt
from contextlib import suppress
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.branding.shelf import Shelved
from adapters.database.database import Database
from adapters.database.moments import from_micros, to_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import shelf


SELECT: Final = sa.select(shelf.c.body, shelf.c.fetched_at).where(
    shelf.c.name == sa.bindparam("wanted")
)
UPSERT: Final = Prepared(
    sa.insert(shelf),
    conflict="ON CONFLICT (name) DO UPDATE "
    "SET body = excluded.body, fetched_at = excluded.fetched_at",
)


@attrs.frozen
class SqlShelf:
    """Keeps the Shelf protocol."""

    database: Database

    async def put(self, name: str, body: bytes, fetched_at: dt.datetime) -> None:
        """Insert the row, or update it; whoever writes last is the one who is remembered."""
        row = {"name": name, "body": body, "fetched_at": to_micros(fetched_at)}

        def upsert(connection: sa.Connection) -> None:
            UPSERT.run(connection, row)

        await self.database.write(upsert)

    async def get(self, name: str) -> Shelved | None:
        """Read the row."""

        def select(connection: sa.Connection) -> tuple[object, object] | None:
            row = connection.execute(SELECT, {"wanted": name}).one_or_none()
            return None if row is None else (row.body, row.fetched_at)

        row = await self.database.read(select)
        return None if row is None else _shelved(*row)

    async def ping(self) -> None:
        """Write something, for only that tells whether it can be done."""
        await self.database.ping()


def _shelved(body: object, fetched_at: object) -> Shelved:
    """
    The row, if it is of the kinds that were stored: SQLite holds nobody to the kind of a column.

    Raises:
        ValueError: it is damaged.
    """
    if isinstance(body, bytes) and isinstance(fetched_at, int):
        with suppress(OverflowError):
            return Shelved(body, from_micros(fetched_at))
    raise ValueError("The row holds what nobody stored.")

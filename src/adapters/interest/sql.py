"""Interest in the database."""

from collections.abc import Mapping
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.moments import from_micros, to_micros
from adapters.database.prepared import Prepared
from adapters.database.schema import interests
from adapters.database.texts import may_be_stored
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest


INSERT: Final = Prepared(sa.insert(interests), conflict="ON CONFLICT DO NOTHING")
SELECT_ONE: Final = Prepared(
    sa.select(interests.c.since).where(
        interests.c.merchant == sa.bindparam("merchant"),
        interests.c.platform_key == sa.bindparam("platform_key"),
    )
)
SELECT_OF: Final = Prepared(
    sa.select(interests.c.platform_key).where(interests.c.merchant == sa.bindparam("merchant"))
)
COUNT: Final = sa.select(interests.c.platform_key, sa.func.count()).group_by(
    interests.c.platform_key
)


@attrs.frozen
class SqlInterestBook:
    """Keeps the InterestBook port; the table's key is the merchant and the integration."""

    database: Database

    async def record(self, interest: Interest) -> bool:
        """Insert a row, unless it is there, by one statement; another process may do the same."""
        row = {
            "merchant": interest.merchant,
            "platform_key": interest.platform_key,
            "since": to_micros(interest.since),
        }

        def insert(connection: sa.Connection) -> bool:
            return INSERT.run(connection, row) == 1

        return await self.database.write(insert)

    async def of(self, merchant: MerchantIdentifier) -> frozenset[PlatformKey]:
        """Read the merchant's rows, which lie side by side."""
        if not may_be_stored(merchant):
            return frozenset()

        return await self.database.read(lambda connection: read_interest(connection, merchant))

    async def counts(self) -> Mapping[PlatformKey, int]:
        """Count the rows of each integration."""

        def count(connection: sa.Connection) -> dict[PlatformKey, int]:
            return {PlatformKey(key): number for key, number in connection.execute(COUNT)}

        return await self.database.read(count)

    async def asked(
        self,
        key: PlatformKey,
        *,
        after: MerchantIdentifier | None = None,
        limit: int,
    ) -> tuple[Interest, ...]:
        """Read a page by the index on integration and time."""
        if not may_be_stored(key) or not may_be_stored(after or ""):
            return ()
        place = sa.tuple_(interests.c.since, interests.c.merchant)
        wanted = (
            sa.select(interests.c.merchant, interests.c.since)
            .where(interests.c.platform_key == key)
            .order_by(interests.c.since, interests.c.merchant)
            .limit(max(0, limit))
        )

        def select(connection: sa.Connection) -> tuple[Interest, ...]:
            page = wanted
            if after is not None:
                last = SELECT_ONE.rows(connection, {"merchant": after, "platform_key": key})
                if not last:
                    return ()
                page = page.where(place > sa.tuple_(last[0][0], after))
            return tuple(
                Interest(
                    merchant=MerchantIdentifier(row.merchant),
                    platform_key=key,
                    since=from_micros(row.since),
                )
                for row in connection.execute(page)
            )

        return await self.database.read(select)


def read_interest(
    connection: sa.Connection, merchant: MerchantIdentifier
) -> frozenset[PlatformKey]:
    """What *merchant*, whose identifier may be stored, has asked to be told of."""
    rows = SELECT_OF.rows(connection, {"merchant": merchant})
    return frozenset(PlatformKey(key) for (key,) in rows)

"""
Which schema a database has, and which code may use it.

Code and schema have numbers that sort. Code uses the schema of its own number, and a newer one
that says that it, or older code, may: so replicas of the version before go on while the database
is migrated and they are replaced. What says nothing is not used. An older schema has to be
migrated first.
"""

from typing import Final

import sqlalchemy as sa

from adapters.database.errors import SchemaOutdated, SchemaUnknown
from adapters.database.schema import EARLIER, REVISION, schema_compatibility


OLDEST: Final = sa.select(schema_compatibility.c.oldest).where(
    schema_compatibility.c.revision == sa.bindparam("found")
)


def find_revision(connection: sa.Connection) -> str | None:
    """
    The revision of the database's schema; `None` where it is empty.

    Raises:
        SchemaUnknown: it is none of those that the code can use, or not Tillbridge's at all.
    """
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise SchemaUnknown("the database has tables that are not Tillbridge's")
    versions = sa.table("alembic_version", sa.column("version_num", sa.String))
    found = connection.execute(sa.select(versions.c.version_num)).scalar()
    if found in {*EARLIER, REVISION}:
        return str(found)
    if schema_compatibility.name in tables:
        oldest = connection.execute(OLDEST, {"found": found}).scalar()
        if oldest is not None and oldest <= REVISION:
            return str(found)
    raise SchemaUnknown("the database has a schema that this Tillbridge does not know")


def expect_usable(connection: sa.Connection) -> None:
    """
    Make sure that the database has a schema that the code may read and write.

    Raises:
        SchemaOutdated: it has an earlier one, or none.
        SchemaUnknown: it has one that the code cannot use.
    """
    found = find_revision(connection)
    if found is None or found in EARLIER:
        was = "is empty" if found is None else f"is at schema {found}, not {REVISION}"
        raise SchemaOutdated(f"the database {was}; run `tillbridge migrate`")

"""Which schema a database has."""

import sqlalchemy as sa

from adapters.database.errors import SchemaOutdated, SchemaUnknown
from adapters.database.schema import EARLIER, REVISION


def find_revision(connection: sa.Connection) -> str | None:
    """
    The revision of the database's schema; `None` where it is empty.

    Raises:
        SchemaUnknown: it is none of those that the code knows, or not Tillbridge's at all.
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
    raise SchemaUnknown("the database has a schema that this Tillbridge does not know")


def expect_current(connection: sa.Connection) -> None:
    """
    Make sure that the database has the schema that the code reads and writes.

    Raises:
        SchemaOutdated: it has an earlier one, or none.
        SchemaUnknown: it has one that the code does not know.
    """
    found = find_revision(connection)
    if found != REVISION:
        was = "is empty" if found is None else f"is at schema {found}, not {REVISION}"
        raise SchemaOutdated(f"the database {was}; run `tillbridge migrate`")

"""Bring a database to the schema that the code knows."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from adapters.database.kinds import kind_of
from adapters.database.revision import find_revision
from adapters.database.schema import EARLIER, REVISION


PATIENCE: Final = 15.0
"""Seconds to wait for another process that migrates, or writes, at the same time."""

MIGRATIONS: Final = Path(__file__).with_name("migrations")


def migrate(url: str) -> str:
    """
    Bring the database at *url* to the current schema, and say what was done.

    Makes a SQLite file where there is none; a PostgreSQL database has to be there. All of it is
    one transaction: it is done or not done, and of several processes one does it while the
    others wait. A newer schema that this code can use is left as it is.

    Raises:
        InputRefused: *url* is not that of a database that Tillbridge can use.
        SchemaUnknown: it was made by a newer Tillbridge, or by another program.
        DatabaseDamaged: it cannot be read.
        StorageUnavailable: it cannot be written.
    """
    kind = kind_of(url)
    kind.create()
    engine = kind.engine(busy_timeout=PATIENCE)
    try:
        with engine.connect() as connection:
            with kind.migrating(connection):
                before = find_revision(connection)
                if before == REVISION:
                    return f"The database is at schema {REVISION} already; nothing was to be done."
                if before not in {*EARLIER, None}:
                    return f"The database is at schema {before}, which is newer and will do."
                _upgrade(connection)
            if before is None:
                # One that was there may still be open to an older version, which would follow.
                kind.rest(connection)
    except sa.exc.DBAPIError as error:
        raise kind.explain(error) from error
    was = "empty" if before is None else f"at schema {before}"
    return f"The database is at schema {REVISION} now; before, it was {was}."


def _upgrade(connection: sa.Connection) -> None:
    # Imported late: it takes most of a second, and nothing else needs it.
    from alembic import command, config  # noqa: PLC0415

    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")

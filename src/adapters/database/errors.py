"""
What is wrong with a database as a whole, and what to do about it.

    StorageUnavailable
    ├── SchemaOutdated      there is none yet, or it is older than the code
    ├── SchemaUnknown       it is newer than the code, or not Tillbridge's
    ├── DatabaseDamaged     it cannot be read
    └── DatabaseLost        it is gone, and had something in it

`reason` may name the file, for operators; the message does not, for everybody may see it.
"""

import attrs

from domain.errors import StorageUnavailable


@attrs.frozen(eq=False)
class SchemaOutdated(StorageUnavailable):
    """The database is not there yet, or is older than this Tillbridge."""

    def __str__(self) -> str:
        return "The database is not at the current schema. Run `tillbridge migrate`."


@attrs.frozen(eq=False)
class SchemaUnknown(StorageUnavailable):
    """The database was made by a newer Tillbridge, or by another program."""

    def __str__(self) -> str:
        return (
            "The database belongs to a newer Tillbridge or to another program. "
            "Install the newer Tillbridge, or name another database in TILLBRIDGE_DATABASE_URL."
        )


@attrs.frozen(eq=False)
class DatabaseDamaged(StorageUnavailable):
    """The database file cannot be read as one; it is left as it is."""

    def __str__(self) -> str:
        return (
            "The database file is damaged, or is no SQLite database; it was left as it is. "
            "Stop Tillbridge, keep a copy of the file and of those ending in -journal, -wal and "
            "-shm, move all of them away, and restore a backup. Without a backup, run "
            "`tillbridge migrate` then."
        )


@attrs.frozen(eq=False)
class DatabaseLost(StorageUnavailable):
    """There is no database file, or nothing in it; but what lies beside it tells of more."""

    def __str__(self) -> str:
        return (
            "The database file is missing or empty, but its journal is still there; nothing was "
            "made in its place. Put the file back, or move the journal (it ends in -journal or "
            "-wal) away and restore a backup. Without a backup, run `tillbridge migrate` then."
        )

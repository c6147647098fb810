"""What the database asks of a kind of it: SQLite's files, PostgreSQL's servers."""

from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from adapters.database.postgres import PREFIXES, PostgresServer
from adapters.database.sqlite import SqliteFile
from domain.errors import StorageUnavailable


class Kind(Protocol):
    """One database, and everything in which its kind differs from others."""

    @property
    def reads_apart(self) -> bool:
        """Whether a second connection may read while the first one writes."""

    @property
    def stops_at_errors(self) -> bool:
        """Whether a transaction is of no use any more once a statement of it was refused."""

    def create(self) -> None:
        """
        Make what can be made without a connection, before migrating.

        Raises:
            StorageUnavailable: that is not possible.
        """

    def engine(self, *, busy_timeout: float) -> sa.Engine:
        """Connections; *busy_timeout* is how many seconds others may be waited for."""

    def writing(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """A transaction that may write; what it did is durable when it ends without an error."""

    def reading(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """A transaction that reads all things as they were at one moment."""

    def migrating(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """A transaction that changes the schema, while nobody else does."""

    def beside(self, connection: sa.Connection) -> sa.Connection | None:
        """
        Another connection, which reads what *connection* committed, and waits for nobody.

        It may be used in any one thread at a time. `None` where there is none of that kind.

        Raises:
            sqlalchemy.exc.DBAPIError: it cannot be made.
            StorageUnavailable: it would read something else.
        """

    def look(self, connection: sa.Connection) -> None:
        """
        Look whether it is well, when the database is opened.

        Raises:
            StorageUnavailable: it cannot be used as it is.
        """

    def rest(self, connection: sa.Connection) -> None:
        """
        Do what is best done while nobody waits; something was written since the last time.

        Raises:
            sqlalchemy.exc.DBAPIError: that went wrong; what was acknowledged is safe.
        """

    def explain(self, error: sa.exc.DBAPIError) -> StorageUnavailable:
        """Say what is wrong without quoting anything that was stored, or was to be."""

    def survives(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is as good as before."""

    def lost(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is gone, or of no use, so that a new one may do better."""

    def collided(self, error: sa.exc.DBAPIError) -> bool:
        """Whether somebody else's transaction was in the way, and the same may go well now."""

    def delayed(self, error: sa.exc.DBAPIError) -> bool:
        """Whether something took too long, and may take as long again."""


def kind_of(url: str) -> Kind:
    """
    The database at *url*, which nothing is asked of yet.

    Raises:
        InputRefused: *url* is not that of a database that Tillbridge can use.
    """
    return PostgresServer(url) if url.startswith(PREFIXES) else SqliteFile.at(url)

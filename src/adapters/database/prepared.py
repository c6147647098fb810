"""Statements of the paths that are walked most, run without what SQLAlchemy adds to each run."""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from adapters.database.put_off import PUT_OFF, PutOff, settle


T = TypeVar("T")
Row: TypeAlias = Sequence[Any]
Statement: TypeAlias = "sa.Select[Any] | sa.Insert | sa.Update | sa.Delete"
Bind: TypeAlias = Callable[[Mapping[str, Any]], Any]


class Prepared:
    """
    A Core *statement*, compiled once for a dialect and run by the driver itself.

    To look the compiled statement up and to wrap what it finds takes SQLAlchemy several times
    as long as the statement takes. Values pass as they are, so every column must be of a type
    that needs no conversion: text, bytes or integer.

    *columns* are those that an insert or update sets; by default all. *conflict* is what an
    insert does about a row that is there already, from `ON CONFLICT` on: the words are the same
    for SQLite and PostgreSQL, but SQLAlchemy has only a construct for each.
    """

    def __init__(
        self, statement: Statement, columns: Collection[str] | None = None, *, conflict: str = ""
    ) -> None:
        self._statement = statement
        self._conflict = conflict
        self._columns = None if columns is None else list(columns)
        # Only ever replaced as a whole, for the threads of several databases may come by.
        self._compiled: tuple[sa.Dialect | None, str, Bind] = (None, "", dict)

    def rows(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Row]:
        """
        What it finds, with columns in the statement's order.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused.
        """
        text, bind = self._for(connection.dialect)
        return drive(connection, text, bind(values), _fetched)

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> int:
        """
        Change something, and say how many rows.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused.
        """
        text, bind = self._for(connection.dialect)
        settle(connection)
        return drive(connection, text, bind(values), _counted)

    def later(
        self, connection: sa.Connection, values: Mapping[str, Any], *, rows: int | None = None
    ) -> bool:
        """
        Change something within what is written; whether it is just as many *rows*, if that counts.

        Where many write together, to a server, that is taken for granted at first and looked at
        before the commit, so that nobody waits for each answer. If it was not so, or anything was
        refused, all is undone and run once more, with each answer waited for.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused.
        """
        text, bind = self._for(connection.dialect)
        put_off: PutOff | None = connection.info.get(PUT_OFF)
        if put_off is not None and put_off.allowed:
            put_off.send(text, bind(values), rows)
            return True
        found = drive(connection, text, bind(values), _counted)
        return rows is None or found == rows

    def _for(self, dialect: sa.Dialect) -> tuple[str, Bind]:
        known, text, bind = self._compiled
        if known is not dialect:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            text = f"{compiled} {self._conflict}".rstrip()
            bind = _bind(compiled.positiontup)
            self._compiled = (dialect, text, bind)
        return text, bind


def drive(
    connection: sa.Connection, text: str, values: Any, take: Callable[[DBAPICursor], T]
) -> T:
    """
    Have the driver run *text*, and *take* what is wanted of its cursor.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused; no value is quoted.
    """
    try:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values)
            return take(cursor)
        finally:
            cursor.close()
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        raise sa.exc.DBAPIError.instance(text, None, error, base, hide_parameters=True) from error


def tell(connection: sa.Connection, text: str) -> None:
    """
    Have the driver run *text*, whatever comes of it.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused.
    """
    drive(connection, text, (), _nothing)


def _fetched(cursor: DBAPICursor) -> Sequence[Row]:
    return cursor.fetchall()


def _counted(cursor: DBAPICursor) -> int:
    return cursor.rowcount


def _nothing(_: DBAPICursor) -> None:
    return


def _bind(order: Sequence[str] | None) -> Bind:
    """How values reach the driver: in order, or by name where the dialect has it so."""
    if order is None:
        return dict
    if len(order) > 1:
        return operator.itemgetter(*order)
    return lambda values: tuple(values[name] for name in order)

"""Statements whose outcome nobody waits for before the transaction ends."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import sqlalchemy as sa


if TYPE_CHECKING:
    import psycopg

PUT_OFF: Final = "tillbridge_put_off"
"""Where the record of a connection to a server has its `PutOff`."""

_Sent: TypeAlias = tuple["psycopg.Cursor[Any]", int | None, int]
"""What was sent, how many rows it is relied on to find, and whose it is."""


class WentOtherwiseError(Exception):
    """A statement found another number of rows than was relied on."""


@attrs.define(eq=False)
class PutOff:
    """
    What was sent on a *connection* to a server without waiting for each answer.

    To wait took half of the time of a group: the server answers one statement, and then has
    nothing to do until the next one comes. So statements go out one behind the other (libpq's
    pipeline mode), and their answers are looked at together.

    *error* is what the driver raises; *whose* tells for which of many something is sent.
    """

    connection: "psycopg.Connection[Any]"
    error: type[Exception]
    allowed: bool = attrs.field(default=False, init=False)
    used: bool = attrs.field(default=False, init=False)
    whose: int = attrs.field(default=0, init=False)
    _pipeline: Any = attrs.field(default=None, init=False)
    _sent: list[_Sent] = attrs.field(factory=list, init=False)
    _undone: int | None = attrs.field(default=None, init=False)

    def begin(self, *, allowed: bool) -> None:
        """Begin a transaction, in which statements may be put off if that is *allowed*."""
        self.allowed, self.used, self._undone = allowed, False, None

    def send(self, text: str, values: Any, rows: int | None) -> None:
        """
        Send *text*, which is relied on to find as many *rows*, if any number is given.

        Raises:
            sqlalchemy.exc.DBAPIError: the server refused it, or another one before.
        """
        self.used = True
        if self._pipeline is None:
            self._pipeline = self.connection.pipeline()
            self._pipeline.__enter__()
        cursor = self.connection.cursor()
        self._sent.append((cursor, rows, self.whose))
        try:
            cursor.execute(text, values)
        except self.error as error:
            self.abandon()
            raise self._told(error) from error

    def settle(self) -> None:
        """
        Wait for all answers.

        Raises:
            sqlalchemy.exc.DBAPIError: the server refused one of them.
            WentOtherwiseError: one found another number of rows.
        """
        sent, error = self._sent, self._leave()
        if error is not None:
            raise self._told(error) from error
        if any(rows is not None and cursor.rowcount != rows for cursor, rows, _ in sent):
            raise WentOtherwiseError

    def abandon(self) -> None:
        """Wait for all answers, whatever they are: what was sent is undone."""
        self._leave()

    def culprit(self) -> int | None:
        """
        For whom that was sent which was refused; `None` where it had not been put off.

        All is over then: what was sent is undone.
        """
        self.abandon()
        return self._undone

    def _leave(self) -> Exception | None:
        pipeline, self._pipeline = self._pipeline, None
        sent, self._sent = self._sent, []
        if pipeline is None:
            return None
        try:
            pipeline.__exit__(None, None, None)
        except self.error as error:
            return error
        finally:
            # What follows what was refused is not done either.
            undone = (whose for cursor, _, whose in sent if cursor.pgresult is None)
            self._undone = next(undone, None)
        return None

    def _told(self, error: Exception) -> Exception:
        return sa.exc.DBAPIError.instance("", None, error, self.error, hide_parameters=True)


class NothingPutOff:
    """Nothing is put off in a file."""

    whose = 0


NEVER: Final = NothingPutOff()


@contextmanager
def putting_off(
    connection: sa.Connection, *, allowed: bool
) -> Generator["PutOff | NothingPutOff", None, None]:
    """
    Have statements put off within the block, if that is *allowed*, and settled at its end.

    Raises:
        sqlalchemy.exc.DBAPIError: the server refused one of them.
        WentOtherwiseError: one found another number of rows.
    """
    put_off: PutOff | None = connection.info.get(PUT_OFF)
    if put_off is None:
        yield NEVER
        return
    put_off.begin(allowed=allowed)
    try:
        yield put_off
        put_off.settle()
    finally:
        put_off.allowed = False
        put_off.abandon()


def settle(connection: sa.Connection) -> None:
    """
    Know what came of everything that was put off on *connection*, if anything was.

    Raises:
        sqlalchemy.exc.DBAPIError: the server refused one of them.
        WentOtherwiseError: one found another number of rows.
    """
    put_off: PutOff | None = connection.info.get(PUT_OFF)
    if put_off is not None:
        put_off.settle()

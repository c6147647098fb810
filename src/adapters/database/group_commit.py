"""Many writes, one commit."""

import logging
from collections.abc import Callable, Sequence

import attrs
import sqlalchemy as sa

from adapters.database.calls import Call, Settled
from adapters.database.revision import expect_current
from adapters.database.sqlite import passes, reading, refusal_for, writing


log = logging.getLogger(__name__)


class _OneFailedError(Exception):
    """A call failed, so that its transaction must be undone."""


@attrs.define(eq=False)
class GroupCommit:
    """
    Runs calls on one connection, all that write in one transaction.

    Belongs to one thread. The connection is made when it is needed, and made anew after an
    error that it may not have survived.
    """

    engine: sa.Engine
    _connection: sa.Connection | None = attrs.field(default=None, init=False)
    _suspect: bool = attrs.field(default=False, init=False)

    def settle(self, calls: Sequence[Call]) -> list[Settled]:
        """
        Do what is asked and say what came of each call; never raises.

        Reading comes first, so that it need not wait for the disk.
        What is said to have been written is on the disk.
        """
        reads = [call for call in calls if not call.writes]
        writes = [call for call in calls if call.writes]
        return [*self._guarded(self._read, reads), *self._guarded(self._write, writes)]

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _guarded(
        self, run: Callable[[sa.Connection, Sequence[Call]], list[Settled]], calls: Sequence[Call]
    ) -> list[Settled]:
        """Run *calls*; where they cannot even begin, or end, all of them fail."""
        if not calls:
            return []
        try:
            return run(self._connected(), calls)
        except Exception as error:  # noqa: BLE001 - a thread that dies answers nobody any more
            # A commit that failed may have left its transaction open: nobody may end it now.
            self._suspect = True
            return [Settled(call, error=self._explained(error)) for call in calls]
        finally:
            if self._suspect:
                self._suspect = False
                self.close()

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            connection = self.engine.connect()
            try:
                with reading(connection):
                    expect_current(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _read(self, connection: sa.Connection, calls: Sequence[Call]) -> list[Settled]:
        with reading(connection):
            return [self._attempt(connection, call) for call in calls]

    def _write(self, connection: sa.Connection, calls: Sequence[Call]) -> list[Settled]:
        settled: list[Settled] = []
        try:
            with writing(connection):
                for call in calls:
                    settled.append(self._attempt(connection, call))
                    if settled[-1].error is not None:
                        raise _OneFailedError  # noqa: TRY301 - undoes the transaction
        except _OneFailedError:
            if len(calls) == 1:
                return settled
            # One bad call must fail alone, and must not be told from its neighbours by luck.
            return [each for call in calls for each in self._guarded(self._write, [call])]
        return settled

    def _attempt(self, connection: sa.Connection, call: Call) -> Settled:
        if call.abandoned:
            return Settled(call)
        try:
            return Settled(call, value=call.op(connection))
        except Exception as error:  # noqa: BLE001 - it is for whoever asked to deal with it
            return Settled(call, error=self._explained(error))

    def _explained(self, error: Exception) -> Exception:
        if not isinstance(error, sa.exc.DBAPIError):
            return error
        refusal = refusal_for(error)
        log.warning("The database refused: %s", refusal.reason)
        self._suspect = self._suspect or not passes(error)
        return refusal

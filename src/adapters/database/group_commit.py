"""Many writes, one commit."""

import functools
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs
import sqlalchemy as sa

from adapters.database.at_once import AtOnce
from adapters.database.calls import Call, Settled
from adapters.database.kinds import Kind
from adapters.database.put_off import NEVER, NothingPutOff, PutOff, WentOtherwiseError, putting_off
from adapters.database.revision import expect_usable


log = logging.getLogger(__name__)

SECOND_TRIES: Final = 1
"""How often a call by itself is run again after it met somebody else's transaction."""


AFTER_A_COLLISION: Final = 0.05
"""Seconds in which the other side of a deadlock may go on; to find it took a second already."""


class _OneFailedError(Exception):
    """A call failed, so that its transaction must be undone."""


@attrs.define(eq=False)
class GroupCommit:
    """
    Runs calls on one connection of *engine*, all that write in one transaction.

    Belongs to one thread. The connection is made when it is needed, and made anew after an
    error that it may not have survived. Where it turns out to be gone before anything can have
    been committed, the calls are run once more on a new one.

    *at_once* has a connection for as long as this has one, where there can be a second.
    """

    kind: Kind
    engine: sa.Engine
    at_once: AtOnce = attrs.field(factory=AtOnce)
    _connection: sa.Connection | None = attrs.field(default=None, init=False)
    _suspect: bool = attrs.field(default=False, init=False)
    _committing: bool = attrs.field(default=False, init=False)
    _written: bool = attrs.field(default=False, init=False)

    def settle(self, calls: Sequence[Call]) -> list[Settled]:
        """
        Do what is asked and say what came of each call; never raises.

        Reading comes first, so that it need not wait for the disk.
        What is said to have been written is on the disk.
        """
        reads = [call for call in calls if not call.writes]
        writes = [call for call in calls if call.writes]
        return [*self._guarded(self._read, reads), *self._guarded(self._write, writes)]

    def rest(self) -> None:
        """Do what is best done while nobody waits; never raises."""
        if not self._written or self._connection is None:
            return
        self._written = False
        self.at_once.begin_commit()
        try:
            self.kind.rest(self._connection)
            self.at_once.open(functools.partial(self.kind.beside, self._connection))
        except sa.exc.DBAPIError as error:
            log.warning("The database could not be tidied: %s", self.kind.explain(error).reason)
            if not self.kind.survives(error):
                self.close()
        finally:
            self.at_once.end_commit()

    def close(self) -> None:
        """Let go of the database."""
        # Whoever writes tidies up as the last one who leaves.
        self.at_once.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            # Nothing that is still open in it may be committed, nor waited for.
            connection.invalidate()
            connection.close()

    def _guarded(
        self, run: Callable[[sa.Connection, Sequence[Call]], list[Settled]], calls: Sequence[Call]
    ) -> list[Settled]:
        """Run *calls*; where they cannot even begin, or end, all of them fail."""
        if not calls:
            return []
        self._committing = False
        try:
            settled = self._persistently(run, calls)
        except Exception as error:  # noqa: BLE001 - a thread that dies answers nobody any more
            # A commit that failed may have left its transaction open: nobody may end it now.
            self._suspect = True
            settled = [Settled(call, error=error) for call in calls]
        self.at_once.end_commit()
        explained = [self._explained(each) for each in settled]
        if self._suspect:
            self._suspect = False
            self.close()
        return explained

    def _persistently(
        self, run: Callable[[sa.Connection, Sequence[Call]], list[Settled]], calls: Sequence[Call]
    ) -> list[Settled]:
        """Run *calls*; and again, if a connection from before turns out to be gone by now."""
        from_before = self._connection is not None
        try:
            return run(self._connected(), calls)
        except sa.exc.DBAPIError as error:
            # Once the commit was sent, nobody knows what became of it.
            if not from_before or self._committing or not self.kind.lost(error):
                raise
        log.warning("The connection to the database was lost; making a new one.")
        self.close()
        return run(self._connected(), calls)

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            connection = self.engine.connect()
            try:
                with self.kind.reading(connection):
                    expect_usable(connection)
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection
            self.at_once.open(functools.partial(self.kind.beside, connection))
        return self._connection

    def _read(self, connection: sa.Connection, calls: Sequence[Call]) -> list[Settled]:
        settled: list[Settled] = []
        try:
            with self.kind.reading(connection):
                for call in calls:
                    settled.append(self._attempt(connection, call))
                    if self.kind.stops_at_errors and self._stopped(settled[-1]):
                        raise _OneFailedError  # noqa: TRY301 - undoes the transaction
        except _OneFailedError:
            return self._one_by_one(self._read, calls, settled)
        return settled

    def _write(
        self,
        connection: sa.Connection,
        calls: Sequence[Call],
        *,
        again: int = SECOND_TRIES,
        trusting: bool = True,
    ) -> list[Settled]:
        """Write in one transaction; *trusting* that all goes well, without asking each time."""
        settled: list[Settled] = []
        try:
            with self.kind.writing(connection):
                self._do_all(connection, calls, settled, trusting=trusting)
                self._committing = True
                self.at_once.begin_commit()
            self._written = True
        except WentOtherwiseError:
            return self._write(connection, calls, again=again, trusting=False)
        except _OneFailedError:
            if self._collided(settled[-1]):
                # Whoever comes at once gets the row before those who wait for it (README.tuplock
                # of PostgreSQL), and both would be where they were.
                time.sleep(AFTER_A_COLLISION)
                if again and len(calls) == 1:
                    return self._write(connection, calls, again=again - 1, trusting=False)
            write = functools.partial(self._write, trusting=False)
            return self._one_by_one(write, calls, settled)
        return settled

    def _do_all(
        self,
        connection: sa.Connection,
        calls: Sequence[Call],
        settled: list[Settled],
        *,
        trusting: bool,
    ) -> None:
        """
        Do all that *calls* want, up to the commit.

        Raises:
            WentOtherwiseError: something that was trusted did; it has to be done without trust.
            _OneFailedError: the last of *settled* failed.
        """
        put_off: PutOff | NothingPutOff = NEVER
        try:
            with putting_off(connection, allowed=trusting) as put_off:
                for call in calls:
                    put_off.whose = len(settled)
                    settled.append(self._attempt(connection, call))
                    if self._stopped(settled[-1]) or settled[-1].error is not None:
                        raise self._given_up(settled, put_off)
        except sa.exc.DBAPIError as error:
            if self.kind.lost(error):
                raise
            settled[-1] = Settled(settled[-1].call, error=error)
            raise self._given_up(settled, put_off) from None

    def _given_up(self, settled: list[Settled], put_off: PutOff | NothingPutOff) -> Exception:
        """What to give up by, the last of *settled* having failed; then that is who failed."""
        error = settled[-1].error
        held_up = isinstance(error, sa.exc.DBAPIError) and (
            self.kind.collided(error) or self.kind.delayed(error)
        )
        if not isinstance(put_off, PutOff) or not put_off.used:
            return _OneFailedError()
        if not held_up:
            return WentOtherwiseError()
        # Without trust it would wait as long again, and all the others with it. So they go on by
        # themselves at once, and it comes last.
        culprit = put_off.culprit()
        if culprit is not None:
            settled[culprit:] = [Settled(settled[culprit].call, error=error)]
        return _OneFailedError()

    def _one_by_one(
        self,
        run: Callable[[sa.Connection, Sequence[Call]], list[Settled]],
        calls: Sequence[Call],
        settled: list[Settled],
    ) -> list[Settled]:
        """One bad call must fail alone, and must not be told from its neighbours by luck."""
        if len(calls) == 1:
            return settled
        bad = len(settled) - 1
        # Those that did not fail come first: the one that did may have to wait again.
        order = [*calls[:bad], *calls[bad + 1 :], calls[bad]]
        return [each for call in order for each in self._guarded(run, [call])]

    def _attempt(self, connection: sa.Connection, call: Call) -> Settled:
        if call.abandoned:
            return Settled(call)
        try:
            return Settled(call, value=call.op(connection))
        except Exception as error:  # noqa: BLE001 - it is for whoever asked to deal with it
            return Settled(call, error=error)

    def _stopped(self, settled: Settled) -> bool:
        """
        Whether the database refused a statement.

        Raises:
            sqlalchemy.exc.DBAPIError: the connection is gone, for everyone.
        """
        if not isinstance(settled.error, sa.exc.DBAPIError):
            return False
        if self.kind.lost(settled.error):
            raise settled.error
        return True

    def _collided(self, settled: Settled) -> bool:
        error = settled.error
        return isinstance(error, sa.exc.DBAPIError) and self.kind.collided(error)

    def _explained(self, settled: Settled) -> Settled:
        if not isinstance(settled.error, sa.exc.DBAPIError):
            return settled
        refusal = self.kind.explain(settled.error)
        log.warning("The database refused: %s", refusal.reason)
        self._suspect = self._suspect or not self.kind.survives(settled.error)
        return attrs.evolve(settled, error=refusal)

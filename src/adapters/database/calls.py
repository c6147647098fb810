"""What is asked of the database, and what came of it."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import attrs
import sqlalchemy as sa


T = TypeVar("T")

Op: TypeAlias = Callable[[sa.Connection], T]
"""
Something to do within a transaction; it may return a value.

It runs on the database's own thread, unless it is read at once, and may be run again from the
start after its first run was rolled back, so it has no effect but on the database.
To refuse without having written anything is best done by returning a value: an error makes
everything that shares the transaction start again.
"""


@attrs.frozen(eq=False)
class Call:
    """One *op* and the future of whoever waits for its *answer*."""

    op: Op[Any]
    answer: "asyncio.Future[Any]"
    writes: bool

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits any more; may be asked from any thread."""
        return self.answer.done()


@attrs.frozen(eq=False)
class Settled:
    """What came of a *call*: a *value*, unless there is an *error*."""

    call: Call
    value: Any = None
    error: Exception | None = None

    def deliver(self) -> None:
        """Tell whoever still waits; only in the event loop's own thread."""
        if self.call.abandoned:
            return
        if self.error is None:
            self.call.answer.set_result(self.value)
        else:
            self.call.answer.set_exception(self.error)

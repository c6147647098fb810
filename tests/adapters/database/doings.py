"""Things to do with a database, for tests."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from adapters.database.database import Database
from adapters.database.schema import shelf


class Write:
    """An op that puts one row on the shelf, and remembers in which transaction."""

    def __init__(self, name: str, size: int = 1) -> None:
        self.name = name
        self.size = size
        self.transactions: list[object] = []

    def __call__(self, connection: sa.Connection) -> str:
        self.transactions.append(connection.get_transaction())
        row = {"name": self.name, "body": b"x" * self.size, "fetched_at": 0}
        connection.execute(sa.insert(shelf), row)
        return self.name


def names(connection: sa.Connection) -> list[str]:
    """The names of all rows, sorted."""
    return list(connection.scalars(sa.select(shelf.c.name).order_by(shelf.c.name)))


@asynccontextmanager
async def held_up(database: Database) -> AsyncGenerator[None]:
    """Keep the thread that writes busy, so that what is asked meanwhile piles up."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_: sa.Connection) -> None:
        begun.set()
        go_on.wait(5)

    asking = asyncio.ensure_future(database.write(wait))
    await until(begun)
    try:
        yield
    finally:
        go_on.set()
        # It may have waited for longer than the test had its patience.
        await asyncio.gather(asking, return_exceptions=True)


async def until(happened: threading.Event) -> None:
    """Wait for another thread."""
    while not happened.is_set():  # noqa: ASYNC110 - it is set in another thread
        await asyncio.sleep(0.001)

"""What the state machines of the contracts share: an event loop, processes that end, databases."""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine

from adapters.database.database import Database
from tests.adapters.database.fresh import fresh_url


T = TypeVar("T")


class Life(RuleBasedStateMachine):
    """Something that lives through processes which end and begin again."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()

    def run(self, doing: Awaitable[T]) -> T:
        async def waiting() -> T:
            return await doing

        return self.runner.run(waiting())

    def end_process(self) -> None:
        """The process ends."""

    def teardown(self) -> None:
        self.end_process()
        self.runner.close()


class Stored(Life):
    """A life that is kept in a database, of the kind that a subclass names."""

    kind: str

    def __init__(self) -> None:
        self.belongings = contextlib.ExitStack()
        self.directory = Path(self.belongings.enter_context(tempfile.TemporaryDirectory()))
        self.url = self.belongings.enter_context(fresh_url(self.kind, self.directory))
        super().__init__()

    def opened(self) -> Database:
        """The database, as a process that begins opens it."""
        self.database = self.run(Database(self.url).__aenter__())
        return self.database

    def end_process(self) -> None:
        self.run(self.database.__aexit__(None, None, None))

    def teardown(self) -> None:
        super().teardown()
        self.belongings.close()


def bounded(examples: int, steps: int) -> settings:
    """How much of a life is tried; the same each time."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )

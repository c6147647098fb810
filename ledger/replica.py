"""One process of the service, which is killed again and again."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final, Self

import attrs
from benchmarks.processes import HOST, ROOT, Process

from entrypoints.demo.child import Child
from ledger.notebook import Kill, now
from ledger.stage_plan import StagePlan


LONGEST_START: Final = 60.0
"""Seconds that a process may take to be up; far more than it needs on a quiet machine."""

NEXT_LOOK: Final = 0.02


@attrs.define
class Replica:
    """
    The service of this *number*: all that it writes is in *written*.

    Each of its *lives* has a log of its own; what SQLite's journal, or its log ahead of writes,
    held at each death is kept, too. It is *up* while it accepts connections; who kills it says
    so beforehand.
    """

    plan: StagePlan
    number: int
    written: Path
    child: Child
    lives: int = 1
    up: bool = False

    @classmethod
    def start(cls, plan: StagePlan, number: int, written: Path) -> Self:
        """Start it for the first time."""
        return cls(plan, number, written, _begin(plan, number, written, 1))

    @property
    def process(self) -> Process:
        """What is to be measured."""
        return Process(self.child.process)

    async def kill(self) -> Kill:
        """Kill it, start it again at once, and wait until it is up."""
        at = now()
        self.child.process.kill()
        self.child.process.wait()
        self._keep_journal()
        self.lives += 1
        self.child = _begin(self.plan, self.number, self.written, self.lives)
        await self.wait_until_up()
        return Kill(at=at, up_at=now(), replica=self.number)

    async def wait_until_up(self) -> None:
        """
        Wait until it accepts connections, which it does when it is ready.

        Raises:
            RuntimeError: it ended; the end of its log tells why.
        """
        async with asyncio.timeout(LONGEST_START):
            while not await _accepts(self.plan.port_of(self.number)):
                if self.child.ended:
                    raise RuntimeError("\n".join(self.child.last_lines))
                await asyncio.sleep(NEXT_LOOK)
        self.up = True

    def _keep_journal(self) -> None:
        # The next life rolls it back or copies it, and overwrites it.
        for kept in (*self.written.glob("*-journal"), *self.written.glob("*-wal")):
            shutil.copy(kept, _folder(self.written, self.number, self.lives) / kept.name)


def environ() -> dict[str, str]:
    """What every process finds around it."""
    kept = {name: value for name, value in os.environ.items() if "TILLBRIDGE" not in name}
    # Some of what is run is in packages at the root, which are not installed.
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(path)}


def _begin(plan: StagePlan, number: int, written: Path, life: int) -> Child:
    # What it writes by the way must not be anywhere but where it is looked for.
    folder = _folder(written, number, life)
    folder.mkdir()
    away = dict.fromkeys(("HOME", "XDG_STATE_HOME", "TMPDIR"), str(folder))
    # A supervisor starts it again as it is; the database is there already.
    return Child.start(plan.service(number, life), environ() | away, folder)


def _folder(written: Path, number: int, life: int) -> Path:
    return written / f"replica-{number}-life-{life:03d}"


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True

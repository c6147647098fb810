"""
The workers of one service, of which those that serve go on where another cannot begin.

uvicorn ends all of them then, for as a rule none could begin any more. But a worker may have died
while the database is away, and the others have pickers in memory that no new process would have.
"""

import logging
import time
from typing import Final

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process


log = logging.getLogger(__name__)

PAUSE: Final = 2.0
"""Seconds before the next try; each costs about one of processor time."""

PATIENCE: Final = 1.0
"""Seconds that a worker has to say that it serves."""


class Workers(Multiprocess):
    """Replaces workers that die, again and again, for as long as one of the others serves."""

    def keep_subprocess_alive(self) -> None:
        """Look after all of them, once."""
        if self.should_exit.is_set():
            return
        super().keep_subprocess_alive()
        if not self.should_exit.is_set() or not any(map(_serves, self.processes)):
            return
        log.warning("The others go on; the next try is in %.0f s.", PAUSE)
        self.should_exit.clear()
        time.sleep(PAUSE)
        for index, process in enumerate(self.processes):
            if process.exitcode == STARTUP_FAILURE:
                self.processes[index] = Process(self.config, self.sockets)
                self.processes[index].start()

    @property
    def could_start(self) -> bool:
        """Whether, once they have ended, none ended for not being able to begin."""
        return all(process.exitcode != STARTUP_FAILURE for process in self.processes)


def _serves(process: Process) -> bool:
    return process.exitcode is None and process.is_ready(PATIENCE)

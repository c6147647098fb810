"""
The search for secrets in everything that a run left behind, in however many processes it ran.

It comes after the last test and counts as one: a secret that it finds fails the run. Where several
processes run tests, each hands over which secrets it met and where its files are, and the process
that reports searches for all of them in all files.
"""

import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests import canaries


NAME: Final = "tests/last_search.py::no_file_of_the_whole_run_holds_a_secret"
HANDED_OVER: Final = "left_behind"
SECRET_FILES: Final = frozenset({"demo.env", "operator.key", "codat.key", "key", "said.txt"})
"""Files that hold keys on purpose: settings, keys, and what the demo says to its one user."""


class LastSearch:
    """A plug-in of pytest; below *folders* is what the run left, as far as this process knows."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which can be switched off
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what another process met and left; one that crashed fails the run anyway."""
        handed = getattr(node, "workeroutput", {}).get(HANDED_OVER)
        if handed:
            canaries.forbid(*handed["secrets"])
            self.folders.update(map(Path, handed["folders"]))

    @pytest.hookimpl(trylast=True)  # after the fixtures of the session
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Search, or hand over to the process that will."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            folders = sorted(map(str, self.folders))
            output[HANDED_OVER] = {"secrets": canaries.forbidden(), "folders": folders}
        elif self.folders:
            report = self._report()
            session.config.hook.pytest_runtest_logreport(report=report)
            if report.failed and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self) -> pytest.TestReport:
        begun = time.perf_counter()
        found = [
            f"{folder / name}: {secrets}"
            for folder in sorted(self.folders)
            for name, secrets in canaries.search_files(folder, but=SECRET_FILES).items()
        ]
        return pytest.TestReport(
            nodeid=NAME,
            location=(NAME.partition("::")[0], None, NAME.rpartition("::")[2]),
            keywords={},
            outcome="failed" if found else "passed",
            longrepr="\n".join(["These files hold secrets:", *found]) if found else None,
            when="call",
            duration=time.perf_counter() - begun,
        )

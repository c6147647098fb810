"""No secret is in any file that a run leaves behind: the search for them finds what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries


ROOT = Path(__file__).parent.parent
MEETS = """
from tests import canaries

def test_meets_a_secret():
    canaries.forbid("met-in-one-process")
"""
WRITES = """
def test_writes_a_file(tmp_path):
    (tmp_path / "a.log").write_text("GET /?{text}")
"""


def run_of(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A run of one test that meets a secret, and of another that writes *text*."""
    (folder / "test_one.py").write_text(MEETS)
    (folder / "test_two.py").write_text(WRITES.format(text=text))
    (folder / "pytest.ini").touch()
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "xdist", *options]
    command += ["-p", "no:cacheprovider", f"--basetemp={folder / 'left'}"]
    # Without the plug-ins that it does not need, for they are slow to load.
    environ = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 - it is this Python
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("options", [("-n0",), ("-n2", "--dist=load")], ids=["alone", "two"])
def test_a_run_that_leaves_a_secret_fails_and_says_where(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    clean = run_of(tmp_path, "met-nowhere", *options)
    assert (0, "") == (clean.returncode, clean.stderr)
    assert "3 passed" in clean.stdout  # the search is one of them

    dirty = run_of(tmp_path, "met-in-one-process", *options)
    assert 1 == dirty.returncode
    assert "1 failed, 2 passed" in dirty.stdout
    assert "test_writes_a_file0/a.log: [b'met-in-one-process']" in dirty.stdout


def test_the_search_finds_what_it_is_there_to_find(tmp_path: Path) -> None:
    canaries.forbid(secret := "kept-for-this-test-only")
    planted = {
        "a.log": f"GET /?x={secret}",
        "b.db": "https://sync-flow.codat.io/a/start?merchantIdentifier=m&otp=123456",
        "c.txt": 'Authorization: "Bearer abcdefgh1234"',
    }
    for name, text in planted.items():
        (tmp_path / name).write_text(text)

    found = canaries.search_files(tmp_path, but=frozenset())
    for name in planted:
        (tmp_path / name).unlink()

    assert set(planted) == set(found)

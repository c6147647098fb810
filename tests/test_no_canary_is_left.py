"""The very last test: no secret is in any file that the suite left behind."""

from pathlib import Path

import pytest

from tests import canaries


# Files that hold keys on purpose: settings, keys, and what the demo says to its one user.
SECRET_FILES = frozenset({"demo.env", "operator.key", "codat.key", "key", "said.txt"})


def test_no_file_of_the_whole_suite_holds_a_secret(
    log_of_the_suite: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert log_of_the_suite.exists()

    assert {} == canaries.search_files(tmp_path_factory.getbasetemp(), but=SECRET_FILES)


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

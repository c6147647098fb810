import base64
import json
import os
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from ledger.at_rest import search, search_content, together

from adapters.database.driver import driver


CANARY = "57b6fad9-e3ca-447b-89db-e4ffa21e6ef3"
OTHER = "11111111-2222-4333-8444-555555555555"
URL = f"http://127.0.0.1:8002/{CANARY}/lqai/gbol/start?merchantIdentifier=m&x=1234"


FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in capitals": lambda url: url.upper().encode(),
    "in JSON": lambda url: json.dumps({"url": url}).encode(),
    "quoted": lambda url: quote(url, safe="").encode(),
    "quoted twice": lambda url: quote(quote(url, safe="")).encode(),
    "quoted to the last letter": lambda url: "".join(f"%{ord(c):02X}" for c in url).encode(),
    "two bytes a letter": lambda url: url.encode("utf-16"),
    "base64": lambda url: base64.b64encode(url.encode()),
    "base64, moved by one": lambda url: base64.b64encode(b"x" + url.encode()),
    "base64 of URLs, moved by two": lambda url: base64.urlsafe_b64encode(b"xy" + url.encode()),
    "base64 of the id alone": lambda _: base64.b64encode(CANARY.encode()),
    "hexadecimal": lambda url: url.encode().hex().encode(),
    "hexadecimal, moved by one": lambda url: b"f" + url.encode().hex().upper().encode(),
    "the id without hyphens": lambda _: CANARY.replace("-", "").encode(),
    "the id inside of other digits": lambda _: f"abc{CANARY.replace('-', '')}01".encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_url_is_found_in_any_form(form: str, tmp_path: Path) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "deep" / "down" / "log").write_bytes(
        b"\0\xffbefore " + FORMS[form](URL) + b" after\n"
    )

    searched = search(tmp_path, {OTHER, CANARY})

    assert {"deep/down/log"} == {found.partition(":")[0] for found in searched.found}


@pytest.mark.parametrize("mark", ["otp=", "otp%3D", "otp%253D"])
def test_a_code_is_found_without_its_url(mark: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"and {mark}123456 it was")

    assert ("log: a code",) == search(tmp_path, {CANARY}).found


def test_a_url_is_found_in_a_database_and_in_its_journal(tmp_path: Path) -> None:
    with driver.connect(tmp_path / "t.db") as database:
        database.execute("PRAGMA journal_mode = PERSIST")
        database.execute("CREATE TABLE kept (what)")
        database.execute("INSERT INTO kept VALUES (?)", [URL])
        database.commit()
        database.execute("DELETE FROM kept")
    database.close()

    searched = search(tmp_path, {CANARY})

    assert ("t.db", "t.db-journal") == searched.files
    # Whether the page itself is wiped is SQLite's affair; the journal has what was on it.
    assert any(found.startswith("t.db-journal") for found in searched.found)


def test_a_url_is_found_in_a_log_ahead_of_writes(tmp_path: Path) -> None:
    with closing(driver.connect(tmp_path / "t.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE kept (what)")
        database.execute("INSERT INTO kept VALUES (?)", [URL])

        searched = search(tmp_path, {CANARY})

    assert ("t.db", "t.db-shm", "t.db-wal") == searched.files
    assert {"t.db-wal"} == {found.partition(":")[0] for found in searched.found}


def test_what_was_written_before_is_not_looked_at(tmp_path: Path) -> None:
    for name, written in (("old", 1_000.0), ("new", 2_000.0)):
        (tmp_path / name).write_text(URL)
        os.utime(tmp_path / name, (written, written))

    searched = search(tmp_path, {CANARY}, since=1_500)

    assert (("new",), len(URL)) == (searched.files, searched.size)
    assert "new: text" in searched.found


def test_what_is_no_file_is_searched_as_well_and_counted_together(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing")

    searched = together(
        search(tmp_path, {CANARY}), search_content("memory", URL.encode(), {CANARY})
    )

    assert "memory: text" in searched.found
    assert (("log", "memory"), len(URL) + 7) == (searched.files, searched.size)


def test_what_was_not_minted_in_this_run_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"{OTHER} otp=no {zlib.crc32(b'x'):032x} {'ab' * 64}")
    (tmp_path / "empty").touch()

    searched = search(tmp_path, {CANARY})

    assert ((), ("empty", "log")) == (searched.found, searched.files)
    assert (tmp_path / "log").stat().st_size == searched.size

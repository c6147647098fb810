"""The parts of the stage, each on its own and no longer than a blink."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from benchmarks import processes
from benchmarks.installation import Installation, upstream
from benchmarks.load import Load, read_result, write_paths
from benchmarks.measures import commits
from benchmarks.plan import Plan
from benchmarks.prefill import merchant, prefill, session_id
from benchmarks.upstream import COUNTS, Codat

from adapters.database.database import Database
from adapters.database.migrate import migrate
from adapters.sessions.sql import SqlSessionStore
from domain.ids import SyncSessionId
from domain.model.supported import SUPPORTED
from domain.model.sync_session import SyncSessionStatus
from domain.ports.session_store import SessionQuery


def test_the_line_of_the_script_is_found_in_what_wrk_tells() -> None:
    line = '{"requests":5,"seconds":1.0,"p50_ms":2.5,"p99_ms":3.0,"failures":0}'

    result = read_result(f"Running 1s test\nRESULT {line}\n")

    assert (5, 2.5) == (result.requests, result.p50_ms)
    with pytest.raises(ValueError, match="no result"):
        read_result("unable to connect")


def test_codats_stand_in_never_gives_a_url_twice() -> None:
    codat = Codat(delay=0.02, slowest_branding=0.2, integrations=3)
    target = "/config/sync/commerce/lqai/gbol/start?merchantIdentifier=m"

    answers = [codat.answer(target) for _ in range(100)]

    assert {0.02} == {delay for _, delay in answers}
    urls = {json.loads(body)["url"] for body, _ in answers}
    assert 100 == len(urls)
    assert all("/lqai/gbol/start?otp=" in url for url in urls)


def test_codats_stand_in_tells_how_often_it_was_asked_for_what() -> None:
    codat = Codat(delay=0, slowest_branding=0, integrations=3)

    for target in ("/a/branding?x=1", "/a/branding", "/b/branding", COUNTS):
        codat.answer(target)

    told, _ = codat.answer(COUNTS)
    assert {"/a/branding": 2, "/b/branding": 1} == json.loads(told)


def test_codats_stand_in_pages_through_as_many_integrations_as_it_has() -> None:
    codat = Codat(delay=0, slowest_branding=0, integrations=250)

    pages = [codat.answer(f"/config/integrations?page={n}&pageSize=100") for n in (1, 2, 3, 4)]

    keys = [[entry["key"] for entry in json.loads(body)["results"]] for body, _ in pages]
    assert [100, 100, 50, 0] == list(map(len, keys))
    assert 250 == len({key for page in keys for key in page})
    assert {row.key for row in SUPPORTED} <= set(keys[0])


def test_the_last_branding_is_the_slowest() -> None:
    codat = Codat(delay=0.02, slowest_branding=0.2, integrations=30)

    delays = [codat.answer(f"/config/integrations/{r.key}/branding")[1] for r in SUPPORTED]

    assert sorted(delays) == delays
    assert [0.02, 0.2] == [delays[0], round(delays[-1], 9)]


@pytest.mark.anyio
async def test_a_filled_store_is_one_that_the_product_reads(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 't.db'}"
    migrate(url)
    prefill(url, 12)

    async with Database(url) as database:
        store = SqlSessionStore(database)
        session = await store.get(SyncSessionId(session_id(7)))
        found = await store.find(SessionQuery())

    assert (merchant(7), SyncSessionStatus.REDIRECTED) == (session.merchant, session.status)
    assert 12 == len(found)


def test_a_process_is_measured_with_its_children_and_ended(tmp_path: Path) -> None:
    burn = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    with processes.running(
        (sys.executable, "-c", burn), log=tmp_path / "log", is_up=lambda: True
    ) as process:
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            # The parent's own start may burn this much before the child is there at all.
            if len(process.pids) == 2 and process.cpu_seconds() >= 0.1:
                break
            time.sleep(0.01)
        used, memory, family = process.cpu_seconds(), process.memory_mb(), process.pids
        for pid in family[1:]:
            os.kill(pid, signal.SIGKILL)

    assert used >= 0.1
    assert memory > 1
    assert 2 == len(family)
    assert process.popen.returncode is not None


def test_a_process_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="no such luck"),
        processes.running(
            (sys.executable, "-c", "raise SystemExit('no such luck')"),
            log=tmp_path / "log",
            is_up=lambda: False,
        ),
    ):
        pass


def test_load_is_put_on_a_process_and_counted(tmp_path: Path) -> None:
    paths = write_paths(tmp_path / "paths", ["/config/integrations?pageSize=1"])
    with upstream(tmp_path) as (port, process):
        load = Load(process=process, port=port, paths=paths, connections=2, window=1).warm_up()

        sample = load.sample()

    assert 0 == sample.failures
    assert sample.per_second is not None
    assert sample.per_second > 10
    assert 0 < sample.p50_ms <= sample.p99_ms


def test_the_settings_of_an_installation_are_valid_and_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILLBRIDGE_CODAT_API_KEY", "the-operators-own")
    installation = Installation(directory=tmp_path, codat_port=1).prepare(sessions=2)

    settings = installation.settings

    assert (installation.url, "http://127.0.0.1:1") == (settings.public_url, settings.codat_url)
    assert "the-operators-own" not in installation.environ.values()


def test_commits_are_measured_on_a_tiny_scale(tmp_path: Path) -> None:
    groups = commits.measure(Plan(window=1, rounds=1, writers=5), tmp_path).groups

    assert [commits.SQLITE, commits.POSTGRESQL] == [g.name.rpartition(" ")[2] for g in groups]
    for group in groups:
        assert {commits.SINGLE, commits.GROUPED} == set(group.samples)
        assert group.ratio(commits.GROUPED, commits.SINGLE, "per_second") is not None

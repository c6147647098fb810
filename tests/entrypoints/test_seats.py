"""Where workers count together."""

import fcntl
import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from entrypoints.seats import SIZES, forget_the_gone, room, take_seat


APART = get_context("fork")


def in_a_process_of_its_own(folder: Path) -> int:
    """The seat of one that has ended by now."""
    here, there = APART.Pipe(duplex=False)
    process = APART.Process(target=lambda: there.send(take_seat(folder)))
    process.start()
    process.join()
    taken: int = here.recv()
    return taken


def gauges(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("gauge_*")}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No folder for temporary files at all."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    return tmp_path


def test_workers_have_a_seat_each(tmp_path: Path) -> None:
    assert [0, 1] == [take_seat(tmp_path), take_seat(tmp_path)]


def test_whoever_comes_after_a_worker_that_is_gone_counts_on_in_its_files(tmp_path: Path) -> None:
    assert 0 == in_a_process_of_its_own(tmp_path)
    counted = tmp_path / "counter_0.db"
    with counted.open("r+b") as file:
        file.write(b"counted")

    assert 0 == take_seat(tmp_path)
    assert counted.read_bytes().startswith(b"counted")


def test_what_a_worker_said_of_itself_is_not_told_of_its_successor(tmp_path: Path) -> None:
    in_a_process_of_its_own(tmp_path)
    said = tmp_path / "gauge_livemax_0.db"
    with said.open("r+b") as file:
        file.write(b"said")

    take_seat(tmp_path)

    assert b"\0" * 4 == said.read_bytes()[:4]


def test_of_workers_that_are_gone_only_what_they_counted_is_kept(tmp_path: Path) -> None:
    in_a_process_of_its_own(tmp_path)

    forget_the_gone(tmp_path)

    assert set() == gauges(tmp_path)
    assert {"counter_0.db", "histogram_0.db", "seat-0"} == {f.name for f in tmp_path.iterdir()}


def test_nothing_of_a_worker_that_lives_is_forgotten(tmp_path: Path) -> None:
    take_seat(tmp_path)
    before = gauges(tmp_path)

    forget_the_gone(tmp_path)

    assert before
    assert before == gauges(tmp_path)


def test_files_have_all_their_bytes_so_that_no_full_disk_ends_the_process(tmp_path: Path) -> None:
    take_seat(tmp_path)

    for kind, size in SIZES.items():
        there = (tmp_path / f"{kind}_0.db").stat()
        assert size == there.st_size
        assert size <= there.st_blocks * 512


def test_without_room_for_its_files_a_worker_is_told(tmp_path: Path) -> None:
    tmp_path.joinpath("counter_0.db").symlink_to("/dev/full")

    with pytest.raises(OSError):  # noqa: PT011 - each kernel has words of its own
        take_seat(tmp_path)


def test_the_room_is_gone_when_the_service_is() -> None:
    with room() as folder:
        assert folder is not None
        take_seat(folder)

    assert not folder.exists()


def test_the_room_is_not_tidied_away_by_its_age() -> None:
    with room() as folder:
        assert folder is not None
        handle = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)


def test_where_no_temporary_file_can_be_made_the_room_is_in_memory(nowhere: Path) -> None:
    with room(memory=nowhere) as folder:
        assert folder is not None
        assert nowhere == folder.parent


def test_where_nothing_can_be_written_there_is_no_room(nowhere: Path) -> None:
    with room(memory=nowhere / "neither") as folder:
        assert folder is None

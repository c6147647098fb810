"""
Where several workers keep what they count, so that whichever is asked can tell it all.

The library has files in one directory for that, and their names end with a number of the process
(prometheus.github.io/client_python/multiprocess). Here it is the number of a *seat*: whoever takes
the seat of a worker that is gone counts on where that one ended, so there are no more files than
there were workers at a time, however many are replaced. Whoever sits there holds a lock on it,
which the kernel undoes when the process ends.

Files have their full size from the beginning: on a disk that is full, to write into one that is
mapped and has a hole there ends the process (SIGBUS, mmap(2)).
"""

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final


SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable by which the library knows that there are several workers."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - what is made there has a name that nobody can guess
"""Can be written where nothing else can: in containers whose file system is read-only."""

SIZES: Final = {
    "counter": 1024 * 1024,
    "histogram": 1024 * 1024,
    "gauge_livemax": 64 * 1024,
    "gauge_livemin": 64 * 1024,
    "gauge_livemostrecent": 64 * 1024,
    "gauge_livesum": 64 * 1024,
}
"""
What files there are, and of how many bytes.

Several times what all routes and statuses take; beyond it, the library lets them grow.
"""


@contextmanager
def room(memory: Path = MEMORY) -> Generator[Path | None, None, None]:
    """A directory for all workers, until the block ends; nothing where none can be made."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(_directory(None))
        except OSError:
            try:
                folder = stack.enter_context(_directory(memory))
            except OSError:
                yield None
                return
        yield folder


@contextmanager
def _directory(parent: Path | None) -> Generator[Path, None, None]:
    with TemporaryDirectory(
        prefix="tillbridge-metrics-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # What tidies temporary files away by their age leaves it alone (tmpfiles.d(5)).
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield Path(name)
        finally:
            os.close(handle)


def take_seat(folder: Path) -> int:
    """
    The number of the seat that is this process's from now on, in a *folder* that others share.

    Raises:
        OSError: there is no room for its files.
    """
    seat = 0
    # The handle stays open, so that the seat is taken for as long as this process lives.
    while _lock(folder, seat) is None:
        seat += 1
    _forget(folder, seat)
    for kind, size in SIZES.items():
        with _file(folder, kind, seat).open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    return seat


def forget_the_gone(folder: Path) -> None:
    """What workers say of themselves ends with them; what they counted does not."""
    for seat in _seats(folder):
        handle = _lock(folder, seat)
        if handle is not None:
            _forget(folder, seat)
            os.close(handle)


def _seats(folder: Path) -> Iterator[int]:
    return (int(file.name.partition("-")[2]) for file in folder.glob("seat-*"))


def _lock(folder: Path, seat: int) -> int | None:
    """A handle that keeps others away while it is open; nothing where somebody has one."""
    handle = os.open(folder / f"seat-{seat}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _forget(folder: Path, seat: int) -> None:
    for kind in SIZES:
        if kind.startswith("gauge_live"):
            _file(folder, kind, seat).unlink(missing_ok=True)


def _file(folder: Path, kind: str, seat: int) -> Path:
    return folder / f"{kind}_{seat}.db"

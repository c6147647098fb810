"""
A disk that loses its power: what it may look like afterwards.

SQLite writes through a layer that notes every write and every sync (as SQLite's own tests do,
`src/test6.c`). From the notes follows what the disk may hold at any moment: what was synced is
there; what was written since may be there or not, in part, or spoilt. Sectors are whole.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import apsw
import attrs


SECTOR = 512
LAYER = "noting"
CONNECT = "-- another connection, in place of the one before"
"""Among statements."""


@attrs.frozen
class Write:
    """Bytes for one place in a file."""

    file: str
    offset: int
    data: bytes


@attrs.frozen
class Cut:
    """A file is made shorter, or as long as it is."""

    file: str
    size: int


@attrs.frozen
class Sync:
    """What was written to a file so far is on the disk, and so is its name."""

    file: str


@attrs.frozen
class Delete:
    """The name of a file is taken away; until the next one of that name is synced, perhaps."""

    file: str


@attrs.frozen
class Committed:
    """SQLite said that so many transactions are done."""

    number: int


Note = Write | Cut | Sync | Delete | Committed


class Layer(apsw.VFS):
    """Below SQLite and above the real files; takes *notes*."""

    def __init__(self, notes: list[Note]) -> None:
        self.notes = notes
        super().__init__(LAYER, "")

    def xOpen(  # noqa: N802 - SQLite calls it so
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> "NotedFile":
        return NotedFile(self.notes, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001 - as above
        self.notes.append(Delete(Path(filename).name))
        super().xDelete(filename, syncdir)
        if syncdir:
            self.notes.append(Sync(Path(filename).name))


class NotedFile(apsw.VFSFile):
    """A file whose changes are noted."""

    def __init__(
        self, notes: list[Note], name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.notes, self.name = notes, Path(path).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite calls it so
        self.notes.append(Write(self.name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - as above
        self.notes.append(Cut(self.name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - as above
        super().xSync(flags)
        self.notes.append(Sync(self.name))


def noted(path: Path, statements: Iterable[str]) -> list[Note]:
    """Run *statements* over a new file at *path*, and tell all that reached the disk."""
    notes: list[Note] = []
    path.parent.mkdir()
    layer = Layer(notes)
    connection = _connect(path)
    commits = 0
    for statement in statements:
        if statement == CONNECT:
            connection.close()
            connection = _connect(path)
            continue
        list(connection.execute(statement))
        if statement == "COMMIT":
            commits += 1
            notes.append(Committed(commits))
    connection.close()
    layer.unregister()
    return notes


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(
        str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, vfs=LAYER
    )
    # The layer knows nothing of memory that is shared, which the index of a log is otherwise. What
    # is written to the disk is the same.
    list(connection.execute("PRAGMA locking_mode = EXCLUSIVE"))
    return connection


@attrs.frozen
class Image:
    """What the disk holds, and how many transactions had been said to be done."""

    files: dict[str, bytes]
    committed: int

    def restore(self, directory: Path) -> None:
        """Write the files into *directory*, in place of those of an earlier image."""
        for old in directory.iterdir():
            old.unlink()
        for name, content in self.files.items():
            path = directory / name
            path.touch(mode=0o600)
            path.write_bytes(content)


@attrs.define
class _File:
    """What is certain of a file, and what is not."""

    synced: bytes = b""
    pending: list[Write | Cut] = attrs.field(factory=list)
    before: "_File | None" = None
    """What had its name before, and was deleted; it may come back."""
    deleted: bool = False
    """Whether there is nothing of its name, unless something is pending."""

    def settle(self) -> None:
        self.deleted = self.deleted and not self.pending
        self.before = None
        content = bytearray(self.synced)
        for change in self.pending:
            _apply(content, change)
        self.synced, self.pending = bytes(content), []

    def after_a_cut(self, dice: random.Random) -> bytes | None:
        if self.before is not None and dice.random() < 0.5:
            return self.before.after_a_cut(dice)
        if self.deleted and not self.pending:
            return None
        content = bytearray(self.synced)
        # Now and then all of it is there, or nothing.
        likely = dice.choice([0.0, 0.3, 0.5, 0.7, 1.0])
        for change in self.pending:
            if isinstance(change, Cut):
                if dice.random() < likely:
                    _apply(content, change)
                continue
            for sector in _sectors(change):
                if dice.random() < likely:
                    _apply(content, sector)
                elif dice.random() < 0.1:
                    spoilt = dice.randbytes(len(sector.data))
                    _apply(content, attrs.evolve(sector, data=spoilt))
        return bytes(content)


def images(
    notes: Sequence[Note], number: int, seed: int, within: range | None = None
) -> Iterator[Image]:
    """What the disk may hold after a cut at *number* moments *within* notes, by default all."""
    dice = random.Random(seed)  # noqa: S311 - this is no secret
    possible = within or range(len(notes))
    moments = sorted(dice.choice(possible) for _ in range(number))
    files: dict[str, _File] = {}
    committed, done = 0, 0
    for moment in moments:
        for note in notes[done : moment + 1]:
            if isinstance(note, Committed):
                committed = note.number
            elif isinstance(note, Sync):
                files.setdefault(note.file, _File()).settle()
            elif isinstance(note, Delete):
                files[note.file] = _File(before=files.get(note.file), deleted=True)
            else:
                files.setdefault(note.file, _File()).pending.append(note)
        done = moment + 1
        held = {name: file.after_a_cut(dice) for name, file in files.items()}
        there = {name: content for name, content in held.items() if content is not None}
        yield Image(there, committed)


def _apply(content: bytearray, change: Write | Cut) -> None:
    if isinstance(change, Cut):
        del content[change.size :]
        return
    end = change.offset + len(change.data)
    content.extend(bytes(max(0, end - len(content))))
    content[change.offset : end] = change.data


def _sectors(write: Write) -> Iterator[Write]:
    start = 0
    while start < len(write.data):
        room = SECTOR - (write.offset + start) % SECTOR
        yield Write(write.file, write.offset + start, write.data[start : start + room])
        start += room

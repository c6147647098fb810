"""Pictures that are made up, and a cache of them that keeps everything in a dictionary."""

import asyncio
import datetime as dt
import struct
import zlib
from collections import Counter
from typing import Final

import attrs

from domain.errors import CodatAnswerInvalid, CodatError, CodatNotFound
from domain.model.picture import Picture, parse_picture
from domain.ports.clock import Clock
from domain.ports.picture_cache import LoadPicture, PicturePlace


DAY: Final = dt.timedelta(days=1)
PAUSE: Final = 30.0
PAUSE_FOR_GOOD_REASON: Final = 900.0
"""Seconds without another try after a load that failed, and after one that found no picture."""


def png(width: int = 48, height: int = 48, note: str = "") -> bytes:
    """A small PNG of one colour; a *note* tells it from others of its size."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width + 7) // 8 + 1) * height)
    text = b"Comment\0" + note.encode("latin-1")
    chunks = ((b"IHDR", head), (b"tEXt", text), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@attrs.define
class FakePictureSource:
    """
    Keeps the PictureSource port: for every address at *origins* there is some picture.

    *errors* has what is raised instead, by address; *fetched* counts; nothing is given while
    *may_answer* is not set.
    """

    origins: tuple[str, ...] = ("https://static.codat.io",)
    errors: dict[str, Exception] = attrs.field(factory=dict)
    pictures: dict[str, Picture] = attrs.field(factory=dict)
    fetched: Counter[str] = attrs.field(factory=Counter)
    may_answer: asyncio.Event = attrs.field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.may_answer.set()

    async def fetch(self, src: str) -> Picture:
        if not src.startswith(tuple(f"{origin}/" for origin in self.origins)):
            raise CodatAnswerInvalid(reason="its picture is not at a listed origin")
        self.fetched[src] += 1
        await self.may_answer.wait()
        if src in self.errors:
            raise self.errors[src]
        return self.pictures.get(src) or parse_picture(png(note=ascii(src)))


@attrs.define
class Copy:
    """One copy, and how the last load of it went."""

    picture: Picture | None = None
    fetched_at: dt.datetime | None = None
    failed_at: float | None = None
    pause: float = PAUSE
    loading: "asyncio.Task[Picture] | None" = None


@attrs.define
class FakePictureCache:
    """Keeps the PictureCache port."""

    clock: Clock
    copies: dict[PicturePlace, Copy] = attrs.field(factory=dict)

    async def picture(self, place: PicturePlace, load: LoadPicture) -> Picture | None:
        copy = self.copies.setdefault(place, Copy())
        age = None if copy.fetched_at is None else self.clock.now() - copy.fetched_at
        if age is not None and dt.timedelta(0) <= age < DAY:
            return copy.picture
        pausing = (
            copy.failed_at is not None and self.clock.monotonic() - copy.failed_at < copy.pause
        )
        loading = None if pausing else self._start(copy, place, load)
        if age is not None and age < 30 * DAY:
            return copy.picture
        try:
            return None if loading is None else await asyncio.shield(loading)
        except CodatError:
            return None

    async def refresh(self, place: PicturePlace, load: LoadPicture) -> Picture:
        copy = self.copies.setdefault(place, Copy())
        return await asyncio.shield(self._start(copy, place, load))

    def _start(
        self, copy: Copy, place: PicturePlace, load: LoadPicture
    ) -> "asyncio.Task[Picture]":
        if copy.loading is None:
            copy.loading = asyncio.create_task(self._run(copy, place, load))
            copy.loading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return copy.loading

    async def _run(self, copy: Copy, place: PicturePlace, load: LoadPicture) -> Picture:
        try:
            copy.picture = await load(place.src)
        except CodatError as error:
            good_reason = isinstance(error, CodatNotFound | CodatAnswerInvalid)
            copy.pause = PAUSE_FOR_GOOD_REASON if good_reason else PAUSE
            copy.failed_at = self.clock.monotonic()
            raise
        finally:
            copy.loading = None
        copy.fetched_at, copy.failed_at = self.clock.now(), None
        return copy.picture

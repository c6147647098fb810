"""
Pictures from elsewhere: told by their bytes, bounded, and whole.

What a sender calls them counts for nothing. SVG is refused with everything else that is not one
of four formats, for it is a document that may hold script.
"""

import enum
import re
import struct
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

import attrs


LARGEST: Final = 256 * 1024
"""Bytes."""

LONGEST_SIDE: Final = 2048
"""Pixels; what a few bytes can claim, a browser has to make room for."""

CUT_SHORT: Final = "it ends too early"
DAMAGED: Final = "it is damaged"

MARK, START_OF_SCAN, END_OF_IMAGE = 0xFF, 0xDA, 0xD9
"""Markers of JPEG: the byte that begins each, any number of times (§B.1.1.2), and two codes."""

Size: TypeAlias = tuple[int, int]


class MediaType(enum.Enum):
    """The formats that count, by their media type."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"
    WEBP = "image/webp"


class PictureKind(enum.Enum):
    """Which of an integration's pictures."""

    LOGO = "logo"
    LOGO_FULL = "logoFull"
    BUTTON = "button"
    BUTTON_HOVER = "buttonHover"


@attrs.frozen(kw_only=True)
class Picture:
    """One picture: *width* and *height* in pixels, *content* up to its end and no further."""

    media_type: MediaType
    width: int
    height: int
    content: bytes = attrs.field(repr=False)


def parse_picture(content: bytes, *, largest: int = LARGEST) -> Picture:
    """
    Read what *content* is and how large, and see that nothing is missing of it.

    The pixels themselves are left alone. What comes behind the end is cut off: there, a picture
    could be something else besides. *largest* is in bytes.

    Raises:
        ValueError: why it cannot be shown, in words that go on from "it": no PNG, JPEG, GIF or
            WebP, too large, cut short, or damaged.
    """
    if len(content) > largest:
        raise ValueError(f"it has more than {largest // 1024} kB")
    for start, (media_type, measure) in _FORMATS.items():
        if start.match(content):
            rest = _Rest(content)
            width, height = measure(rest)
            if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
                raise ValueError(f"its sides are not between 1 and {LONGEST_SIDE} pixels")
            return Picture(
                media_type=media_type, width=width, height=height, content=content[: rest.at]
            )
    raise ValueError("it is not PNG, JPEG, GIF or WebP")


@attrs.define
class _Rest:
    """What of *content* has not been read yet: everything from *at*."""

    content: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        """
        The next bytes.

        Raises:
            ValueError: there are not so many.
        """
        taken = self.content[self.at : self.at + count]
        if len(taken) < count:
            raise ValueError(CUT_SHORT)
        self.at += count
        return taken

    def byte(self) -> int:
        """The next byte as a number."""
        return self.take(1)[0]


def _size_of_png(rest: _Rest) -> Size:
    """PNG, third edition, §5: chunks with a checksum each, from `IHDR` to `IEND`."""
    rest.take(8)
    size: Size | None = None
    drawn = False
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", rest.take(8))
        body = rest.take(length)
        if rest.take(4) != zlib.crc32(kind + body).to_bytes(4, "big"):
            raise ValueError(DAMAGED)
        if (size is None) != (kind == b"IHDR") or (kind == b"IHDR" and length != 13):  # noqa: PLR2004 - §11.2.1
            raise ValueError(DAMAGED)
        size = size or struct.unpack(">II", body[:8])
        drawn = drawn or kind == b"IDAT"
    if size is None or not drawn:
        raise ValueError(DAMAGED)
    return size


def _size_of_gif(rest: _Rest) -> Size:
    """GIF89a, appendix B: a screen, then blocks of sub-blocks, to the trailer."""
    width, height, flags = struct.unpack("<6xHHB2x", rest.take(13))
    _skip_colours(rest, flags)
    drawn = False
    while (block := rest.byte()) != ord(";"):
        if block == ord(","):
            (flags,) = struct.unpack("<8xB", rest.take(9))
            _skip_colours(rest, flags)
            drawn = True
        elif block != ord("!"):
            raise ValueError(DAMAGED)
        # The code size of a drawing, the label of an extension; then sub-blocks alike.
        rest.take(1)
        while length := rest.byte():
            rest.take(length)
    if not drawn:
        raise ValueError(DAMAGED)
    return width, height


def _skip_colours(rest: _Rest, flags: int) -> None:
    if flags & 0x80:
        rest.take(3 << (flags & 7) + 1)


def _size_of_jpeg(rest: _Rest) -> Size:
    """ITU T.81, appendix B: segments behind markers, and scans, to the end-of-image marker."""
    rest.take(2)
    size: Size | None = None
    scanned = False
    while (marker := _marker(rest)) != END_OF_IMAGE:
        (length,) = struct.unpack(">H", rest.take(2))
        body = rest.take(max(length - 2, 0))
        if marker in _FRAMES and size is None:
            if len(body) < 5:  # noqa: PLR2004 - §B.2.2: precision, height, width
                raise ValueError(DAMAGED)
            height, width = struct.unpack(">HH", body[1:5])
            size = width, height
        if marker == START_OF_SCAN:
            scanned = True
            found = _NEXT_MARKER.search(rest.content, rest.at)
            if found is None:
                raise ValueError(CUT_SHORT)
            rest.at = found.start()
    if size is None or not scanned:
        raise ValueError(DAMAGED)
    return size


def _marker(rest: _Rest) -> int:
    if rest.byte() != MARK:
        raise ValueError(DAMAGED)
    code = MARK
    while code == MARK:
        code = rest.byte()
    return code


def _size_of_webp(rest: _Rest) -> Size:
    """RFC 9649 §2: chunks in a RIFF container; the first one tells the size."""
    (length,) = struct.unpack("<4xI4x", rest.take(12))
    end = length + 8
    first, *others = _chunks(rest, end)
    kinds = {kind for kind, _ in (first, *others)}
    if rest.at != end or kinds.isdisjoint({b"VP8 ", b"VP8L", b"ANMF"}):
        raise ValueError(DAMAGED)
    match first:
        case (b"VP8X", head) if len(head) >= 10:  # noqa: PLR2004 - §2.7.1
            return _little(head[4:7]) + 1, _little(head[7:10]) + 1
        case (b"VP8L", head) if len(head) >= 5 and head[0] == 0x2F:  # noqa: PLR2004 - §3.4
            bits = _little(head[1:5])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case (b"VP8 ", head) if len(head) >= 10 and head[3:6] == b"\x9d\x01\x2a":  # noqa: PLR2004 - RFC 6386 §9.1
            return _little(head[6:8]) & 0x3FFF, _little(head[8:10]) & 0x3FFF
    raise ValueError(DAMAGED)


def _chunks(rest: _Rest, end: int) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk; always at least one."""
    chunks: list[tuple[bytes, bytes]] = []
    while not chunks or rest.at < end:
        kind, length = struct.unpack("<4sI", rest.take(8))
        chunks.append((kind, rest.take(length + length % 2)))
    return chunks


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")


_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a scan, a zero behind it makes it data, and restarts belong to the scan (§B.1.1.5)."""

_FORMATS: Final[dict[re.Pattern[bytes], tuple[MediaType, Callable[[_Rest], Size]]]] = {
    re.compile(rb"\x89PNG\r\n\x1a\n"): (MediaType.PNG, _size_of_png),
    re.compile(rb"\xff\xd8\xff"): (MediaType.JPEG, _size_of_jpeg),
    re.compile(rb"GIF8[79]a"): (MediaType.GIF, _size_of_gif),
    re.compile(rb"RIFF....WEBP", re.DOTALL): (MediaType.WEBP, _size_of_webp),
}

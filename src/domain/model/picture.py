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

LARGEST_UNPACKED: Final = 1024 * 1024
"""Bytes of all that is unpacked besides the pixels: a profile of colours has some kilobytes."""

CUT_SHORT: Final = "it ends too early"
DAMAGED: Final = "it is damaged"
MOVES: Final = "it has several frames"
"""Nobody can stop a logo that moves (WCAG 2.2, 2.2.2)."""

SWOLLEN: Final = "what is packed in it is far larger than it"

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
            WebP, too large or unpacked so, of several frames, cut short, or damaged.
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
    room = LARGEST_UNPACKED
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
        if kind == b"acTL":
            raise ValueError(MOVES)
        room -= _unpacked(kind, body, room)
    if size is None or not drawn:
        raise ValueError(DAMAGED)
    return size


def _unpacked(kind: bytes, body: bytes, room: int) -> int:
    """
    How many bytes this chunk of a PNG unpacks to, if that is anything but pixels (§11.3).

    The pixels need no look: decoders unpack as many as the sides ask for, and no more.
    """
    _, _, rest = body.partition(b"\0")
    if kind in {b"iCCP", b"zTXt"}:
        packed = rest[1:]
    elif kind == b"iTXt" and rest.startswith(b"\1"):
        packed = rest[2:].split(b"\0", 2)[-1]
    else:
        return 0
    try:
        unpacked = len(zlib.decompressobj().decompress(packed, room + 1))
    except zlib.error:
        raise ValueError(DAMAGED) from None
    if unpacked > room:
        raise ValueError(SWOLLEN)
    return unpacked


def _size_of_gif(rest: _Rest) -> Size:
    """GIF89a, appendix B: a screen, then blocks of sub-blocks, to the trailer."""
    width, height, flags = struct.unpack("<6xHHB2x", rest.take(13))
    _skip_colours(rest, flags)
    drawn = False
    while (block := rest.byte()) != ord(";"):
        if block == ord(","):
            if drawn:
                raise ValueError(MOVES)
            left, top, wide, high, flags = struct.unpack("<HHHHB", rest.take(9))
            if left + wide > width or top + high > height:
                raise ValueError(DAMAGED)
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
    chunks = _chunks(rest, end)
    if any(kind in {b"ANIM", b"ANMF"} for kind, _ in chunks):
        raise ValueError(MOVES)
    drawn = [_drawn_by(chunk) for chunk in chunks if chunk[0] in {b"VP8 ", b"VP8L"}]
    kind, head = chunks[0]
    if rest.at != end or len(drawn) != 1 or kind not in {b"VP8X", b"VP8 ", b"VP8L"}:
        raise ValueError(DAMAGED)
    # A canvas is the size of the one picture on it (§2.7.1).
    if kind == b"VP8X" and head[4:10] != b"".join((n - 1).to_bytes(3, "little") for n in drawn[0]):
        raise ValueError(DAMAGED)
    return drawn[0]


def _drawn_by(chunk: tuple[bytes, bytes]) -> Size:
    match chunk:
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

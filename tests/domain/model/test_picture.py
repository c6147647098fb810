"""What counts as a picture: four formats, by their bytes, whole and of a sane size."""

import gzip
import io
import struct
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from domain.model.picture import LARGEST, LARGEST_UNPACKED, MediaType, Picture, parse_picture
from tests.fakes.pictures import png


WIDTH, HEIGHT = 31, 18


def drawn(form: str, **options: Any) -> bytes:
    """A picture that somebody else's library wrote."""
    image = Image.effect_noise((WIDTH, HEIGHT), 60).convert("RGB")
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def frames() -> dict[str, Any]:
    more = [Image.effect_noise((WIDTH, HEIGHT), 90).convert("RGB") for _ in range(2)]
    return {"save_all": True, "append_images": more}


def packed_texts() -> PngInfo:
    texts = PngInfo()
    texts.add_text("Comment", "x" * 5000, zip=True)
    texts.add_itxt("Title", "y" * 5000, "en", "Title", zip=True)
    texts.add_itxt("Author", "z", "en", "Author", zip=False)
    return texts


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\0"
WHOLE = {
    "png": (MediaType.PNG, drawn("PNG")),
    "png of our own": (MediaType.PNG, png(WIDTH, HEIGHT)),
    "png with a profile": (MediaType.PNG, drawn("PNG", icc_profile=PROFILE)),
    "png with packed texts": (MediaType.PNG, drawn("PNG", pnginfo=packed_texts())),
    "jpeg": (MediaType.JPEG, drawn("JPEG", quality=95)),
    "jpeg in several scans": (MediaType.JPEG, drawn("JPEG", progressive=True)),
    "jpeg with restarts": (MediaType.JPEG, drawn("JPEG", restart_marker_blocks=1)),
    "jpeg with an end in a comment": (
        MediaType.JPEG,
        drawn("JPEG", comment=b"\xff\xd9", exif=EXIF),
    ),
    "gif": (MediaType.GIF, drawn("GIF")),
    "gif with a comment": (MediaType.GIF, drawn("GIF", comment=b";;;")),
    "webp": (MediaType.WEBP, drawn("WEBP")),
    "webp without loss": (MediaType.WEBP, drawn("WEBP", lossless=True)),
    "webp with more": (MediaType.WEBP, drawn("WEBP", exif=EXIF)),
}
MOVING = [drawn(form, **frames()) for form in ("PNG", "GIF", "WEBP")]


def why_not(content: bytes, **limits: int) -> str:
    """Why *content* is refused."""
    with pytest.raises(ValueError, match="it") as refused:
        parse_picture(content, **limits)
    return str(refused.value)


each = pytest.mark.parametrize(("media_type", "content"), WHOLE.values(), ids=WHOLE.keys())


@each
def test_a_picture_is_told_by_its_bytes(media_type: MediaType, content: bytes) -> None:
    picture = Picture(media_type=media_type, width=WIDTH, height=HEIGHT, content=content)

    assert picture == parse_picture(content)


@each
def test_a_picture_that_ends_anywhere_else_is_refused(
    media_type: MediaType, content: bytes
) -> None:
    for end in range(len(content)):
        assert why_not(content[:end])


@each
def test_what_comes_behind_the_end_is_cut_off(media_type: MediaType, content: bytes) -> None:
    more = b"<script>alert(1)</script>\xff\xd9;IEND"

    assert content == parse_picture(content + more).content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?><svg/>",
        b" \n<svg width='48' height='48'><script>alert(1)</script></svg>",
        "<svg/>".encode("utf-16"),
        gzip.compress(b"<svg/>", mtime=0),
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7 %\x89PNG\r\n\x1a\n",
        b"GIF89",
        b"gif89a" + drawn("GIF")[6:],
        b"GIF88a" + drawn("GIF")[6:],
        b"\x89png\r\n\x1a\n" + png()[8:],
        b"\x89PNG\n\x1a\n" + png()[8:],
        b"\xef\xbb\xbf" + png(),
        b" " + drawn("JPEG"),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(20),
        drawn("BMP"),
        drawn("TIFF"),
        drawn("ICO"),
        drawn("JPEG2000"),
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    ],
)
def test_nothing_else_is_a_picture_whatever_it_looks_like(content: bytes) -> None:
    assert "it is not PNG, JPEG, GIF or WebP" == why_not(content)


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


START, END = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")
HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 1, 0, 0, 0, 0))
DATA = chunk(b"IDAT", zlib.compress(b"\0\0"))
GIF = b"GIF89a\x01\0\x01\0\0\0\0"
SCAN = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\x34"
FRAME = b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0"


def webp(*chunks: tuple[bytes, bytes], more: int = 0) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(content)) + content for kind, content in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4 + more) + b"WEBP" + body


@pytest.mark.parametrize(
    "content",
    [
        START + END,
        START + DATA + HEAD + END,
        START + HEAD + HEAD + DATA + END,
        START + HEAD + END,
        START + chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01") + DATA + END,
        START + HEAD + DATA[:-1] + b"\0" + END,
        GIF + b";",
        GIF + b"<script>;",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + FRAME + b"\xff\xd9",
        b"\xff\xd8" + SCAN + b"\xff\xd9",
        b"\xff\xd8" + FRAME[:3] + b"\x03\x08" + SCAN + b"\xff\xd9",
        b"\xff\xd8" + FRAME + b"\0" + SCAN + b"\xff\xd9",
        webp((b"EXIF", b"ab")),
        GIF + b",\0\0\0\0\x02\0\x01\0\0\x02\0;",
        START + HEAD + chunk(b"zTXt", b"Comment\0\0not packed") + DATA + END,
        webp((b"VP8X", bytes(10))),
        webp((b"VP8X", bytes(4) + b"\1" + bytes(5)), (b"VP8L", b"/\0\0\0\0\0")),
        webp((b"VP8L", b"/\0\0\0\0\0"), (b"VP8L", b"/\0\0\0\0\0")),
        webp((b"VP8X", bytes(8)), (b"VP8L", b"/\0\0\0\0\0")),
        webp((b"EXIF", b"ab"), (b"VP8L", b"/\0\0\0\0\0")),
        webp((b"VP8L", b"x\0\0\0\0\0")),
        webp((b"VP8L", b"/\0")),
        webp((b"VP8 ", b"\0\0\0\x9d\x01\x2b\x01\0\x01\0")),
        webp((b"VP8 ", b"\0\0\0\x9d\x01\x2a")),
        webp((b"VP8L", b"/\0\0\0\0\0"), more=-2),
    ],
)
def test_what_only_begins_as_a_picture_is_damaged(content: bytes) -> None:
    assert "it is damaged" == why_not(content + bytes(64))


def sized(width: int, height: int) -> list[bytes]:
    """The same in every format that can say so; most hold far too little for it."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    big, little = struct.pack(">HH", height, width), struct.pack("<HH", width, height)
    told = [
        START + chunk(b"IHDR", head) + DATA + END,
        b"\xff\xd8" + FRAME[:5] + big + FRAME[9:] + SCAN + b"\xff\xd9",
        b"GIF89a" + little + b"\0\0\0,\0\0\0\0" + little + b"\0\x02\0;",
    ]
    if width < 1 << 14 and height < 1 << 14:
        told.append(webp((b"VP8 ", b"\0\0\0\x9d\x01\x2a" + little)))
    if 0 < width < 1 << 14 and 0 < height < 1 << 14:
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        bits = struct.pack("<I", width - 1 | height - 1 << 14)
        told.append(webp((b"VP8X", bytes(4) + sides), (b"VP8L", b"/" + bits + b"\0")))
    return told


@pytest.mark.parametrize("size", [(1, 1), (2048, 2048), (1, 2048)])
def test_a_picture_may_have_up_to_2048_pixels_a_side(size: tuple[int, int]) -> None:
    pictures = [parse_picture(content) for content in sized(*size)]

    assert [size] * 5 == [(picture.width, picture.height) for picture in pictures]


@pytest.mark.parametrize("size", [(2049, 1), (1, 2049), (65535, 65535), (0, 1), (1, 0)])
def test_what_claims_more_or_none_at_all_is_refused(size: tuple[int, int]) -> None:
    for content in sized(*size):
        assert "its sides are not between 1 and 2048 pixels" == why_not(content)


@pytest.mark.parametrize("content", MOVING, ids=["png", "gif", "webp"])
def test_what_moves_is_refused(content: bytes) -> None:
    assert "it has several frames" == why_not(content)


@given(*[st.integers(0, 12)] * 4)
def test_what_a_gif_draws_lies_within_its_sides(
    left: int, top: int, width: int, height: int
) -> None:
    place = struct.pack("<HHHH", left, top, width, height)
    content = b"GIF89a\x0a\0\x0a\0\0\0\0," + place + b"\0\x02\0;"
    within = left + width <= 10 and top + height <= 10

    if within:
        assert content == parse_picture(content).content
    else:
        assert "it is damaged" == why_not(content)


@given(
    kinds=st.lists(st.sampled_from([b"iCCP", b"zTXt", b"iTXt"]), min_size=1, max_size=3),
    sizes=st.lists(st.integers(0, 2 * LARGEST_UNPACKED), min_size=3, max_size=3),
)
def test_what_a_png_unpacks_to_is_bounded_in_all(kinds: list[bytes], sizes: list[int]) -> None:
    heads = {b"iCCP": b"p\0\0", b"zTXt": b"t\0\0", b"iTXt": b"t\0\x01\0en\0t\0"}
    packed = zip(kinds, sizes, strict=False)
    chunks = [chunk(kind, heads[kind] + zlib.compress(bytes(size))) for kind, size in packed]
    content = START + HEAD + b"".join(chunks) + DATA + END
    fits = sum(sizes[: len(kinds)]) <= LARGEST_UNPACKED

    if fits:
        assert content == parse_picture(content).content
    else:
        assert "what is packed in it is far larger than it" == why_not(content)


def test_a_picture_may_have_256_kb() -> None:
    room = LARGEST - len(png())

    assert LARGEST == len(parse_picture(png(note="x" * room)).content)
    assert "it has more than 256 kB" == why_not(png(note="x" * (room + 1)))
    assert "it has more than 64 kB" == why_not(bytes(64 * 1024 + 1), largest=64 * 1024)


MAGIC = [content[:16] for _, content in WHOLE.values()] + [START, b"\xff\xd8\xff", GIF, b""]


@given(st.sampled_from(MAGIC), st.binary(max_size=300))
def test_any_bytes_are_either_a_picture_or_refused(start: bytes, rest: bytes) -> None:
    try:
        picture = parse_picture(start + rest)
    except ValueError:
        assert why_not(start + rest)
    else:
        assert (start + rest).startswith(picture.content)
        assert picture == parse_picture(picture.content)


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_picture_with_a_byte_changed_is_a_picture_or_refused(
    name: str, data: st.DataObject
) -> None:
    content = bytearray(WHOLE[name][1])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    try:
        picture = parse_picture(bytes(content))
    except ValueError:
        assert why_not(bytes(content))
    else:
        assert WHOLE[name][0] is picture.media_type


@given(st.integers(0, len(png()) - 1), st.integers(1, 255))
def test_a_png_with_a_byte_changed_is_refused(at: int, change: int) -> None:
    content = bytearray(png())
    content[at] ^= change

    assert why_not(bytes(content))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * LARGEST,
        b"\xff\xd8" + FRAME + SCAN + b"\xff" * LARGEST,
        b"\xff\xd8" + FRAME + SCAN + b"\xff\0" * (LARGEST // 2),
        b"\xff\xd8" + b"\xff\xe0\0\0" * (LARGEST // 4),
        START + HEAD + chunk(b"tEXt", b"") * (LARGEST // 12),
        GIF + b"!\0\0" * (LARGEST // 3),
        GIF + b"!\0" + b"\x01x" * (LARGEST // 2),
        webp(*[(b"EXIF", b"")] * (LARGEST // 8)),
        START + HEAD + chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200 * LARGEST))),
    ],
    ids=range(9),
)
def test_the_worst_that_fits_is_refused_in_a_moment(content: bytes) -> None:
    started = time.process_time()

    assert why_not(content[:LARGEST])

    assert time.process_time() - started < 1

"""`/static`: the scripts and the icon of the hosted pages, read once."""

import gzip
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Self

import attrs
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from entrypoints.web.auth import AnyRequest
from entrypoints.web.component_script import component_script
from entrypoints.web.conditional import conditional
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given


MEDIA_TYPES: Final = {
    "js": "text/javascript",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ts": "text/plain",
}
"""Told here and not guessed: with `nosniff` a wrong one means no style and no script."""

HEADERS: Final[Headers] = {
    # Not for long, since a name does not change with what it stands for.
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "same-origin",
}
EVERYBODYS: Final[Headers] = {
    **HEADERS,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
"""For what pages of the platform load; there is nothing in it that is anyone's own."""

COMPONENT: Final = "tillbridge-picker.js"
FOR_OTHER_PAGES: Final = frozenset({COMPONENT, "tillbridge-picker.d.ts"})

NOTHING: Final[Mapping[str, Mapping[str, str]]] = {}


@attrs.frozen
class Assets:
    """The content of every file, by its name; *zipped* where that is shorter."""

    by_name: Mapping[str, bytes]
    zipped: Mapping[str, bytes]

    @classmethod
    def read(cls, texts: Mapping[str, Mapping[str, str]] = NOTHING) -> Self:
        """Read all files; *texts* are those of the component, by the tags of their languages."""
        directory = files("entrypoints.web") / "static"
        by_name = {file.name: file.read_bytes() for file in directory.iterdir()}
        by_name[COMPONENT] = component_script(texts)
        zipped = {name: gzip.compress(content, mtime=0) for name, content in by_name.items()}
        return cls(
            by_name,
            {name: short for name, short in zipped.items() if len(short) < len(by_name[name])},
        )


@get("/static/{name:str}", include_in_schema=False)
async def show_asset(
    request: AnyRequest, name: FromPath[str], assets: Given[Assets]
) -> ASGIResponse:
    """Give one file; only names that are there count, so that no path leads elsewhere."""
    if name not in assets.by_name:
        raise NotFoundException
    content, headers = assets.by_name[name], EVERYBODYS if name in FOR_OTHER_PAGES else HEADERS
    if name in assets.zipped:
        headers = {**headers, "Vary": "Accept-Encoding"}
        if takes_gzip(request.headers.get("accept-encoding", "")):
            content, headers = assets.zipped[name], {**headers, "Content-Encoding": "gzip"}
    return conditional(
        content,
        request.headers.get("if-none-match"),
        media_type=MEDIA_TYPES[name.rpartition(".")[2]],
        headers=headers,
    )


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the header *accept_encoding* names gzip (RFC 9110 §12.5.3), and not with q=0."""
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}
    return False

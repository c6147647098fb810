"""`/static`: the style sheet, the scripts and the icon of the hosted pages, read once."""

from importlib.resources import files
from typing import Final

import attrs
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from entrypoints.web.auth import AnyRequest
from entrypoints.web.conditional import conditional
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given


MEDIA_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "png": "image/png",
    "svg": "image/svg+xml",
}
"""Told here and not guessed: with `nosniff` a wrong one means no style and no script."""

HEADERS: Final[Headers] = {
    # Not for long, since a name does not change with what it stands for.
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _read() -> dict[str, bytes]:
    directory = files("entrypoints.web") / "static"
    return {file.name: file.read_bytes() for file in directory.iterdir()}


@attrs.frozen
class Assets:
    """The content of every file, by its name."""

    by_name: dict[str, bytes] = attrs.field(factory=_read)


@get("/static/{name:str}", include_in_schema=False)
async def show_asset(
    request: AnyRequest, name: FromPath[str], assets: Given[Assets]
) -> ASGIResponse:
    """Give one file; only names that are there count, so that no path leads elsewhere."""
    if name not in assets.by_name:
        raise NotFoundException
    return conditional(
        assets.by_name[name],
        request.headers.get("if-none-match"),
        media_type=MEDIA_TYPES[name.rpartition(".")[2]],
        headers=HEADERS,
    )

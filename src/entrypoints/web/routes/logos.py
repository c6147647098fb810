"""`/logos`: integrations' logos and buttons, from copies of our own."""

from typing import Annotated, Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from domain.model.caller import Backend
from domain.model.picture import PictureKind
from domain.use_cases.show_picture import ShowPicture
from entrypoints.web.auth import AnyRequest
from entrypoints.web.conditional import conditional
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given
from entrypoints.web.logos import version_of


ANYONE: Final = Backend(name="anyone")
"""A logo says nothing of a merchant, so that nobody has to say who they are."""

LONG: Final[Headers] = {
    "Cache-Control": "public, max-age=86400, stale-while-revalidate=604800",
}
"""For an address that changes with what the branding names."""

BRIEF: Final[Headers] = {"Cache-Control": "public, max-age=60"}
"""
For any other: without a version, or with one that another process knows before this one.

Else what is kept by the new address would be the old picture.
"""

HEADERS: Final[Headers] = {
    # Opened by itself, too, it is a picture and nothing else.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    # The platform's own pages show it as well.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
ABSENT: Final[Headers] = {
    **BRIEF,
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""It may be there a minute later; until then the page shows a letter."""


@get("/logos/{platform_key:str}/{kind:str}", include_in_schema=False)
async def show_logo(
    request: AnyRequest,
    platform_key: FromPath[str],
    kind: FromPath[str],
    showing: Given[ShowPicture],
    v: Annotated[str, QueryParameter(max_length=100)] = "",
) -> ASGIResponse:
    """Give one picture, or say that there is none; *v* only tells versions apart."""
    try:
        wanted = PictureKind(kind)
    except ValueError:
        raise NotFoundException from None
    shown = await showing(platform_key, wanted, ANYONE)
    if shown is None:
        raise NotFoundException(headers=ABSENT)
    return conditional(
        shown.picture.content,
        request.headers.get("if-none-match"),
        media_type=shown.picture.media_type.value,
        headers={**HEADERS, **(LONG if v == version_of(shown.src) else BRIEF)},
    )

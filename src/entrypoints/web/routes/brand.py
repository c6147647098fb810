"""`/brand`: the platform's logos, which say nothing of who looks."""

from typing import Annotated, Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from domain.ids import LogoName
from entrypoints.web.auth import AnyRequest
from entrypoints.web.brand import BrandLogos
from entrypoints.web.conditional import conditional, short_tag_of
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given


FOR_GOOD: Final = "public, max-age=31536000, immutable"
FOR_NOW: Final = "public, max-age=300"


@get("/brand/logos/{name:str}", include_in_schema=False)
async def show_logo(
    request: AnyRequest,
    name: FromPath[str],
    brand_logos: Given[BrandLogos],
    v: Annotated[str, QueryParameter(max_length=64)] = "",
) -> ASGIResponse:
    """Give one of the registered logos; only names that are there count."""
    picture = brand_logos.files.get(LogoName(name))
    if picture is None:
        raise NotFoundException
    headers: Headers = {
        # For good only by the address that changes with the picture.
        "Cache-Control": FOR_GOOD if v == short_tag_of(picture.content) else FOR_NOW,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return conditional(
        picture.content,
        request.headers.get("if-none-match"),
        media_type=picture.media_type.value,
        headers=headers,
    )

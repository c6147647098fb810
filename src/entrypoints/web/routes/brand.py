"""`/brand`: the style sheets of looks, and the platform's logos; neither says who looks."""

from typing import Annotated, Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from domain.ids import LogoName
from entrypoints.web.auth import AnyRequest
from entrypoints.web.brand import BrandLogos, brand_sheet, decode_brand
from entrypoints.web.conditional import conditional, short_tag_of
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given


SUFFIX: Final = ".css"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
FOR_NOW: Final = "public, max-age=300"


@get("/brand/{sheet:str}", include_in_schema=False)
async def show_sheet(
    request: AnyRequest,
    sheet: FromPath[str],
    v: Annotated[str, QueryParameter(max_length=64)] = "",
) -> ASGIResponse:
    """Give the style sheet of the look that the address itself holds."""
    if not sheet.endswith(SUFFIX):
        raise NotFoundException
    brand = decode_brand(sheet.removesuffix(SUFFIX))
    if brand is None or brand != brand.look or not brand_sheet(brand):
        raise NotFoundException
    return _answer(request, brand_sheet(brand).encode(), "text/css", v)


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
    return _answer(request, picture.content, picture.media_type.value, v)


def _answer(request: AnyRequest, body: bytes, media_type: str, version: str) -> ASGIResponse:
    """*body*, to be kept for good only by the address that changes with it."""
    headers: Headers = {
        "Cache-Control": FOR_GOOD if version == short_tag_of(body) else FOR_NOW,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return conditional(
        body, request.headers.get("if-none-match"), media_type=media_type, headers=headers
    )

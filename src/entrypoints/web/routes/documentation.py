"""`/docs`, `/openapi.json` and `/problems`: what engineers read, with nothing from elsewhere."""

import functools
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from entrypoints.settings import Settings
from entrypoints.web.auth import AnyRequest
from entrypoints.web.injection import Given
from entrypoints.web.pages import Pages
from entrypoints.web.problems import ALL


@get("/openapi.json", include_in_schema=False)
async def openapi(request: AnyRequest, settings: Given[Settings]) -> ASGIResponse:
    """Give the OpenAPI 3.1 description."""
    return ASGIResponse(
        status_code=200,
        body=msgspec.json.encode(_schema(request.app, settings.public_url)),
        media_type="application/json",
        headers={"Cache-Control": "no-cache"},
    )


@get("/docs", include_in_schema=False)
async def docs(
    request: AnyRequest, settings: Given[Settings], pages: Given[Pages]
) -> Response[bytes]:
    """Show the same for people: no script, and nothing from another host."""
    schema = _schema(request.app, settings.public_url)
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
    return pages.render(
        "docs.html",
        schema=schema,
        operations=operations,
        problems=sorted(ALL.values(), key=lambda kind: (kind.status, kind.slug)),
        example=_example,
    )


@get("/problems/{slug:str}", include_in_schema=False)
async def problem(slug: FromPath[str], pages: Given[Pages]) -> Response[bytes]:
    """Document one type of problem."""
    if slug not in ALL:
        raise NotFoundException
    return pages.render("problem.html", kind=ALL[slug])


@functools.cache
def _schema(app: Litestar, public_url: str) -> dict[str, Any]:
    return {**app.openapi_schema.to_schema(), "servers": [{"url": public_url}]}


def _example(response: dict[str, Any]) -> str | None:
    """The first example of a response, as indented JSON."""
    for content in response.get("content", {}).values():
        for example in content.get("examples", {}).values():
            return msgspec.json.format(msgspec.json.encode(example["value"]), indent=2).decode()
    return None

"""`/docs`, `/openapi.json` and `/problems`: what engineers read, with nothing from elsewhere."""

from typing import Any

import attrs
import msgspec
from litestar import Litestar, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk
from entrypoints.web.injection import Given
from entrypoints.web.openapi import described
from entrypoints.web.problem_types import ALL


@attrs.define
class Description:
    """The OpenAPI description of one application, put together when it is first asked for."""

    public_url: str
    _schema: dict[str, Any] | None = attrs.field(default=None, init=False)

    def of(self, app: Litestar) -> dict[str, Any]:
        """What *app* answers, as seen from the public URL."""
        if self._schema is None:
            schema = described(app.openapi_schema.to_schema())
            self._schema = {**schema, "servers": [{"url": self.public_url}]}
        return self._schema


@get("/openapi.json", include_in_schema=False)
async def openapi(request: AnyRequest, description: Given[Description]) -> ASGIResponse:
    """Give the OpenAPI 3.1 description."""
    return ASGIResponse(
        status_code=200,
        body=msgspec.json.encode(description.of(request.app)),
        media_type="application/json",
        headers={"Cache-Control": "no-cache"},
    )


@get("/docs", include_in_schema=False)
async def docs(
    request: AnyRequest, description: Given[Description], desk: Given[Desk]
) -> Response[bytes]:
    """Show the same for people: no script, and nothing from another host."""
    schema = description.of(request.app)
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
    return desk.pages.document(
        desk.looks.plain,
        "docs.html",
        schema=schema,
        operations=operations,
        problems=sorted(ALL.values(), key=lambda kind: (kind.status, kind.slug)),
        example=_example,
    )


@get("/problems/{slug:str}", include_in_schema=False)
async def problem(slug: FromPath[str], desk: Given[Desk]) -> Response[bytes]:
    """Document one type of problem."""
    if slug not in ALL:
        raise NotFoundException
    return desk.pages.document(desk.looks.plain, "problem.html", kind=ALL[slug])


def _example(response: dict[str, Any]) -> str | None:
    """The first example of a response, as indented JSON."""
    values = [
        example["value"]
        for content in response.get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]
    return (
        msgspec.json.format(msgspec.json.encode(values[0]), indent=2).decode() if values else None
    )

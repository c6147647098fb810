"""Who wants to be told of what is coming soon: the merchants' form, and the backend's list."""

from typing import Annotated

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from domain.model.merchant import parse_merchant_identifier
from domain.use_cases.read_interest import LONGEST_PAGE
from entrypoints.views import InterestList, interest_in_all, interest_in_one
from entrypoints.web.auth import AnyRequest, caller_of, merchant_of
from entrypoints.web.cross_site import expect_navigation
from entrypoints.web.desk import Desk
from entrypoints.web.injection import Given
from entrypoints.web.openapi import answers
from entrypoints.web.redirects import see_other
from entrypoints.web.same_merchant import expect_same_merchant


@post("/connect/{platform_key:str}/interest", status_code=303, include_in_schema=False)
async def register_interest(
    request: AnyRequest,
    platform_key: FromPath[str],
    desk: Given[Desk],
) -> ASGIResponse:
    """
    Note that the merchant wants to be told, and go back to where it asked.

    To ask again is to ask once; a reload after the redirect asks for nothing.

    Raises:
        NotFoundException: the operator does not want merchants to be asked.
    """
    caller = merchant_of(request)
    if not desk.settings.interest:
        raise NotFoundException
    expect_navigation(request.headers)
    await expect_same_merchant(request, caller)
    if await desk.registering(platform_key, caller):
        desk.responses.metrics.interest(platform_key)
    address = f"{desk.settings.base_path}/connect#soon"
    return see_other(address, {"Cache-Control": "no-store"})


@get(
    "/interest",
    summary="What merchants wait for",
    tags=["Integrations"],
    responses=answers(InterestList, 200, refusals=(400, 401, 403, 404, 503)),
)
async def list_interest(
    request: AnyRequest,
    desk: Given[Desk],
    platform_key: Annotated[
        str | None,
        QueryParameter(name="platformKey", description="lists who asked for this one, too"),
    ] = None,
    after: Annotated[
        str | None,
        QueryParameter(
            description="with platformKey: the merchantIdentifier of the last one seen"
        ),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LONGEST_PAGE)] = 50,
) -> InterestList:
    """
    Count the merchants who asked to be told when an integration is ready; for the backend.

    With `platformKey` it is that integration alone, with who asked for it, the earliest first:
    when it is ready, tell them. Tillbridge itself tells nobody.
    """
    caller = caller_of(request)
    if platform_key is None:
        return interest_in_all(await desk.interest(caller))
    last = None if after is None else parse_merchant_identifier(after, "after")
    found = await desk.interest.one(platform_key, caller, after=last, limit=limit)
    return interest_in_one(found.demand, found.asked, found.more)

"""`POST /connect/component`: what `<tillbridge-picker>` shows, for a connect token."""

from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response.base import ASGIResponse

from domain.errors import ConnectTokenRefused
from domain.ids import Secret
from domain.model.caller import MerchantCaller
from entrypoints.web.auth import AnyRequest
from entrypoints.web.component import shown
from entrypoints.web.cross_site import expect_trusted_origin
from entrypoints.web.desk import Desk
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given
from entrypoints.web.leaving import picker_view, trouble_of
from entrypoints.web.lent_look import lending_its_look
from entrypoints.web.routes.entering import expect_form


HEADERS: Final[Headers] = {"Cache-Control": "no-store"}


@post("/connect/component", status_code=200, include_in_schema=False)
async def show_component(
    request: AnyRequest,
    data: URLEncodedBody[dict[str, str]],
    desk: Given[Desk],
    lang: Annotated[str, QueryParameter(max_length=100)] = "",
) -> ASGIResponse:
    """
    Redeem a connect token for the picker as JSON, and a ticket; *lang* asks for a language.

    It takes a form, as `/connect/session` does: with JSON, browsers would ask twice.
    No cookie is read or set, so that this works from any page that may ask.
    """
    expect_trusted_origin(
        request.headers, own=desk.settings.public_origin, others=desk.settings.shop_origins
    )
    expect_form(request)
    token = data.get("token", "")
    if not token:
        raise ConnectTokenRefused
    async with lending_its_look(request, desk, Secret(token)):
        ticket = await desk.redeeming.claim_for_component(Secret(token))
    caller = MerchantCaller(grant=ticket.grant)
    look = desk.looks.look(request, ticket.grant, caller)
    closed = desk.starting.closed
    trouble = trouble_of(request, desk, closed, look.language) if closed else None
    view = await picker_view(desk, caller, look.language, trouble=trouble)
    answer = shown(look, view, ticket, desk.settings, desk.clock.now())
    return ASGIResponse(
        body=msgspec.json.encode(answer),
        media_type="application/json",
        headers=HEADERS,
    )

"""`/v1/integrations`: what can be connected, and how it looks."""

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath, HeaderParameter
from litestar.response.base import ASGIResponse

from domain.use_cases.list_integrations import Offer
from entrypoints.views import BrandingView, IntegrationView, branding_view, integration_view
from entrypoints.web.auth import AnyRequest, caller_of
from entrypoints.web.conditional import conditional
from entrypoints.web.desk import Desk
from entrypoints.web.headers import Headers
from entrypoints.web.injection import Given
from entrypoints.web.openapi import UNCHANGED, answers
from entrypoints.web.ready import OFFER


PRIVATE: Final[Headers] = {
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie",
}
"""For what depends on the caller; it may be kept, if it is asked for again each time."""


class LastKnown(msgspec.Struct, rename="camel"):
    """The list is an older one: Codat could not be asked."""

    as_of: dt.datetime


class IntegrationList(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is on offer, in the operator's order; *lastKnown* is there only in an outage."""

    integrations: list[IntegrationView]
    last_known: LastKnown | msgspec.UnsetType = msgspec.UNSET


@get(
    "/integrations",
    summary="What can be connected",
    tags=["Integrations"],
    responses={
        **answers(IntegrationList, 200, refusals=(400, 401, 502, 503, 504)),
        304: UNCHANGED,
    },
)
async def list_integrations(
    request: AnyRequest,
    desk: Given[Desk],
    if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
) -> ASGIResponse:
    """
    List the integrations that the caller may offer or choose; the connector is never there.

    Answered from a cache: with `If-None-Match` it costs next to nothing to ask again.
    """
    caller = caller_of(request)
    offer = await desk.listing(caller)
    body = msgspec.json.encode(_list(offer))
    answer = conditional(body, if_none_match, media_type="application/json", headers=PRIVATE)
    scope: Any = request.scope
    scope[OFFER] = offer
    return answer


@get(
    "/integrations/{platform_key:str}/branding",
    summary="How one integration looks",
    tags=["Integrations"],
    responses=answers(BrandingView, 200, refusals=(400, 401, 404, 502, 503, 504)),
)
async def show_branding(
    request: AnyRequest, platform_key: FromPath[str], desk: Given[Desk]
) -> ASGIResponse:
    """Give logos and buttons in the shape of Codat's own branding endpoint, from the cache."""
    caller = caller_of(request)
    branding = branding_view(await desk.listing.branding_of(platform_key, caller))
    return ASGIResponse(
        body=msgspec.json.encode(branding),
        media_type="application/json",
        headers=PRIVATE,
        status_code=200,
    )


def _list(offer: Offer) -> IntegrationList:
    return IntegrationList(
        integrations=[integration_view(i) for i in offer.catalogue.offered],
        last_known=LastKnown(as_of=offer.as_of) if offer.last_known else msgspec.UNSET,
    )

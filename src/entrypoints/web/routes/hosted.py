"""`/connect`: the pages that merchants see, and the forms on them."""

import contextlib
from typing import Annotated

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from domain.errors import ChoiceRefused, CodatError, SyncSessionChanged
from domain.ids import PlatformKey, SyncSessionId
from domain.model.caller import MerchantCaller
from domain.model.integration import Integration
from domain.use_cases.list_integrations import ListIntegrations
from entrypoints.web.auth import AnyRequest, merchant_of
from entrypoints.web.cross_site import is_visit
from entrypoints.web.desk import Desk
from entrypoints.web.framing import look_of
from entrypoints.web.injection import Given
from entrypoints.web.leaving import leave, picker_view, trouble_of
from entrypoints.web.refusals import reference_of
from entrypoints.web.same_merchant import expect_same_merchant
from entrypoints.web.shell import was_head
from entrypoints.web.standing import standing


@get("/connect", include_in_schema=False)
async def show_picker(
    request: AnyRequest,
    desk: Given[Desk],
    q: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Response[bytes]:
    """Draw the picker."""
    look = look_of(request, desk)
    closed = desk.starting.closed
    trouble = trouble_of(request, desk, closed, look.language) if closed else None
    view = await picker_view(
        desk, merchant_of(request), look.language, sought=q.strip(), trouble=trouble
    )
    return desk.pages.picker(look, view)


@post("/connect/{platform_key:str}", status_code=303, include_in_schema=False)
async def start(
    request: AnyRequest,
    platform_key: FromPath[str],
    desk: Given[Desk],
) -> ASGIResponse:
    """Open or resume the merchant's sync session, and send the browser to Codat."""
    caller = merchant_of(request)
    await expect_same_merchant(request, caller)
    return await leave(request, desk, caller, platform_key, desk.looks.of(request))


@get("/connect/sessions/{session_id:str}", include_in_schema=False)
async def show_session(
    request: AnyRequest,
    session_id: FromPath[str],
    desk: Given[Desk],
) -> Response[bytes]:
    """Draw the stable page of one sync session."""
    caller = merchant_of(request)
    session = (await standing(desk.confirming, SyncSessionId(session_id), caller)).session
    integration = await _integration(desk.listing, caller, session.platform_key)
    return desk.pages.session(look_of(request, desk), session, integration)


@get("/connect/return/{session_id:str}", include_in_schema=False)
async def welcome_back(
    request: AnyRequest,
    session_id: FromPath[str],
    desk: Given[Desk],
    seen: Annotated[int, QueryParameter(name="look", ge=0, le=100)] = 0,
) -> Response[bytes]:
    """Receive the merchant whom Codat sent back; believe only what Codat itself reports."""
    caller = merchant_of(request)
    name = SyncSessionId(session_id)
    if is_visit(request.headers) and not was_head(request):
        try:
            await desk.confirming.note_return(name, caller)
        except SyncSessionChanged:
            # The same page in another tab was first; now there is nothing left to note.
            await desk.confirming.note_return(name, caller)
    stands = await standing(desk.confirming, name, caller)
    integration = await _integration(desk.listing, caller, stands.session.platform_key)
    look = look_of(request, desk)
    return desk.pages.returned(look, stands, integration, reference_of(request), seen=seen)


async def _integration(
    listing: ListIntegrations, caller: MerchantCaller, key: PlatformKey
) -> Integration | None:
    """The integration as it is on offer now; none where it is no longer, or nobody can say."""
    with contextlib.suppress(ChoiceRefused, CodatError):
        return (await listing(caller)).catalogue.find(key)
    return None

"""`/v1/sync-sessions`: a merchant's wishes, and the redirects that fulfil them."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ASGIApp

from domain.errors import InputRefused
from domain.ids import SyncSessionId
from domain.model.caller import Backend, Caller
from domain.model.integration import parse_platform_key
from domain.model.merchant import parse_merchant_identifier
from domain.model.sync_session import SyncSessionStatus
from domain.ports.session_store import SessionQuery
from entrypoints.views import SessionDetailView, SessionView, session_detail, session_view
from entrypoints.web.auth import AnyRequest, caller_of
from entrypoints.web.cross_site import expect_departure
from entrypoints.web.departure import has_left, nobody
from entrypoints.web.desk import Desk
from entrypoints.web.handoff import Link
from entrypoints.web.injection import Given
from entrypoints.web.media_types import JSON, media_type_of
from entrypoints.web.openapi import answers
from entrypoints.web.standing import brought_up_to_date, standing


LONGEST_PAGE = 200


class SyncSessionRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What to connect; only the platform's backend says for which merchant."""

    platform_key: str
    merchant_identifier: str | None = None


class SyncSessionList(msgspec.Struct, rename="camel", omit_defaults=True):
    """Sync sessions, newest first; pass *next* as `before` for the following page."""

    sync_sessions: list[SessionView]
    next: str | msgspec.UnsetType = msgspec.UNSET


@post(
    "/sync-sessions",
    summary="Open a sync session",
    tags=["Sync sessions"],
    responses=answers(
        SessionView, 201, refusals=(400, 401, 403, 404, 409, 413, 415, 502, 503, 504)
    ),
)
async def open_sync_session(
    request: AnyRequest,
    data: JSONBody[SyncSessionRequest],
    desk: Given[Desk],
) -> SessionView:
    """Note what a merchant wants to connect; nothing is asked of Codat's start yet."""
    caller = caller_of(request)
    session = await desk.opening(data.platform_key, caller, data.merchant_identifier)
    return session_view(session, for_merchant=_is_merchant(caller))


@get(
    "/sync-sessions",
    summary="List sync sessions",
    tags=["Sync sessions"],
    responses=answers(SyncSessionList, 200, refusals=(400, 401, 503)),
)
async def list_sync_sessions(
    request: AnyRequest,
    desk: Given[Desk],
    merchant_identifier: Annotated[
        str | None, QueryParameter(name="merchantIdentifier", description="the backend's filter")
    ] = None,
    platform_key: Annotated[str | None, QueryParameter(name="platformKey")] = None,
    status: Annotated[str | None, QueryParameter()] = None,
    before: Annotated[
        str | None, QueryParameter(description="the id of the last one seen")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LONGEST_PAGE)] = 50,
) -> SyncSessionList:
    """
    List the caller's own sync sessions, newest first; the backend's are all.

    For one merchant, Codat is asked about the newest of those who are at Codat or just back.
    """
    caller = caller_of(request)
    query = SessionQuery(
        merchant=None
        if merchant_identifier is None
        else parse_merchant_identifier(merchant_identifier),
        platform_key=None if platform_key is None else parse_platform_key(platform_key),
        status=_parse_status(status),
        before=None if before is None else SyncSessionId(before),
        limit=limit,
    )
    found = await desk.reading(query, caller)
    if _is_merchant(caller) or query.merchant is not None:
        stand = await brought_up_to_date(desk.confirming, found, caller)
        found = tuple(standing.session for standing in stand)
    return SyncSessionList(
        sync_sessions=[session_view(s, for_merchant=_is_merchant(caller)) for s in found],
        next=found[-1].id if len(found) == limit else msgspec.UNSET,
    )


@get(
    "/sync-sessions/{session_id:str}",
    summary="One sync session with its timeline",
    tags=["Sync sessions"],
    responses=answers(SessionDetailView, 200, refusals=(400, 401, 404, 503)),
)
async def show_sync_session(
    request: AnyRequest, session_id: FromPath[str], desk: Given[Desk]
) -> SessionDetailView:
    """
    Show where the merchant stands; someone else's sync session looks like none.

    While the merchant is at Codat, or just back, Codat is asked how far the connection is.
    """
    caller = caller_of(request)
    stands = await standing(desk.confirming, SyncSessionId(session_id), caller)
    return session_detail(stands.session, for_merchant=_is_merchant(caller))


@post(
    "/sync-sessions/{session_id:str}/redirect",
    status_code=200,
    summary="Fetch a fresh sync flow URL",
    tags=["Sync sessions"],
    responses=answers(Link, 200, refusals=(400, 401, 403, 404, 409, 429, 502, 503, 504)),
)
async def redirect(
    request: AnyRequest,
    session_id: FromPath[str],
    desk: Given[Desk],
) -> ASGIApp:
    """
    Have Codat mint one URL for one browser, which must follow it within 30 seconds.

    With `Accept: application/json` the answer is the URL; a form is answered with a 303.
    Every call fetches another URL; none is ever given twice.
    """
    caller = caller_of(request)
    as_form = _is_form(request)
    if as_form:
        expect_departure(request.headers)
    handoff = await desk.starting(SyncSessionId(session_id), caller)
    if has_left(request):
        return await nobody(desk, handoff, caller)
    return desk.responses.see_other(handoff) if as_form else desk.responses.as_json(handoff)


def _is_merchant(caller: Caller) -> bool:
    return not isinstance(caller, Backend)


def _is_form(request: AnyRequest) -> bool:
    wanted = request.headers.get("accept", "").lower()
    return "form" in media_type_of(request) and JSON not in wanted


def _parse_status(given: str | None) -> SyncSessionStatus | None:
    if given is None:
        return None
    try:
        return SyncSessionStatus(given)
    except ValueError:
        known = ", ".join(status.value for status in SyncSessionStatus)
        raise InputRefused("status", "is not a status", f"It is one of {known}.") from None

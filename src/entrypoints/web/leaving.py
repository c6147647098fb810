"""
The merchant's browser leaves for Codat.

Where that does not work for the moment, the picker is drawn again, and tells why: it comes from
the cache, so it is there in an outage, too.
"""

import asyncio
import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

from litestar.response.base import ASGIResponse

from domain.errors import StorageUnavailable, TillbridgeError
from domain.ids import PlatformKey
from domain.model.caller import MerchantCaller
from domain.ports.session_store import SessionQuery
from domain.use_cases.confirm_connection import Standing
from entrypoints.web import problems
from entrypoints.web.auth import AnyRequest
from entrypoints.web.cross_site import expect_departure
from entrypoints.web.departure import has_left, nobody
from entrypoints.web.desk import Desk
from entrypoints.web.languages import Language
from entrypoints.web.pages.look import Look
from entrypoints.web.pages.notices import words
from entrypoints.web.pages.picker import Moment, PickerView, Trouble
from entrypoints.web.refusals import reference_of
from entrypoints.web.standing import brought_up_to_date


SOON: Final = dt.timedelta(seconds=90)
"""A wait up to this long is not worth a time of day."""

MOST_SESSIONS: Final = 100
"""The newest sync sessions of a merchant, of which the picker tells."""


async def leave(
    request: AnyRequest, desk: Desk, caller: MerchantCaller, platform_key: str, look: Look
) -> ASGIResponse:
    """
    Open or resume the merchant's sync session, and answer with the way to Codat.

    Raises:
        NotANavigation: a script, a prefetch or a frame asks.
        ChoiceRefused: the integration is not on offer, or only on show.
        TillbridgeError: it did not work, and the picker cannot be drawn either.
    """
    expect_departure(request.headers)
    try:
        session = await desk.opening.or_resume(platform_key, caller)
        handoff = await desk.starting(session.id, caller)
        if has_left(request):
            return await nobody(desk, handoff, caller)
        cookies = desk.looks.cookies(look) if look.arrival else ()
        return desk.responses.see_other(handoff, cookies)
    except TillbridgeError as error:
        if not problems.may_pass(error):
            raise
        trouble = trouble_of(request, desk, error, look.language, PlatformKey(platform_key))
        try:
            view = await picker_view(desk, caller, look.language, trouble=trouble)
        except TillbridgeError:
            # No list either: the error itself gets a page.
            raise error from None
        headers = desk.refusals.note(request, error)
        status = problems.classify(error).status.value
        page = desk.pages.picker(look, view, status=status, headers=headers)
        return page.to_asgi_response(None, request)


async def picker_view(
    desk: Desk,
    caller: MerchantCaller,
    language: Language,
    *,
    sought: str = "",
    trouble: Trouble | None = None,
) -> PickerView:
    """
    What the picker shows to *caller*; without what cannot be read at the moment.

    Raises:
        CodatError: Codat cannot be asked, and there is no earlier list.
    """
    offer = await desk.listing(caller)
    # Side by side, for a lock or a disk that does not answer takes its time each time.
    begun, wanted = await asyncio.gather(_begun(desk, caller), _wanted(desk, caller))
    return desk.views.view(language, offer, begun, wanted=wanted, sought=sought, trouble=trouble)


async def _begun(desk: Desk, caller: MerchantCaller) -> Sequence[Standing]:
    try:
        found = await desk.reading(SessionQuery(limit=MOST_SESSIONS), caller)
        return await brought_up_to_date(desk.confirming, found, caller)
    except StorageUnavailable:
        return ()


async def _wanted(desk: Desk, caller: MerchantCaller) -> Collection[PlatformKey]:
    if not desk.settings.interest:
        return ()
    try:
        return await desk.interest.of(caller)
    except StorageUnavailable:
        return ()


def trouble_of(
    request: AnyRequest,
    desk: Desk,
    error: TillbridgeError,
    language: Language,
    key: PlatformKey | None = None,
) -> Trouble:
    """What the picker says of *error*: of the start of *key*, or of every start."""
    told = words(problems.classify(error).slug, language)
    wait = problems.retry_after(error)
    moment = None
    if wait is not None and wait > SOON.total_seconds():
        moment = Moment.of(desk.clock.now() + dt.timedelta(seconds=wait), language)
    return Trouble(
        key=key,
        title=told.title,
        detail=told.detail,
        reference=reference_of(request),
        wait=wait,
        until="" if wait is None else _until(language, moment),
        moment=moment,
    )


def _until(language: Language, moment: Moment | None) -> str:
    if moment is None:
        return language.gettext("You can try again in a moment.")
    return language.gettext("You can try again from %(moment)s on.") % {"moment": moment.words}

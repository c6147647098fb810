"""`POST /connect/session`: how a merchant's browser comes in, by a connect token or a ticket."""

from typing import Final

import attrs
from litestar import post
from litestar.exceptions import HTTPException
from litestar.params import URLEncodedBody
from litestar.response.base import ASGIResponse

from domain.errors import ConnectTokenRefused
from domain.ids import Secret
from domain.model.caller import Grant, MerchantCaller
from domain.use_cases.redeem_connect_token import (
    Admission,
    BrowserLogin,
    seconds_left,
    ticket_of,
)
from entrypoints.web.auth import AnyRequest, Entered, enter
from entrypoints.web.cross_site import (
    expect_navigation,
    expect_trusted_origin,
    is_framed,
    is_from_platform,
)
from entrypoints.web.desk import Desk
from entrypoints.web.injection import Given
from entrypoints.web.leaving import leave
from entrypoints.web.lent_look import lending_its_look
from entrypoints.web.media_types import FORM, media_type_of
from entrypoints.web.pages.look import LONGEST_TAG
from entrypoints.web.redirects import see_other


LINGERS: Final = 24 * 3600
"""
Seconds that a browser keeps the cookie of a login that is over.

It opens nothing any more, and tells who comes back that the visit has ended from who was never
here.
"""


@post("/connect/session", status_code=303, include_in_schema=False)
async def redeem_connect_token(
    request: AnyRequest,
    data: URLEncodedBody[dict[str, str]],
    desk: Given[Desk],
) -> ASGIResponse:
    """
    Let a browser in by a connect token; with a `platformKey`, send it on to Codat at once.

    With that, or with `whole`, somebody pressed a button of a page within a page, so that its
    ticket counts as well. In a link a ticket is nothing. `lang` is the language of that page.

    A token from the platform's own page simply counts. One that came in a link could have
    been planted by someone else (login CSRF), so if another merchant is logged in here,
    we ask first. Into a frame nobody plants anything: only pages on the list may have one.
    """
    expect_trusted_origin(
        request.headers, own=desk.settings.public_origin, others=desk.settings.shop_origins
    )
    expect_navigation(request.headers)
    expect_form(request)
    token, platform_key = data.get("token", ""), data.get("platformKey") or None
    if not token:
        raise ConnectTokenRefused
    framed = is_framed(request.headers)
    agreed = (
        framed
        or data.get("switch") == "yes"
        or is_from_platform(
            request.headers, own=desk.settings.public_origin, others=desk.settings.shop_origins
        )
    )
    pressed = platform_key is not None or bool(data.get("whole"))
    accept = desk.redeeming.admit if pressed else desk.redeeming.claim
    async with lending_its_look(request, desk, Secret(token)):
        admission = await accept(Secret(token), agreed=agreed)
    chosen = desk.looks.languages.find(data.get("lang", "")[:LONGEST_TAG])
    if chosen:
        # The cookie of a frame, which knows it, does not come along to the whole window.
        grant = attrs.evolve(admission.grant, locale=chosen.tag)
        admission = attrs.evolve(admission, grant=grant)
    old = desk.cookie.find(request.headers.getall("cookie", []), framed=framed)
    present = await desk.redeeming.recognise(Secret(old)) if old else None
    if present is not None and desk.redeeming.must_ask(present, admission):
        return await _ask_first(request, desk, present, admission, platform_key)
    # Browsers without Fetch Metadata do not say that they are in a frame, but `enter.js` does.
    ticketed = framed or ("sec-fetch-dest" not in request.headers and bool(data.get("framed")))
    login = await desk.redeeming.log_in(
        admission, instead_of=Secret(old) if old else None, ticketed=ticketed
    )
    left = seconds_left(login.expires_at, desk.clock.now())
    cookie = desk.cookie.set(login.secret, left + LINGERS, framed=framed)
    # Nothing starts in a frame: Codat's pages let nobody frame them, and the URL would be spent.
    if platform_key is None or ticketed:
        return _to_the_picker(desk, login, cookie, ticketed=ticketed)
    entered = Entered(cookie=cookie, platform_key=platform_key)
    return await _to_codat(request, desk, login.grant, entered)


async def _ask_first(
    request: AnyRequest,
    desk: Desk,
    present: MerchantCaller,
    admission: Admission,
    platform_key: str | None,
) -> ASGIResponse:
    """Ask whoever is logged in whether another merchant may take over."""
    merchant = admission.grant.merchant
    renewed = await desk.issuing.renew(admission.grant, visit_ends=admission.ends_at)
    name = merchant.name or merchant.identifier
    look = desk.looks.look(request, present.grant, present)
    page = desk.pages.switch(look, name, renewed.secret, platform_key)
    return page.to_asgi_response(None, request)


def _to_the_picker(
    desk: Desk, login: BrowserLogin, cookie: str, *, ticketed: bool
) -> ASGIResponse:
    """
    Go on to the picker.

    In a frame, the cookie may not come back, whatever it is. Then the ticket in the fragment,
    which no browser sends, opens the page in the whole window instead (`enter.js`).
    """
    address = f"{desk.settings.base_path}/connect"
    if ticketed:
        address = f"{address}#ticket={ticket_of(login.secret)}"
    return see_other(address, {"Cache-Control": "no-store"}, [cookie])


async def _to_codat(
    request: AnyRequest, desk: Desk, grant: Grant, entered: Entered
) -> ASGIResponse:
    """
    Start in the same request, as `POST /connect/{platformKey}` does.

    Where that fails, the browser has come in all the same, and the page says what is wrong.
    """
    caller = MerchantCaller(grant=grant)
    enter(request, caller, entered)
    look = desk.looks.of(request)
    return await leave(request, desk, caller, str(entered.platform_key), look)


def expect_form(request: AnyRequest) -> None:
    """
    Make sure that the body is a form.

    Raises:
        HTTPException: it says that it is something else.
    """
    if "content-type" in request.headers and media_type_of(request) != FORM:
        raise HTTPException(status_code=415)

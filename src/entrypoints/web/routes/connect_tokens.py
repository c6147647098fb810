"""`/v1/connect-tokens`: how the platform's backend lets its merchant in."""

import datetime as dt
from typing import Any

import msgspec
from litestar import post
from litestar.params import JSONBody

from entrypoints.web.auth import AnyRequest, caller_of
from entrypoints.web.desk import Desk
from entrypoints.web.injection import Given
from entrypoints.web.openapi import answers


class BrandRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """
    How the page differs from the settings for this merchant; whatever is missing stays as it is.

    *logo* and *logoDark* name registered logos; an accent colour has to be readable: 4.5 to 1
    before the page and its cards, in its mode.
    """

    name: str | None = None
    logo: str | None = None
    logo_dark: str | None = None
    accent_color: str | None = None
    accent_color_dark: str | None = None
    # If it were an int, the framework would take "4" for one.
    radius: Any = None
    font: list[str] | None = None
    mode: str | None = None


class ConnectTokenRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """
    Which merchant, and how the page should be.

    *returnTo* names one of the registered return addresses; *integrations* narrows the offer to
    these platform keys; *locale* is the tag of the language in which the merchant reads the page;
    *brand* is laid over the look that the settings give it.
    """

    merchant_identifier: str
    merchant_name: str | None = None
    return_to: str | None = None
    locale: str | None = None
    integrations: list[str] | None = None
    brand: BrandRequest | None = None


class IssuedToken(msgspec.Struct, rename="camel"):
    """
    A connect token: once, within 60 seconds, for one browser.

    Post *token* as a form to `/connect/session`, or send the browser to *url*.
    """

    token: str
    url: str
    expires_at: dt.datetime


@post(
    "/connect-tokens",
    summary="Mint a connect token",
    tags=["Hosted page"],
    responses=answers(IssuedToken, 201, refusals=(400, 401, 403, 413, 415, 503)),
    response_headers={"Cache-Control": "no-store"},
)
async def issue_connect_token(
    request: AnyRequest,
    data: JSONBody[ConnectTokenRequest],
    desk: Given[Desk],
) -> IssuedToken:
    """Mint a single-use token at the moment when the logged-in merchant clicks."""
    caller = caller_of(request)
    token = await desk.issuing(
        caller,
        merchant_identifier=data.merchant_identifier,
        merchant_name=data.merchant_name,
        return_to=data.return_to,
        locale=data.locale,
        integrations=data.integrations,
        brand=msgspec.to_builtins(data.brand),
    )
    return IssuedToken(
        token=token.secret,
        # In the fragment it reaches no log: browsers do not send fragments.
        url=f"{desk.settings.public_url}/connect#token={token.secret}",
        expires_at=token.expires_at,
    )

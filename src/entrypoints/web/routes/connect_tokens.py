"""`/v1/connect-tokens`: how the platform's backend lets its merchant in."""

import datetime as dt

import msgspec
from litestar import post
from litestar.params import JSONBody

from domain.use_cases.issue_connect_token import IssueConnectToken
from entrypoints.settings import Settings
from entrypoints.web.auth import Calling
from entrypoints.web.injection import Given
from entrypoints.web.openapi import answers


class ConnectTokenRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """
    Which merchant, and how the page should be.

    *returnTo* names one of the registered return addresses; *integrations* narrows the offer to
    these platform keys; *locale* is a language tag, kept for the page, which is in English so far.
    """

    merchant_identifier: str
    merchant_name: str | None = None
    return_to: str | None = None
    locale: str | None = None
    integrations: list[str] | None = None


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
    data: JSONBody[ConnectTokenRequest],
    caller: Calling,
    issuing: Given[IssueConnectToken],
    settings: Given[Settings],
) -> IssuedToken:
    """Mint a single-use token at the moment when the logged-in merchant clicks."""
    token = await issuing(
        caller,
        merchant_identifier=data.merchant_identifier,
        merchant_name=data.merchant_name,
        return_to=data.return_to,
        locale=data.locale,
        integrations=data.integrations,
    )
    return IssuedToken(
        token=token.secret,
        # In the fragment it reaches no log: browsers do not send fragments.
        url=f"{settings.public_url}/connect#token={token.secret}",
        expires_at=token.expires_at,
    )

"""`tillbridge token`."""

import datetime as dt
from typing import Annotated

import msgspec
from cyclopts import Parameter

from entrypoints.cli.parameters import AsJson, Here, Merchant


class TokenView(msgspec.Struct, rename="camel", frozen=True):
    """A connect token; *url* carries it in its fragment, which browsers send to no server."""

    token: str
    url: str
    expires_at: dt.datetime


async def token(
    merchant: Merchant,
    /,
    *,
    name: Annotated[str | None, Parameter(help="The merchant's name, for the page.")] = None,
    return_to: Annotated[
        str | None, Parameter(help="The name of a registered return address.")
    ] = None,
    locale: Annotated[
        str | None,
        Parameter(help="The language of the page, as a tag such as fr-FR."),
    ] = None,
    integrations: Annotated[
        str | None, Parameter(help="Offer only these platform keys: gbol,qhyg.")
    ] = None,
    as_json: AsJson = False,
    here: Here,
) -> None:
    """
    Print a connect token's URL, by which one merchant can open the hosted page once.

    It works for 60 seconds. Give it to nobody but the merchant.

    Example: tillbridge token merchant-1 --name "Bean & Leaf"
    """
    async with here.running() as container:
        issued = await container.issue_connect_token()(
            here.caller,
            merchant_identifier=merchant,
            merchant_name=name,
            return_to=return_to,
            locale=locale,
            integrations=None if integrations is None else _keys(integrations),
        )
        left = int((issued.expires_at - container.clock().now()).total_seconds())
        url = f"{container.settings().public_url}/connect#token={issued.secret}"
    if as_json:
        here.document(TokenView(token=issued.secret, url=url, expires_at=issued.expires_at))
    else:
        here.answer(url)
        here.note(f"Good for one visit within {left} seconds ({issued.expires_at:%H:%M:%S} UTC).")


def _keys(given: str) -> list[str]:
    return [key for key in given.replace(",", " ").split(" ") if key]

"""
Pages of ours in a frame of the platform's page.

Browsers say so in `Sec-Fetch-Dest` (W3C Fetch Metadata); pages cannot forge it.
Who may frame a page, `frame-ancestors` decides (`headers.py`).
A frame's cookie is not sent when its form takes the whole window, so that such a form carries a
ticket instead: a connect token for the same merchant.
"""

from contextlib import suppress

import attrs

from domain.errors import StorageUnavailable
from domain.ids import Secret
from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk
from entrypoints.web.pages.look import Look


async def look_of(request: AnyRequest, desk: Desk) -> Look:
    """
    How the page that is asked for looks, with a ticket for its forms where it is in a frame.

    Where no ticket can be written there is none: no start can be recorded then either.
    """
    look = desk.looks.of(request)
    if not look.framed:
        return look
    cookies = request.headers.getall("cookie", [])
    login = desk.cookie.find_either(cookies, framed=True)
    ticket = None
    with suppress(StorageUnavailable):
        ticket = await desk.redeeming.ticket_like(Secret(login)) if login else None
    return attrs.evolve(look, ticket=ticket.secret if ticket else None)

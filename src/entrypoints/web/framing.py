"""
Pages of ours in a frame of the platform's page.

Browsers say so in `Sec-Fetch-Dest` (W3C Fetch Metadata); pages cannot forge it.
Who may frame a page, `frame-ancestors` decides (`headers.py`).
A frame's cookie is not sent when its form takes the whole window, so that such a form carries
the ticket of the frame's login instead.
"""

import attrs

from domain.ids import Secret
from domain.use_cases.redeem_connect_token import ticket_of
from entrypoints.web.auth import AnyRequest
from entrypoints.web.desk import Desk
from entrypoints.web.pages.look import Look


def look_of(request: AnyRequest, desk: Desk) -> Look:
    """How the page that is asked for looks, with a ticket for its forms where it is in a frame."""
    look = desk.looks.of(request)
    if not look.framed:
        return look
    login = desk.cookie.find(request.headers.getall("cookie", []), framed=True)
    return attrs.evolve(look, ticket=ticket_of(Secret(login)) if login else None)

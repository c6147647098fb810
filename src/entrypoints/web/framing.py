"""
Pages of ours in a frame of the platform's page.

Browsers say so in `Sec-Fetch-Dest` (W3C Fetch Metadata); pages cannot forge it.
Who may frame a page, `frame-ancestors` decides (`headers.py`).
A frame's cookie is not sent when its form takes the whole window, so that such a form carries a
ticket instead: a connect token for the same merchant.
"""

from domain.ids import Secret
from domain.use_cases.redeem_connect_token import RedeemConnectToken
from entrypoints.web.auth import AnyRequest
from entrypoints.web.cross_site import is_framed
from entrypoints.web.headers import Cookie


async def ticket_of(
    request: AnyRequest, redeeming: RedeemConnectToken, cookie: Cookie
) -> Secret | None:
    """
    The ticket for the forms of the page that is asked for; none where that has the whole window.

    Raises:
        StorageUnavailable: it could not be written.
    """
    if not is_framed(request.headers):
        return None
    login = cookie.find_either(request.headers.getall("cookie", []), framed=True)
    ticket = await redeeming.ticket_like(Secret(login)) if login else None
    return ticket.secret if ticket else None

"""
The hand-off: everything that a platform has to write.

`connect` mints a token when the merchant clicks, and has the merchant's own browser post it to
Tillbridge (the form is in `templates/handoff.html`). What came of it is asked of Tillbridge when
the merchant is back, never read from a URL.
"""

from http import HTTPStatus
from typing import Annotated, Any

import attrs
import httpx
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromCookie, QueryParameter
from litestar.response import Redirect, Template

from entrypoints.demo_shop.pages import MERCHANTS, page, to_login


class TillbridgeUnavailable(Exception):
    """Tillbridge cannot be reached, or refuses; the merchant can only try again."""


@attrs.frozen
class Tillbridge:
    """Tillbridge's HTTP API; *http* carries its address and the operator key."""

    http: httpx.AsyncClient

    @property
    def address(self) -> str:
        """Where the merchant's browser reaches it."""
        return str(self.http.base_url).rstrip("/")

    async def ask(self, method: str, path: str, **content: Any) -> Any:
        """What Tillbridge answers; `None` where it says that there is no such thing."""
        try:
            answer = await self.http.request(method, path, **content)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise TillbridgeUnavailable from error

    async def integration_names(self) -> dict[str, str]:
        """What the platform keys stand for."""
        listed = (await self.ask("GET", "/v1/integrations"))["integrations"]
        return {integration["key"]: integration["name"] for integration in listed}


@post("/connect", status_code=200)
async def connect(
    tillbridge: NamedDependency[Tillbridge], shop: FromCookie[str | None] = None
) -> Template | Redirect:
    """Hand the logged-in merchant over to Tillbridge, which takes it from here."""
    if shop not in MERCHANTS:
        return to_login()
    wanted = {"merchantIdentifier": shop, "merchantName": MERCHANTS[shop], "returnTo": "shop"}
    try:
        issued = await tillbridge.ask("POST", "/v1/connect-tokens", json=wanted)
    except TillbridgeUnavailable:
        return page("sorry.html", shop, status=503)
    return page("handoff.html", shop, tillbridge=tillbridge.address, token=issued["token"])


@get("/done")
async def done(
    tillbridge: NamedDependency[Tillbridge],
    session: Annotated[str, QueryParameter(pattern=r"^\w{1,64}$")],
    shop: FromCookie[str | None] = None,
) -> Template | Redirect:
    """Welcome the merchant back; a URL proves nothing, so Tillbridge is asked what came of it."""
    if shop not in MERCHANTS:
        return to_login()
    try:
        connection = await tillbridge.ask("GET", f"/v1/sync-sessions/{session}")
        names = await tillbridge.integration_names()
    except TillbridgeUnavailable:
        return page("sorry.html", shop, status=503)
    mine = connection if connection and connection["merchantIdentifier"] == shop else None
    return page("done.html", shop, connection=mine, names=names)

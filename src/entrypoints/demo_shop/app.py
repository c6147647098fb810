"""
The back office of Corner Till, a till company that does not exist.

The hand-off is `connect`: mint a token when the merchant clicks, and have the merchant's own
browser post it to Tillbridge. What came of it is asked of Tillbridge, never read from a URL.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import httpx
from litestar import Litestar, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import FromCookie, QueryParameter, URLEncodedBody
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

from entrypoints.demo_shop.tillbridge import Tillbridge, TillbridgeUnavailable


HERE: Final = Path(__file__).parent
MERCHANTS: Final = {
    "corner-bakery": "Corner Bakery",
    "harbour-books": "Harbour Books",
    "moss-and-fern": "Moss & Fern",
}
IN_WORDS: Final = {
    "open": "Chosen, not started yet",
    "starting": "Being prepared",
    "redirected": "Started, not finished yet",
    "returned": "Finished, waiting for confirmation",
    "completed": "Connected",
}


@post("/connect", status_code=200)
async def connect(
    tillbridge: NamedDependency[Tillbridge], shop: FromCookie[str | None] = None
) -> Template | Redirect:
    """Hand the logged-in merchant over to Tillbridge, which takes it from here."""
    if shop not in MERCHANTS:
        return _to_login()
    try:
        token = await tillbridge.mint_connect_token(shop, MERCHANTS[shop])
    except TillbridgeUnavailable:
        return _page("sorry.html", shop, status=503)
    return _page("handoff.html", shop, tillbridge=tillbridge.address, token=token)


@get("/done")
async def done(
    tillbridge: NamedDependency[Tillbridge],
    session: Annotated[str, QueryParameter(pattern=r"^\w{1,64}$")],
    shop: FromCookie[str | None] = None,
) -> Template | Redirect:
    """Welcome the merchant back; a URL proves nothing, so Tillbridge is asked what came of it."""
    if shop not in MERCHANTS:
        return _to_login()
    try:
        connection = await tillbridge.connection(session, shop)
        names = await tillbridge.integration_names()
    except TillbridgeUnavailable:
        return _page("sorry.html", shop, status=503)
    return _page("done.html", shop, connection=connection, names=names)


@get("/")
async def office(
    tillbridge: NamedDependency[Tillbridge], shop: FromCookie[str | None] = None
) -> Template:
    """Show what the merchant has connected, and the button to connect more."""
    if shop not in MERCHANTS:
        return Template("login.html", context={"merchants": MERCHANTS})
    try:
        connections = await tillbridge.connections(shop)
        names = await tillbridge.integration_names()
    except TillbridgeUnavailable:
        return _page("sorry.html", shop, status=503)
    return _page("office.html", shop, connections=connections, names=names)


@post("/login", status_code=303)
async def log_in(data: URLEncodedBody[dict[str, str]]) -> Redirect:
    """Believe whoever comes: a real back office asks for a password, and signs its cookie."""
    merchant = data.get("merchant", "")
    cookies = [Cookie("shop", value=merchant, httponly=True, samesite="lax")]
    return Redirect("/", status_code=303, cookies=cookies if merchant in MERCHANTS else None)


@post("/logout", status_code=303)
async def log_out() -> Redirect:
    """Forget who is there."""
    leaving = _to_login()
    leaving.delete_cookie("shop")
    return leaving


def create_shop(http: httpx.AsyncClient) -> Litestar:
    """The shop; *http* has Tillbridge's address and an operator key in its headers."""
    tillbridge = Tillbridge(http)
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"form-action 'self' {tillbridge.address}; base-uri 'none'; frame-ancestors 'none'"
    )
    return Litestar(
        [
            *(connect, done, office, log_in, log_out),
            create_static_files_router("/static", [HERE / "static"]),
        ],
        dependencies={"tillbridge": Provide(lambda: tillbridge, sync_to_thread=False)},
        template_config=TemplateConfig(JinjaTemplateEngine(HERE / "templates")),
        response_headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            # With no-referrer or same-origin, Tillbridge would not see which shop posts a token.
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
        on_shutdown=[http.aclose],
        openapi_config=None,
        logging_config=None,
    )


def _page(template: str, merchant: str, *, status: int = 200, **context: Any) -> Template:
    shown = {"merchant": merchant, "name": MERCHANTS[merchant], "words": IN_WORDS, **context}
    return Template(template, context=shown, status_code=status)


def _to_login() -> Redirect:
    return Redirect("/", status_code=303)

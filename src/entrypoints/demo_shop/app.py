"""
The back office of Corner Till, a till company that does not exist.

What a platform has to write is in `handoff.py`; the rest is the office around it.
"""

from pathlib import Path
from typing import Final

import httpx
from litestar import Litestar, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import FromCookie, URLEncodedBody
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

from entrypoints.demo_shop.handoff import Tillbridge, TillbridgeUnavailable, connect, done
from entrypoints.demo_shop.pages import MERCHANTS, page, to_login


HERE: Final = Path(__file__).parent


@get("/")
async def office(
    tillbridge: NamedDependency[Tillbridge], shop: FromCookie[str | None] = None
) -> Template:
    """Show what the merchant has connected, and the button to connect more."""
    if shop not in MERCHANTS:
        return Template("login.html", context={"merchants": MERCHANTS})
    try:
        mine = {"merchantIdentifier": shop}
        listed = await tillbridge.ask("GET", "/v1/sync-sessions", params=mine)
        names = await tillbridge.integration_names()
    except TillbridgeUnavailable:
        return page("sorry.html", shop, status=503)
    return page("office.html", shop, connections=listed["syncSessions"], names=names)


@post("/login", status_code=303)
async def log_in(data: URLEncodedBody[dict[str, str]]) -> Redirect:
    """Believe whoever comes: a real back office asks for a password, and signs its cookie."""
    merchant = data.get("merchant", "")
    cookies = [Cookie("shop", value=merchant, httponly=True, samesite="lax")]
    return Redirect("/", status_code=303, cookies=cookies if merchant in MERCHANTS else None)


@post("/logout", status_code=303)
async def log_out() -> Redirect:
    """Forget who is there."""
    leaving = to_login()
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

"""The web service over a world of fakes, asked as programs and browsers ask."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import attrs
import httpx
from blockbuster import BlockBuster

from entrypoints.settings import Settings
from entrypoints.web.app import create_app
from entrypoints.web.asgi import App, Receive, Scope, Send
from entrypoints.web.shell import Shell
from tests.support import OPERATOR_KEY, PUBLIC_URL, FakeWorld, make_container, make_settings


Headers: TypeAlias = Mapping[str, str]

SHOP = "https://shop.example.test"
BACKEND: Headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
FROM_OUR_PAGE: Headers = {
    "Origin": PUBLIC_URL,
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
}
"""What a browser sends with a form of a page of ours."""

FROM_SHOP: Headers = {
    "Origin": SHOP,
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
}
"""What it sends with a form of the platform's page."""


class _Watch:
    """While anything is asked, whatever of the product blocks the event loop is an error."""

    def __init__(self) -> None:
        self.blockbuster = BlockBuster(["adapters", "domain", "entrypoints"])
        self.asked = 0

    def __enter__(self) -> None:
        if self.asked == 0:
            self.blockbuster.activate()
        self.asked += 1

    def __exit__(self, *_: object) -> None:
        self.asked -= 1
        if self.asked == 0:
            self.blockbuster.deactivate()


WATCH = _Watch()


@attrs.define
class Framework:
    """Counts how often what is behind the shell was asked."""

    app: App
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.app(scope, receive, send)


@attrs.frozen
class Service:
    """The whole application, and the world around it."""

    world: FakeWorld
    settings: Settings
    app: Shell

    async def send(
        self,
        method: str,
        path: str,
        headers: Headers | Iterable[tuple[str, str]] = (),
        **body: Any,
    ) -> httpx.Response:
        """Ask once: no redirect is followed, and no cookie kept."""
        given = headers.items() if isinstance(headers, Mapping) else headers
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given]
        return await ask(
            self.app, httpx.Request(method, f"{PUBLIC_URL}{path}", headers=raw, **body)
        )

    async def get(self, path: str, headers: Headers = BACKEND) -> httpx.Response:
        return await self.send("GET", path, headers)

    async def post(self, path: str, headers: Headers = BACKEND, **body: Any) -> httpx.Response:
        return await self.send("POST", path, headers, **body)

    def merchant(self, identifier: str = "m-1", name: str | None = None) -> Headers:
        """The headers of a merchant's own client, with a JWT."""
        bearer = f"jwt-of-{identifier}"
        self.world.identity.know_merchant(bearer, identifier, name)
        return {"Authorization": f"Bearer {bearer}"}

    async def token(self, identifier: str = "m-1", **about: Any) -> str:
        """A connect token that the backend minted."""
        wanted = {"merchantIdentifier": identifier, **about}
        answer = await self.post("/v1/connect-tokens", json=wanted)
        token: str = answer.json()["token"]
        return token

    async def enter(
        self, token: str, headers: Headers = FROM_SHOP, **fields: str
    ) -> httpx.Response:
        """Post *token* as a form."""
        return await self.post("/connect/session", headers, data={"token": token, **fields})

    async def browser(self, identifier: str = "m-1", **about: Any) -> Headers:
        """The headers of a browser that came in by a connect token."""
        entered = await self.enter(await self.token(identifier, **about), FROM_OUR_PAGE)
        return {**FROM_OUR_PAGE, "Cookie": entered.headers["set-cookie"].partition(";")[0]}

    async def opened(self, identifier: str = "m-1", key: str = "gbol") -> str:
        """The id of a sync session that the backend opened for a merchant."""
        wanted = {"merchantIdentifier": identifier, "platformKey": key}
        answer = await self.post("/v1/sync-sessions", json=wanted)
        session_id: str = answer.json()["id"]
        return session_id

    async def redirected(self, identifier: str = "m-1", key: str = "gbol") -> str:
        """The id of a sync session that sent its merchant to Codat."""
        session_id = await self.opened(identifier, key)
        await self.post(f"/v1/sync-sessions/{session_id}/redirect")
        return session_id

    async def status(self, session_id: str) -> str:
        """How the sync session stands."""
        status: str = (await self.get(f"/v1/sync-sessions/{session_id}")).json()["status"]
        return status

    @property
    def minted(self) -> int:
        """How often Codat was asked for a sync flow URL."""
        return self.world.codat.calls["start_sync_flow"]


def serve(world: FakeWorld | None = None, **settings: str | None) -> Service:
    """The service over *world*, with the settings of the tests save for those given."""
    world = world or FakeWorld()
    read = make_settings(**{"shop_origins": SHOP, "return_urls": f"home={SHOP}/done", **settings})
    return Service(world, read, create_app(make_container(world, settings=read)))


async def ask(app: App, request: httpx.Request) -> httpx.Response:
    """What *app* answers; whatever of it would block the event loop is an error."""
    with WATCH:
        response = await httpx.ASGITransport(app).handle_async_request(request)
        await response.aread()
    return response


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and the last part of its type, which must be problem details."""
    assert "application/problem+json" == response.headers["content-type"]
    told = response.json()
    assert response.status_code == told["status"]
    start = f"{PUBLIC_URL}/problems/"
    assert told["type"].startswith(start)
    return response.status_code, told["type"].removeprefix(start)

"""Merchants who close the window while their redirect is being prepared."""

import asyncio
from typing import Final

import httpx
import pytest

from domain.ids import SyncSessionId
from domain.model.sync_session import Happening
from entrypoints.web.asgi import App, Message, Receive, Scope, Send
from tests.domain.use_cases.product import happenings
from tests.entrypoints.connections import served
from tests.entrypoints.web.asking import BACKEND, Headers, Service, ask
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

JSON: Headers = {**BACKEND, "Accept": "application/json"}
HOST: Headers = {"Host": "connect.example.test", "Content-Length": "0"}
OVER: Final = 4
"""Entries of the timeline, of which the last says what became of the redirect."""


def leaving(app: App) -> App:
    """*app*, asked by somebody who closes the connection once the request is sent."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        sent = False

        async def receive_or_leave() -> Message:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            message = await receive()
            sent = not message.get("more_body", False)
            return message

        await app(scope, receive_or_leave, send)

    return asked


async def post_and_leave(service: Service, path: str, headers: Headers) -> int:
    request = httpx.Request("POST", f"{PUBLIC_URL}{path}", headers=dict(headers))
    answer = await ask(leaving(service.app), request)
    assert b"" == answer.content
    assert "location" not in answer.headers
    return answer.status_code


async def test_nobody_is_given_the_url_of_whoever_left(service: Service) -> None:
    browser = await service.browser()

    assert 499 == await post_and_leave(service, "/connect/gbol", browser)

    (session,) = service.world.sessions.sessions.values()
    assert Happening.REDIRECT_UNDELIVERED == happenings(session)[-1]
    assert (1, ()) == (service.minted, session.redirects)


async def test_the_next_start_has_a_url_of_its_own(service: Service) -> None:
    browser = await service.browser()
    await post_and_leave(service, "/connect/gbol", browser)

    answer = await service.post("/connect/gbol", browser)

    assert (303, 2) == (answer.status_code, service.minted)
    assert service.world.codat.minted[1] == answer.headers["location"]


async def test_the_same_holds_for_whoever_asks_as_a_program(service: Service) -> None:
    session_id = await service.opened()

    assert 499 == await post_and_leave(service, f"/v1/sync-sessions/{session_id}/redirect", JSON)

    session = await service.world.sessions.get(SyncSessionId(session_id))
    assert Happening.REDIRECT_UNDELIVERED == happenings(session)[-1]


async def test_where_that_cannot_be_recorded_the_next_start_does(service: Service) -> None:
    browser = await service.browser()
    store = service.world.sessions
    # Opened, begun and handed over; then the disk is full.
    store.writes_left = 3
    await post_and_leave(service, "/connect/gbol", browser)
    store.writes_left = None

    answer = await service.post("/connect/gbol", browser)

    (session,) = store.sessions.values()
    assert 303 == answer.status_code
    assert Happening.REDIRECT_UNDELIVERED in happenings(session)
    assert 1 == len(session.redirects)


async def test_who_stays_is_sent_on_however_the_body_comes(service: Service) -> None:
    browser = await service.browser()

    answer = await service.post("/connect/gbol", browser, data={"a": "b" * 1000})

    assert 303 == answer.status_code


async def test_our_own_server_tells_who_has_left(service: Service) -> None:
    session_id = await service.opened()
    store = service.world.sessions
    async with served(service.app) as connections:
        client = await connections.connect()

        async def leave() -> None:
            client.writer.transport.abort()
            await asyncio.sleep(0.02)

        service.world.codat.interruptions["start_sync_flow"] = leave
        headers = "".join(f"{name}: {value}\r\n" for name, value in {**HOST, **JSON}.items())
        path = f"/v1/sync-sessions/{session_id}/redirect"
        client.send(f"POST {path} HTTP/1.1\r\n{headers}\r\n".encode())
        async with asyncio.timeout(5):
            while (await store.get(SyncSessionId(session_id))).version < OVER:  # noqa: ASYNC110  # there is no event to tell it by
                await asyncio.sleep(0.001)

    session = await store.get(SyncSessionId(session_id))
    assert (1, Happening.REDIRECT_UNDELIVERED) == (service.minted, happenings(session)[-1])

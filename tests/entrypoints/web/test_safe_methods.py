"""GET and HEAD mint nothing and spend nothing, whoever sends them wherever (rule 2)."""

import itertools

import pytest
from litestar import Litestar

from domain.model.brand import Brand
from entrypoints.web.brand import encode_brand
from tests.entrypoints.web.asking import BACKEND, Headers, Service
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio


def every_address(service: Service, session_id: str) -> list[str]:
    """Every path of the application, with something real in every place."""
    inner = service.app.app.app.app  # type: ignore[attr-defined]  # what the shell is put around
    assert isinstance(inner, Litestar)
    real = {
        "platform_key": "gbol",
        "session_id": session_id,
        "slug": "not-found",
        "name": "picker.js",
        "kind": "logo",
        "path": "openapi.json",
        "sheet": f"{encode_brand(Brand(radius=4))}.css",
    }
    return sorted(route.path_format.format(**real) for route in inner.routes)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_crawler_changes_nothing_that_counts(service: Service, method: str) -> None:
    session_id = await service.redirected()
    browser = await service.browser()
    token = await service.token()
    minted, started = service.minted, list(service.world.codat.started)
    tokens, logins = dict(service.world.tokens.unspent), dict(service.world.browsers.sessions)
    queries = ["", f"?token={token}", f"?token={token}&switch=yes", "?q=x", "?platformKey=gbol"]
    visitors: list[Headers] = [{}, BACKEND, browser, {**browser, "Sec-Purpose": "prefetch"}]

    addresses = every_address(service, session_id)
    for path, query, headers in itertools.product(addresses, queries, visitors):
        answer = await service.send(method, f"{path}{query}", headers)

        assert answer.status_code in {200, 204, 304, 400, 401, 403, 404, 405}, path
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert b"CANARY" not in answer.content
    assert len(addresses) > 20
    assert minted == service.minted
    assert started == service.world.codat.started
    assert tokens == service.world.tokens.unspent
    assert logins == service.world.browsers.sessions
    assert 1 == len(service.world.sessions.sessions)


async def test_no_link_on_any_page_starts_anything(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.redirected()
    minted = service.minted
    ahead, seen = ["/connect", f"/connect/return/{session_id}"], set()

    while ahead:
        path = ahead.pop()
        seen.add(path)
        answer = await service.get(path, browser)
        if answer.headers["content-type"].startswith("text/html"):
            links = read(answer).links.values()
            ahead += [link for link in links if link.startswith("/") and link not in seen]

    assert f"/connect/return/{session_id}" in seen
    assert minted == service.minted


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_only_post_starts(service: Service, method: str) -> None:
    session_id = await service.opened()
    browser = await service.browser()

    api = await service.send(method, f"/v1/sync-sessions/{session_id}/redirect", BACKEND)
    page = await service.send(method, "/connect/gbol", browser)

    assert (405, 405) == (api.status_code, page.status_code)
    assert "POST" in api.headers["allow"]
    assert 0 == service.minted


async def test_whatever_takes_get_says_that_it_takes_head(service: Service) -> None:
    answer = await service.send("DELETE", "/v1/sync-sessions")

    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(answer.headers["allow"].split(", "))

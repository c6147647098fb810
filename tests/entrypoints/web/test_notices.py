"""What merchants see when something does not work."""

import re

import pytest

from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatTimedOut,
    CodatUnavailable,
    SyncSessionChanged,
)
from domain.ids import SyncSessionId
from domain.model.sync_session import SyncSession
from tests.entrypoints.web.asking import FROM_OUR_PAGE, SHOP, Service, serve
from tests.entrypoints.web.page import read
from tests.fakes.sessions import FakeSessionStore
from tests.support import FakeWorld


pytestmark = pytest.mark.anyio

REFERENCE = re.compile(r"mention the reference ([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})\.")


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (CodatUnavailable(), 503, "Codat is not available"),
        (CodatTimedOut(), 504, "Codat took too long to answer"),
        (CodatAnswerInvalid(reason="it is not JSON"), 502, "Codat's answer cannot be used"),
    ],
)
async def test_a_start_that_failed_can_be_tried_again_on_the_spot(
    service: Service, error: CodatError, status: int, title: str
) -> None:
    browser = await service.browser(returnTo="home")
    service.world.codat.fail_next("start_sync_flow", error)

    failed = await service.post("/connect/gbol", browser)

    page = read(failed)
    assert (status, title) == (failed.status_code, page.title)
    assert REFERENCE.search(page.text)
    assert "JSON" not in page.text
    assert f"{SHOP}/done" == page.links["Back to where you came from"]
    assert "/connect" == page.links["Choose another"]
    assert 303 == (await service.post(page.form("Try again").action, browser)).status_code


class ContestedStore(FakeSessionStore):
    """Somebody else is always faster."""

    contested: bool = False

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        if self.contested:
            raise SyncSessionChanged(SyncSessionId(before.id))
        await super().save(before, after)


async def test_who_was_second_of_two_can_try_again() -> None:
    world = FakeWorld()
    store = ContestedStore()
    world.sessions = store
    service = serve(world)
    browser = await service.browser()

    store.contested = True
    second = await service.post("/connect/gbol", browser)
    store.contested = False

    assert 409 == second.status_code
    again = read(second).form("Try again")
    assert 303 == (await service.post(again.action, browser)).status_code


async def test_what_would_fail_again_is_not_to_be_tried_again() -> None:
    service = serve(integrations="gbol,tgff=comingSoon")

    answer = await service.post("/connect/tgff", await service.browser())

    page = read(answer)
    assert 409 == answer.status_code
    assert "Sage Accounting is coming soon; it cannot be connected yet." in page.text
    assert [] == page.buttons
    assert "Choose another" in page.links


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/connect/gbol", 405),
        ("GET", "/connect/session", 405),
        ("GET", "/connect/a/b/c", 404),
        ("GET", "/connect/sessions/", 404),
        ("DELETE", "/connect", 405),
        ("POST", "/connect/lqai", 404),
        ("POST", "/connect/LQAI", 404),
        ("GET", "/connect/sessions/unknown", 404),
        ("GET", "/connect/return/%00", 404),
    ],
)
async def test_every_page_that_is_none_keeps_a_way_on_and_a_reference(
    service: Service, method: str, path: str, status: int
) -> None:
    browser = await service.browser()

    answer = await service.send(method, path, browser)

    page = read(answer)
    assert status == answer.status_code
    assert "/connect" in page.links.values()
    assert REFERENCE.search(page.text)
    for word in ("/v1/", "Traceback", "HTTP", "JSON", "connector", "platformKey"):
        assert word not in page.text
    assert (status == 405) is ("allow" in answer.headers)


async def test_another_site_is_refused_with_a_page(service: Service) -> None:
    browser = {**await service.browser(), "Sec-Fetch-Site": "cross-site"}

    page = read(await service.post("/connect/gbol", browser))

    assert "This request came from another web site" == page.title
    assert "/connect" == page.links["Go to the start"]


async def test_a_fault_of_ours_shows_no_trace(service: Service) -> None:
    browser = await service.browser()

    async def stumble() -> None:
        raise ValueError("s3cret in /home/somebody/file.py")

    service.world.codat.interruptions["start_sync_flow"] = stumble

    page_answer = await service.post("/connect/gbol", browser)
    api_answer = await service.post(f"/v1/sync-sessions/{await service.opened()}/redirect")

    assert (500, "Something went wrong") == (page_answer.status_code, read(page_answer).title)
    assert 500 == api_answer.status_code
    for answer in (page_answer, api_answer):
        for secret in ("s3cret", "ValueError", "Traceback", ".py"):
            assert secret not in answer.text


async def test_the_platforms_name_is_on_every_page() -> None:
    service = serve(platform_name="Toast & Sons")

    for headers in (await service.browser(), FROM_OUR_PAGE):
        answer = await service.get("/connect", headers)

        page = read(answer)
        assert "Toast & Sons" in page.text
        assert any("Toast & Sons" in words for words in page.links)


async def test_a_rehearsal_says_that_it_is_one() -> None:
    rehearsal = serve(codat_url="http://localhost:8001", public_url="http://localhost:8000")

    assert "Test mode." in read(await rehearsal.get("/connect", {})).text
    assert "Test mode." not in read(await serve().get("/connect", {})).text

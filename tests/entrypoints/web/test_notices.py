"""What merchants see when something does not work."""

import datetime as dt
import re

import pytest

from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
    SyncSessionChanged,
)
from domain.ids import SyncSessionId
from domain.model.sync_session import SyncSession
from domain.ports.codat_gateway import BreakerState, Traffic
from entrypoints.web.languages import Languages
from entrypoints.web.pages.notices import BY_SLUG, words
from entrypoints.web.problem_types import ALL
from tests.entrypoints.web.asking import FROM_OUR_PAGE, SHOP, Service, serve
from tests.entrypoints.web.page import Element, read
from tests.fakes.sessions import FakeSessionStore
from tests.support import FakeWorld


pytestmark = pytest.mark.anyio

REFERENCE = re.compile(r"mention the reference ([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})\.")


@pytest.mark.parametrize(
    ("error", "status", "title", "wait"),
    [
        (CodatUnavailable(), 503, "Codat is not available", "10"),
        (CodatTimedOut(), 504, "Codat took too long to answer", None),
        (CodatAnswerInvalid(reason="it is not JSON"), 502, "Codat’s answer cannot be used", None),
    ],
)
async def test_after_a_start_that_failed_the_picker_is_still_there_and_says_why(
    service: Service, error: CodatError, status: int, title: str, wait: str | None
) -> None:
    browser = await service.browser(returnTo="home")
    service.world.codat.fail_next("start_sync_flow", error, times=2)

    failed = await service.post("/connect/gbol", browser)

    page = read(failed)
    assert (status, "Select your accounting software") == (failed.status_code, page.title)
    assert title in page.text
    assert wait == failed.headers.get("retry-after")
    assert (wait is not None) is ("You can try again in a moment." in page.text)
    assert [wait] == [e.attributes.get("data-wait") for e in page.elements if is_alert(e)]
    assert REFERENCE.search(page.text)
    assert "JSON" not in page.text
    assert f"{SHOP}/done" == page.links["Back to where you came from"]
    service.world.codat.recover()
    again = next(form for form in page.forms if form.action == "/connect/gbol")
    assert 303 == (await service.post(again.action, browser)).status_code


async def test_a_long_wait_is_told_as_a_time_of_day(service: Service) -> None:
    browser = await service.browser()
    quota = CodatRateLimited(retry_after=dt.timedelta(hours=3))
    service.world.codat.fail_always("start_sync_flow", quota)

    failed = await service.post("/connect/gbol", browser)

    page = read(failed)
    assert (503, "10800") == (failed.status_code, failed.headers["retry-after"])
    assert "Codat accepts no more requests for now" in page.text
    assert re.search(r"try again from November 23, 2026, 12:00.PM UTC on\.", page.text)


async def test_without_a_list_a_start_that_failed_gets_a_page_of_its_own(
    service: Service,
) -> None:
    browser = await service.browser()
    for operation in ("integrations", "start_sync_flow"):
        service.world.codat.fail_always(operation, CodatUnavailable())

    failed = await service.post("/connect/gbol", browser)
    service.world.codat.recover()
    service.world.clock.advance(30)

    page = read(failed)
    assert (503, "Codat is not available") == (failed.status_code, page.title)
    again = page.form("Try again")
    assert 303 == (await service.post(again.action, browser)).status_code


@pytest.mark.parametrize("slug", sorted(ALL))
def test_every_problem_has_words_for_merchants(slug: str) -> None:
    english = Languages.load().default

    told = words(slug, english)

    assert slug in BY_SLUG
    assert told.title
    assert told.detail
    assert not re.search(r"JSON|HTTP|/v1|TILLBRIDGE|operator|API|token|integration", str(told))


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
    page = read(second)
    assert "Another page, or a second click, was a moment earlier." in page.text
    again = next(form for form in page.forms if form.action == "/connect/gbol")
    assert 303 == (await service.post(again.action, browser)).status_code


async def test_what_would_fail_again_is_not_to_be_tried_again() -> None:
    service = serve(integrations="gbol,tgff=comingSoon")

    answer = await service.post("/connect/tgff", await service.browser())

    page = read(answer)
    assert 409 == answer.status_code
    assert "It is coming soon, or not available right now. Please choose another." in page.text
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


@pytest.mark.parametrize("path", ["/", "/nowhere", "/connected"])
async def test_somebody_who_is_lost_with_a_browser_gets_a_page(
    service: Service, path: str
) -> None:
    person = await service.get(path, {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "de"})
    program = await service.get(path, {"Accept": "*/*"})

    page = read(person)
    assert (404, "/connect") == (person.status_code, page.links["Zum Anfang"])
    assert "application/problem+json" == program.headers["content-type"]


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


def is_alert(element: Element) -> bool:
    return element.attributes.get("role") == "alert"


async def test_while_codat_takes_nothing_the_picker_says_so_before_anybody_tries(
    service: Service,
) -> None:
    browser = await service.browser()
    closed = CodatRateLimited(retry_after=dt.timedelta(seconds=42))
    service.world.codat.passing = Traffic(breaker=BreakerState.RATE_LIMITED, closed=closed)

    answer = await service.get("/connect", browser)
    service.world.codat.passing = Traffic()
    later = await service.get("/connect", browser)

    page = read(answer)
    (told,) = [e for e in page.elements if is_alert(e)]
    assert (200, "42") == (answer.status_code, told.attributes["data-wait"])
    assert "Codat accepts no more requests for now" in page.text
    described = [e.attributes.get("aria-describedby") for e in page.elements if is_tile(e)]
    assert {told.attributes["id"]} == set(described)
    assert [] == [e for e in read(later).elements if is_alert(e)]
    assert 0 == service.minted


async def test_a_time_is_told_in_words_and_for_the_browser_to_tell_anew(service: Service) -> None:
    browser = await service.browser("m-1", locale="de")
    closed = CodatRateLimited(retry_after=dt.timedelta(hours=2))
    service.world.codat.passing = Traffic(breaker=BreakerState.RATE_LIMITED, closed=closed)

    answer = await service.get("/connect", browser)

    until = service.world.clock.now() + dt.timedelta(hours=2)
    page = read(answer)
    (time,) = [element for element in page.elements if element.tag == "time"]
    assert until.isoformat(timespec="seconds") == time.attributes["datetime"]
    told = "Ab dem 23. November 2026, 11:00 UTC können Sie es noch einmal versuchen."
    assert told in page.text


def is_tile(element: Element) -> bool:
    return element.tag == "button" and element.attributes.get("class") == "tile"

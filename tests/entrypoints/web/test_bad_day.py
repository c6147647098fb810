"""What merchants see while nothing can be stored, or even read."""

import pytest

from domain.errors import CodatUnavailable
from tests.entrypoints.web.asking import FROM_OUR_PAGE, Headers, Service
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(service: Service) -> Headers:
    """Somebody who came in before the trouble began, and had begun something."""
    headers = await service.browser()
    await service.post("/connect/gbol", headers)
    return headers


async def test_the_picker_is_drawn_while_what_was_begun_cannot_be_read(
    service: Service, browser: Headers
) -> None:
    service.world.sessions.storage_fails = service.world.interests.storage_fails = True
    service.world.cache.storage_fails = True

    answer = await service.get("/connect", browser)

    assert 200 == answer.status_code
    assert "/connect/gbol" in {form.action for form in read(answer).forms}


async def test_it_is_drawn_in_a_frame_with_its_tickets_while_nothing_can_be_written(
    service: Service,
) -> None:
    inside = {**FROM_OUR_PAGE, "Sec-Fetch-Dest": "iframe"}
    entered = await service.enter(await service.token(), inside)
    cookie = entered.headers["set-cookie"].partition(";")[0]
    service.world.tokens.storage_fails = service.world.tickets.storage_fails = True

    answer = await service.get("/connect", {**inside, "Cookie": cookie})

    assert 200 == answer.status_code
    assert [True] * 3 == [
        bool(form.fields["token"]) for form in read(answer).forms if "platformKey" in form.fields
    ]


async def test_a_start_is_refused_before_codat_is_asked(
    service: Service, browser: Headers
) -> None:
    service.world.sessions.storage_fails = True
    minted = service.minted

    answer = await service.post("/connect/gbol", browser)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
    assert minted == service.minted
    assert "location" not in answer.headers
    assert "/connect/gbol" in {form.action for form in read(answer).forms}


async def test_what_was_minted_is_given_to_nobody_where_it_cannot_be_recorded(
    service: Service, browser: Headers
) -> None:
    store = service.world.sessions

    async def no_disk() -> None:
        store.writes_left = 0

    service.world.codat.interruptions["start_sync_flow"] = no_disk
    refused = await service.post("/connect/gbol", browser)
    service.world.codat.interruptions.clear()
    store.writes_left = None
    again = await service.post("/connect/gbol", browser)

    assert (503, None) == (refused.status_code, refused.headers.get("location"))
    # Not after ten seconds: at once.
    assert 303 == again.status_code
    assert service.world.codat.minted[-1] == again.headers["location"]


async def test_a_start_that_another_process_left_half_done_tells_how_long_to_wait(
    service: Service,
) -> None:
    session_id = await service.opened()
    (session,) = service.world.sessions.sessions.values()
    ids, clock = service.world.ids, service.world.clock
    begun = session.begin_redirect(ids.redirect(), now=clock.now(), actor="another process")
    await service.world.sessions.save(session, begun)
    clock.advance(6.5)

    refused = await service.post(f"/v1/sync-sessions/{session_id}/redirect")
    clock.advance(3.5)
    again = await service.post(f"/v1/sync-sessions/{session_id}/redirect")

    assert (409, "4") == (refused.status_code, refused.headers["retry-after"])
    assert 200 == again.status_code


async def test_without_any_list_a_page_says_so_and_comes_back_by_itself(service: Service) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())
    browser = await service.browser()

    answer = await service.get("/connect", {**browser, **FROM_OUR_PAGE})

    assert 503 == answer.status_code
    assert int(answer.headers["retry-after"]) > 0

import pytest

from domain.errors import CodatUnavailable
from tests.entrypoints.web.asking import SHOP, Service, serve
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio


async def test_an_open_session_can_be_gone_on_with(service: Service) -> None:
    session_id = await service.opened()
    browser = await service.browser("m-1", merchantName="Toast")

    page = read(await service.get(f"/connect/sessions/{session_id}", browser))

    assert "Connect Xero" == page.title
    assert "For Toast" in page.text
    assert "/connect/gbol" == page.form("Go on to Xero").action
    assert "/connect" == page.links["Choose another"]
    assert f"{SHOP}/done?session={session_id}" == page.links["Back to where you came from"]


@pytest.mark.parametrize("back", [False, True])
async def test_a_session_that_was_begun_can_be_continued_with_a_new_link(
    service: Service,
    back: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    session_id = await service.redirected()
    browser = await service.browser()
    if back:
        await service.get(f"/connect/return/{session_id}", browser)

    page = read(await service.get(f"/connect/sessions/{session_id}", browser))
    answer = await service.post(page.form("Continue with a new link").action, browser)

    assert "A link to Codat only lasts 30 seconds" in page.text
    assert 303 == answer.status_code
    assert 2 == len(set(service.world.codat.minted))
    assert 1 == len(service.world.sessions.sessions)


async def test_a_completed_session_can_be_managed(service: Service) -> None:
    session_id = await service.redirected()
    browser = await service.browser()
    service.world.codat.finish_sync_flow("m-1", "lqai")
    service.world.codat.finish_sync_flow("m-1", "gbol")
    await service.get(f"/connect/return/{session_id}", browser)

    page = read(await service.get(f"/connect/sessions/{session_id}", browser))

    assert "Xero is connected" == page.title
    assert 303 == (await service.post(page.form("Manage Xero").action, browser)).status_code
    assert "completed" == await service.status(session_id)


async def test_what_is_not_on_offer_any_more_is_said_so(service: Service) -> None:
    session_id = await service.opened()
    narrowed = await service.browser(integrations=["qhyg"])

    page = read(await service.get(f"/connect/sessions/{session_id}", narrowed))

    assert "This is not on offer any more." in page.text
    assert [] == page.buttons
    assert "/connect" == page.links["Choose another"]


async def test_in_an_outage_the_page_is_still_there() -> None:
    service = serve()
    session_id = await service.opened()
    service.world.codat.fail_always("integrations", CodatUnavailable())
    service.world.cache.listed.copy = None

    answer = await service.get(f"/connect/sessions/{session_id}", await service.browser())

    assert 200 == answer.status_code
    assert "Connect your software" == read(answer).title

import pytest

from domain.errors import CodatTimedOut, SyncSessionChanged
from domain.model.sync_session import SyncSession
from tests.entrypoints.web.asking import SHOP, Service, serve
from tests.entrypoints.web.page import Page, read
from tests.fakes.sessions import FakeSessionStore
from tests.support import FakeWorld


pytestmark = pytest.mark.anyio


def finish(service: Service, merchant: str = "m-1") -> None:
    """Let *merchant* go through the sync flow for Xero to the end."""
    for key in ("lqai", "gbol"):
        service.world.codat.finish_sync_flow(merchant, key, "Toast <Ltd>")


async def test_what_codat_confirms_is_told_with_the_organisations_name(
    service: Service,
) -> None:
    session_id = await service.redirected()
    finish(service)

    answer = await service.get(f"/connect/return/{session_id}", await service.browser())

    page = read(answer)
    assert "✓ Xero is connected" == page.title
    assert "Your sales go to Toast <Ltd>." in page.text
    assert f"{SHOP}/done?session={session_id}" == page.links["Back to where you came from"]
    assert "/connect" == page.links["Manage connections"]
    assert "refresh" not in answer.headers
    assert "completed" == await service.status(session_id)


async def test_coming_back_alone_proves_nothing(service: Service) -> None:
    session_id = await service.redirected()

    answer = await service.get(
        f"/connect/return/{session_id}?status=completed&look=5", await service.browser()
    )

    page = read(answer)
    assert "Not finished yet" == page.title
    assert "/connect/gbol" == page.form("Continue with Xero").action
    assert "returned" == await service.status(session_id)


def looks_again(page: Page) -> str | None:
    """When and where the page goes by itself without a script."""
    found = [e.attributes["content"] for e in page.elements if e.attributes.get("http-equiv")]
    assert len(found) <= 1
    return found[0] if found else None


async def test_a_page_with_a_way_on_is_left_alone_and_watched_by_the_script(
    service: Service,
) -> None:
    session_id = await service.redirected()

    answer = await service.get(f"/connect/return/{session_id}", await service.browser())

    page = read(answer)
    (watch,) = [e for e in page.elements if "data-watch" in e.attributes]
    assert f"/v1/sync-sessions/{session_id}" == watch.attributes["data-watch"]
    assert f"/connect/return/{session_id}?look=5" == watch.attributes["data-then"]
    assert looks_again(page) is None
    assert "refresh" not in answer.headers
    assert "/connect/gbol" == page.form("Continue with Xero").action
    assert f"/connect/return/{session_id}" == page.links["Check again"]


async def test_while_codat_is_away_the_page_keeps_checking_and_then_stops(
    service: Service,
) -> None:
    session_id = await service.redirected()
    browser = await service.browser()
    for operation in ("find_companies", "integrations"):
        service.world.codat.fail_always(operation, CodatTimedOut())
    service.world.cache.listed.copy = None
    path: str | None = f"/connect/return/{session_id}"
    waits, texts = [], []

    while path:
        page = read(await service.get(path, browser))
        again = looks_again(page)
        texts.append(page.text)
        if again:
            assert "Checking with Codat whether your software is connected…" in page.text
            assert any("data-late" in e.attributes for e in page.elements)
        wait, _, path = (again or "").partition("; url=")
        waits.append(wait)
        assert f"/connect/return/{session_id}" == page.links["Check again"]

    assert ["1", "3", "5", "7", "9", ""] == waits
    assert "takes longer than usual. Nothing is lost." in texts[-1]
    assert "mention the reference" in texts[-1]
    assert 0 == service.minted - 1


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Mode": "no-cors"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_only_looks_at_the_address_has_not_come_back(
    service: Service, method: str, headers: dict[str, str]
) -> None:
    session_id = await service.redirected()
    browser = await service.browser()

    for given in ({**browser, **headers}, browser if method == "HEAD" else {**browser, **headers}):
        answer = await service.send(method, f"/connect/return/{session_id}", given)
        assert 200 == answer.status_code

    assert "redirected" == await service.status(session_id)


@pytest.mark.parametrize("look", ["-1", "101", "x", "1;url=https://evil.test"])
async def test_how_often_it_looked_is_a_small_number(service: Service, look: str) -> None:
    session_id = await service.redirected()

    answer = await service.get(
        f"/connect/return/{session_id}?look={look}", await service.browser()
    )

    assert 400 == answer.status_code
    assert "refresh" not in answer.headers
    assert "evil" not in answer.text


async def test_whoever_comes_back_after_the_visit_has_ended_is_told_where_to_look(
    service: Service,
) -> None:
    session_id = await service.redirected()

    answer = await service.get(f"/connect/return/{session_id}", {})

    page = read(answer)
    assert (401, "Welcome back") == (answer.status_code, page.headings[-1])
    assert f"{SHOP}/done?session={session_id}" in page.links.values()
    assert "redirected" == await service.status(session_id)


async def test_reloading_records_the_return_once(service: Service) -> None:
    session_id = await service.redirected()
    browser = await service.browser()

    for _ in range(3):
        await service.get(f"/connect/return/{session_id}", browser)

    told = (await service.get(f"/v1/sync-sessions/{session_id}")).json()
    assert 1 == [entry["what"] for entry in told["timeline"]].count("returned")


class BusyStore(FakeSessionStore):
    """The next save finds that another request was first, with the very same change."""

    busy: bool = False

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        await super().save(before, after)
        if self.busy:
            raise SyncSessionChanged(before.id)


async def test_two_tabs_that_come_back_at_once_both_get_the_page() -> None:
    world = FakeWorld()
    store = BusyStore()
    world.sessions = store
    service = serve(world)
    session_id = await service.redirected()
    browser = await service.browser()
    finish(service)

    store.busy = True
    answer = await service.get(f"/connect/return/{session_id}", browser)

    assert 200 == answer.status_code
    assert "completed" == await service.status(session_id)
    assert (
        "✓ Xero is connected"
        == read(await service.get(f"/connect/return/{session_id}", browser)).title
    )


async def test_an_address_with_a_query_gets_the_session_added() -> None:
    service = serve(return_urls=f"home={SHOP}/?page=done other={SHOP}/other")
    session_id = await service.redirected()

    page = read(await service.get(f"/connect/sessions/{session_id}", await service.browser()))
    other = read(
        await service.get(
            f"/connect/sessions/{session_id}", await service.browser(returnTo="other")
        )
    )

    assert f"{SHOP}/?page=done&session={session_id}" in page.links.values()
    assert f"{SHOP}/other?session={session_id}" in other.links.values()


async def test_without_a_registered_address_there_is_no_way_back_to_offer() -> None:
    service = serve(return_urls=None)
    session_id = await service.redirected()

    page = read(await service.get(f"/connect/return/{session_id}", await service.browser()))

    assert "Choose another" in page.links
    assert not any(words.startswith("Back to") for words in page.links)


async def test_nothing_can_be_confirmed_where_nothing_can_be_stored(service: Service) -> None:
    session_id = await service.redirected()
    browser = await service.browser()
    service.world.sessions.writes_left = 0

    answer = await service.get(f"/connect/return/{session_id}", browser)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])

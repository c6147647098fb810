"""Every page, in every language: nothing on it is left in another one."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs
import httpx
import pytest

from domain.errors import CodatRateLimited, CodatUnavailable
from domain.model.supported import SUPPORTED
from entrypoints.locales import LOCALES
from entrypoints.web.component import texts_in
from entrypoints.web.languages import Languages, languages
from entrypoints.web.pages.notices import BY_SLUG, words
from entrypoints.web.problem_types import ALL
from tests.entrypoints.web.asking import FROM_SHOP, Service, serve
from tests.entrypoints.web.languages.pseudo import CLOSE, OPEN, Marked, pseudo_language
from tests.entrypoints.web.languages.words import WORD, Words


pytestmark = pytest.mark.anyio

PLATFORM, MERCHANT, OTHER, BOOKS = "Lumière", "Boulangerie", "Andere", "Zaak"
NAMES = {
    word
    for name in (PLATFORM, MERCHANT, OTHER, BOOKS, *(row.name for row in SUPPORTED))
    for word in WORD.findall(name)
}
"""What is not translated: names of products, of the platform, of merchants and their books."""

Reach: TypeAlias = Callable[[Service, str], Awaitable[httpx.Response]]


@attrs.frozen
class State:
    """A state of a page: how it is *reached* in a language, and the *status* of the answer."""

    status: int
    reach: Reach


STATES: dict[str, State] = {}


def state(status: int) -> Callable[[Reach], Reach]:
    """Add the state that this is the way to."""

    def add(reach: Reach) -> Reach:
        STATES[reach.__name__] = State(status, reach)
        return reach

    return add


async def visit(service: Service, tag: str, path: str = "/connect") -> httpx.Response:
    browser = await service.browser("m-1", merchantName=MERCHANT, locale=tag)
    return await service.get(path, {**browser, "Accept-Language": tag})


async def start(service: Service, tag: str, key: str = "gbol") -> httpx.Response:
    browser = await service.browser("m-1", merchantName=MERCHANT, locale=tag)
    return await service.post(f"/connect/{key}", browser)


def finish(service: Service) -> None:
    for key in ("lqai", "gbol"):
        service.world.codat.finish_sync_flow("m-1", key, BOOKS)


def outage(service: Service) -> None:
    for operation in ("integrations", "find_companies", "start_sync_flow"):
        service.world.codat.fail_always(operation, CodatUnavailable())


@state(200)
async def first_visit(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag)


@state(200)
async def first_visit_of_an_accounting_platform(service: Service, tag: str) -> httpx.Response:
    other = serve(connector_side="accounting", connector_key="dfxm", platform_name=PLATFORM)
    return await visit(other, tag)


@state(200)
async def somebody_without_a_name(service: Service, tag: str) -> httpx.Response:
    browser = await service.browser("0123", locale=tag)
    return await service.get("/connect", browser)


@state(200)
async def search_with_a_match(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, "/connect?q=xero")


@state(200)
async def search_without_a_match(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, "/connect?q=1234")


@state(200)
async def some_begun_and_some_connected(service: Service, tag: str) -> httpx.Response:
    await service.redirected("m-1", "gbol")
    await service.redirected("m-1", "qhyg")
    finish(service)
    return await visit(service, tag)


@state(200)
async def one_that_is_not_available(service: Service, tag: str) -> httpx.Response:
    return await visit(serve(integrations="gbol,qhyg=disabled,tgff=comingSoon"), tag)


@state(200)
async def waiting_for_one_that_is_coming(service: Service, tag: str) -> httpx.Response:
    browser = await service.browser("m-1", merchantName=MERCHANT, locale=tag)
    await service.post("/connect/tgff/interest", browser)
    return await service.get("/connect", browser)


@state(200)
async def a_single_choice(service: Service, tag: str) -> httpx.Response:
    return await visit(serve(integrations="gbol"), tag)


@state(200)
async def a_single_choice_that_is_begun(service: Service, tag: str) -> httpx.Response:
    single = serve(integrations="gbol")
    await single.redirected()
    return await visit(single, tag)


@state(200)
async def nothing_to_connect(service: Service, tag: str) -> httpx.Response:
    service.world.codat.integrations_reported = []
    return await visit(service, tag)


@state(200)
async def the_last_known_list(service: Service, tag: str) -> httpx.Response:
    await visit(service, tag)
    service.world.clock.advance(3600)
    outage(service)
    return await visit(service, tag)


@state(503)
async def no_list_at_all(service: Service, tag: str) -> httpx.Response:
    outage(service)
    return await visit(service, tag)


@state(503)
async def codat_is_away(service: Service, tag: str) -> httpx.Response:
    await visit(service, tag)
    outage(service)
    return await start(service, tag)


@state(503)
async def codat_takes_no_more_today(service: Service, tag: str) -> httpx.Response:
    await visit(service, tag)
    service.world.codat.fail_always("start_sync_flow", CodatRateLimited())
    return await start(service, tag)


@state(409)
async def a_choice_that_cannot_be_made(service: Service, tag: str) -> httpx.Response:
    return await start(service, tag, "tgff")


@state(404)
async def a_choice_that_does_not_exist(service: Service, tag: str) -> httpx.Response:
    return await start(service, tag, "zzzz")


@state(404)
async def an_address_that_does_not_exist(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, "/connect/no/such/page")


@state(404)
async def a_sync_session_that_does_not_exist(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, "/connect/sessions/ss_none")


@state(410)
async def a_token_that_does_not_work(service: Service, tag: str) -> httpx.Response:
    return await service.enter("no-such-token", {**FROM_SHOP, "Accept-Language": tag})


@state(403)
async def a_form_from_elsewhere(service: Service, tag: str) -> httpx.Response:
    headers = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    return await service.enter("any", {**headers, "Accept-Language": tag})


@state(415)
async def a_form_that_is_none(service: Service, tag: str) -> httpx.Response:
    headers = {**FROM_SHOP, "Accept-Language": tag}
    return await service.post("/connect/session", headers, json={"token": "any"})


@state(401)
async def nobody_is_logged_in(service: Service, tag: str) -> httpx.Response:
    return await service.get("/connect", {"Accept-Language": tag})


@state(401)
async def nobody_is_logged_in_and_the_platform_has_no_name(
    service: Service, tag: str
) -> httpx.Response:
    return await serve(platform_name=None).get("/connect", {"Accept-Language": tag})


@state(401)
async def nobody_is_logged_in_on_return(service: Service, tag: str) -> httpx.Response:
    return await service.get("/connect/return/ss_any", {"Accept-Language": tag})


@state(401)
async def nobody_is_logged_in_within_a_frame(service: Service, tag: str) -> httpx.Response:
    headers = {"Sec-Fetch-Dest": "iframe", "Accept-Language": tag}
    return await service.get("/connect", headers)


@state(401)
async def the_visit_has_ended(service: Service, tag: str) -> httpx.Response:
    browser = await service.browser("m-1", locale=tag)
    service.world.clock.advance(3600)
    return await service.get("/connect", {**browser, "Accept-Language": tag})


@state(200)
async def somebody_else_is_logged_in(service: Service, tag: str) -> httpx.Response:
    browser = await service.browser("m-1", merchantName=MERCHANT, locale=tag)
    token = await service.token("m-2", merchantName=OTHER, locale=tag)
    linked = {**browser, "Sec-Fetch-Site": "same-origin"}
    return await service.enter(token, linked)


@state(200)
async def a_sync_session_that_is_open(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, f"/connect/sessions/{await service.opened()}")


@state(200)
async def a_sync_session_that_is_begun(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, f"/connect/sessions/{await service.redirected()}")


@state(200)
async def a_sync_session_that_is_complete(service: Service, tag: str) -> httpx.Response:
    session_id = await service.redirected()
    finish(service)
    return await visit(service, tag, f"/connect/sessions/{session_id}")


@state(200)
async def a_sync_session_of_what_is_no_longer_on_offer(
    service: Service, tag: str
) -> httpx.Response:
    session_id = await service.redirected()
    browser = await service.browser("m-1", locale=tag, integrations=["qhyg"])
    return await service.get(f"/connect/sessions/{session_id}", browser)


@state(200)
async def returned_and_finished(service: Service, tag: str) -> httpx.Response:
    session_id = await service.redirected()
    finish(service)
    return await visit(service, tag, f"/connect/return/{session_id}")


@state(200)
async def returned_and_unfinished(service: Service, tag: str) -> httpx.Response:
    return await visit(service, tag, f"/connect/return/{await service.redirected()}?look=5")


@state(200)
async def returned_and_checking(service: Service, tag: str) -> httpx.Response:
    session_id = await service.redirected()
    outage(service)
    return await visit(service, tag, f"/connect/return/{session_id}")


@state(200)
async def returned_and_nobody_can_say(service: Service, tag: str) -> httpx.Response:
    session_id = await service.redirected()
    outage(service)
    return await visit(service, tag, f"/connect/return/{session_id}?look=5")


@state(200)
async def returned_to_a_platform_that_keeps_the_books(
    service: Service, tag: str
) -> httpx.Response:
    other = serve(connector_side="accounting", connector_key="dfxm", platform_name=PLATFORM)
    session_id = await other.redirected("m-1", "fztf")
    for key in ("dfxm", "fztf"):
        other.world.codat.finish_sync_flow("m-1", key, BOOKS)
    return await visit(other, tag, f"/connect/return/{session_id}")


every_state = pytest.mark.parametrize("name", STATES)


def a_service() -> Service:
    return serve(platform_name=PLATFORM, help_url="https://shop.example.test/help")


@every_state
async def test_a_page_says_in_which_language_it_is_and_which_way_it_runs(name: str) -> None:
    service = a_service()

    for tag in LOCALES:
        answer = await STATES[name].reach(service, tag)

        page = Words(answer.text)
        assert STATES[name].status == answer.status_code
        assert (tag, "rtl" if tag == "ar" else "ltr") == (page.language, page.direction)


@every_state
async def test_no_word_is_left_that_is_not_in_the_catalogues(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "texts_of", lambda _: Marked())

    answer = await STATES[name].reach(a_service(), "de")

    page = Words(answer.text)
    assert STATES[name].status == answer.status_code
    assert page.words
    assert [] == [word for word in page.foreign if word not in {*NAMES, "Deutsch"}]


SAID = {"title", "merchant", "lead", "hint", "nothing", "heading", "label", "note", "busy"}
SAID |= {"artWords", "matches", "none", "clear"}
"""The members of the component's view that people read."""


def said(view: object) -> list[str]:
    """Everything that the component says, wherever it stands in *view*."""
    if isinstance(view, list):
        return [text for item in view for text in said(item)]
    if not isinstance(view, dict):
        return []
    own = [text for name, text in view.items() if name in SAID]
    return [*own, *said([*view.values()])]


async def test_the_component_speaks_from_the_catalogues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "texts_of", lambda _: Marked())
    service = serve()
    await service.redirected("m-1", "gbol")
    await service.redirected("m-1", "qhyg")
    finish(service)
    token = await service.token("m-1", merchantName=MERCHANT, locale="de")

    answer = await service.post("/connect/component", FROM_SHOP, data={"token": token})

    view = answer.json()
    assert ("de", "ltr") == (view["language"], view["dir"])
    texts = said(view)
    assert f"{OPEN}Coming soon{CLOSE}" in texts
    foreign = [word for text in texts for word in Words(f"<p>{text}</p>").foreign]
    assert set() == set(foreign) - NAMES


def test_what_the_component_says_at_first_is_there_in_every_language() -> None:
    loading = {tag: texts["loading"] for tag, texts in texts_in(Languages.load().every).items()}

    assert set(LOCALES) == set(loading)
    assert len(LOCALES) == len(set(loading.values()))


@pytest.mark.parametrize("slug", [*ALL, "unheard-of"])
def test_every_problem_has_words_for_merchants(slug: str) -> None:
    told = words(slug, pseudo_language())

    for text in (told.title, told.detail):
        assert text.startswith(OPEN)
        assert text.endswith(CLOSE)


def test_no_words_are_kept_for_problems_that_do_not_exist() -> None:
    assert set() == set(BY_SLUG) - set(ALL)

"""A picker that lies ready is the framework's own, while it would be the same."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import attrs
import httpx
import pytest
from structlog.testing import capture_logs

from domain.errors import CodatNotFound, CodatUnavailable
from domain.ports.codat_gateway import Traffic
from domain.use_cases.confirm_connection import SHORTEST_PAUSE
from entrypoints.web import ready_pages
from entrypoints.web.asgi import WIRE, App, Receive, Scope, Send
from tests.entrypoints.web.asking import Headers, Service, ask, serve
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

PAGE = "/connect"


@attrs.define
class Framework:
    """Counts how often what is behind the shell was asked."""

    app: App
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.app(scope, receive, send)


@attrs.frozen
class Watched(Service):
    """The service, with its framework watched."""

    framework: Framework

    async def costs(self, headers: Headers, path: str = PAGE) -> int:
        """How often the framework is asked for a page, which is the same without what is kept."""
        before = self.framework.asked
        page = await self.get(path, headers)
        cost = self.framework.asked - before
        self.world.change_mark.blind = True
        composed = await self.get(path, headers)
        self.world.change_mark.blind = False
        assert composed.status_code == page.status_code
        # Other pages have a reference of their own each time.
        assert message(composed) == message(page) or page.status_code == HTTPStatus.UNAUTHORIZED
        return cost


def watched() -> Watched:
    service = serve()
    framework = Framework(service.app.app)
    shell = attrs.evolve(service.app, app=framework)
    return Watched(service.world, service.settings, shell, framework)


@pytest.fixture
def service() -> Watched:
    return watched()


def message(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that makes one answer differ from another, in order."""
    return answer.status_code, answer.headers.raw, answer.content


async def test_the_second_time_the_page_lies_ready_to_the_last_byte(service: Watched) -> None:
    browser = await service.browser()

    assert [1, 0, 0] == [await service.costs(browser) for _ in range(3)]


async def test_it_is_counted_and_logged_like_every_other_answer(service: Watched) -> None:
    browser = await service.browser()
    with capture_logs() as lines:
        for _ in range(3):
            await service.get(PAGE, browser)

    composed, *ready = [{**line, "reference": ""} for line in lines]
    counted = service.app.metrics.expose().decode()
    assert [composed, composed] == ready
    assert f'tillbridge_requests_total{{method="GET",route="{PAGE}",status="200"}} 3.0' in counted


async def test_each_merchant_and_each_login_has_a_page_of_its_own(service: Watched) -> None:
    browsers = [await service.browser("m-1"), await service.browser("m-2", merchantName="Café")]
    browsers.append(await service.browser("m-1", integrations=["gbol"]))
    for browser in browsers:
        await service.get(PAGE, browser)

    assert [0, 0, 0] == [await service.costs(browser) for browser in browsers]
    first, second, third = [(await service.get(PAGE, browser)).text for browser in browsers]
    assert 3 == len({first, second, third})
    assert "Café" in second


@pytest.mark.parametrize(
    "odd", [{"Accept-Language": "de"}, {"Sec-Fetch-Dest": "iframe"}, {"X-Anything": "else"}]
)
async def test_any_other_header_makes_it_another_request(
    service: Watched, odd: dict[str, str]
) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)

    assert 1 == await service.costs({**browser, **odd})


async def test_queries_other_methods_and_other_pages_go_the_usual_way(service: Watched) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)
    before = service.framework.asked

    answers = [
        await service.get(f"{PAGE}?q=x", browser),
        await service.get(f"{PAGE}?lang=de", browser),
        await service.send("POST", PAGE, browser),
        await service.get(PAGE, {}),
        await service.get(f"{PAGE}/", browser),
    ]

    assert len(answers) == service.framework.asked - before
    assert [200, 200, 405, 401] == [answer.status_code for answer in answers][:4]


async def test_of_the_same_page_who_asks_for_the_headers_gets_only_them(service: Watched) -> None:
    browser = await service.browser()
    page = await service.get(PAGE, browser)
    before = service.framework.asked

    head = await service.send("HEAD", PAGE, browser)

    assert (page.headers.raw, b"") == (head.headers.raw, head.content)
    assert before == service.framework.asked


async def test_a_page_that_sets_a_cookie_is_composed_each_time(service: Watched) -> None:
    browser = await service.browser(locale="de")

    assert "set-cookie" in (await service.get(PAGE, browser)).headers
    assert [1, 1] == [await service.costs(browser) for _ in range(2)]


Change = Callable[[Watched, Headers], Awaitable[object]]


async def _log_out(service: Watched, _: Headers) -> None:
    service.world.browsers.sessions.clear()


async def _wait_for(service: Watched, seconds: float) -> None:
    service.world.clock.advance(seconds)


async def _set_back(service: Watched, seconds: float) -> None:
    service.world.clock.set_back(seconds)


@pytest.mark.parametrize(
    "change",
    [
        lambda service, _: service.opened(),
        lambda service, _: service.redirected(),
        lambda service, _: service.opened("somebody-else"),
        lambda service, browser: service.post("/connect/tgff/interest", browser),
        _log_out,
        lambda service, _: _wait_for(service, 15 * 60),
        lambda service, _: _set_back(service, 31),
        lambda service, _: _set_back(service, 2),
    ],
    ids=["session", "redirect", "other", "interest", "logout", "end", "set-back", "corrected"],
)
async def test_what_may_have_changed_is_looked_at_again(service: Watched, change: Change) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)
    assert 0 == await service.costs(browser)

    await change(service, browser)

    assert 1 == await service.costs(browser)


async def test_a_login_ends_on_time(service: Watched) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)

    service.world.clock.advance(15 * 60 - 1)
    await service.costs(browser)
    assert 200 == (await service.get(PAGE, browser)).status_code
    service.world.clock.advance(1)
    assert 401 == (await service.get(PAGE, browser)).status_code


async def test_while_codat_is_closed_every_page_says_so(service: Watched) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)

    service.world.codat.passing = Traffic(closed=CodatUnavailable())
    pages = [await service.get(PAGE, browser) for _ in range(2)]

    assert all('role="alert"' in page.text for page in pages)
    service.world.codat.passing = Traffic()
    assert 'role="alert"' not in (await service.get(PAGE, browser)).text


async def test_what_codat_does_not_know_any_more_is_offered_to_nobody(service: Watched) -> None:
    browser = await service.browser()
    assert "/connect/gbol" in (await service.get(PAGE, browser)).text

    service.world.codat.fail_next("start_sync_flow", CodatNotFound())
    await service.redirected("somebody-else")

    assert "/connect/gbol" not in (await service.get(PAGE, browser)).text


async def test_a_merchant_who_is_away_is_asked_about_when_it_is_time(service: Watched) -> None:
    browser = await service.browser()
    await service.redirected()
    pause = SHORTEST_PAUSE.total_seconds()

    # The first time Codat is asked, and says something.
    assert [1, 1, 0] == [await service.costs(browser) for _ in range(3)]
    service.world.clock.advance(pause)
    asked = service.world.codat.calls["find_companies"]
    assert 1 == await service.costs(browser)
    assert 1 == service.world.codat.calls["find_companies"] - asked


async def test_without_all_branding_or_all_that_is_stored_nothing_is_kept(
    service: Watched,
) -> None:
    browser = await service.browser()
    service.world.codat.fail_next("branding", CodatUnavailable())
    assert [1, 1] == [await service.costs(browser) for _ in range(2)]
    for store in (service.world.sessions, service.world.interests):
        store.storage_fails = True
        browser = await service.browser()
        assert [1, 1] == [await service.costs(browser) for _ in range(2)]
        store.storage_fails = False


async def test_the_page_that_nobody_asked_for_longest_goes_first(
    service: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_pages, "MOST_KEPT", 2)
    one, two, three = [await service.browser(f"m-{n}") for n in range(3)]
    for browser in (one, two, one, three):
        await service.get(PAGE, browser)

    assert [0, 0, 1] == [await service.costs(browser) for browser in (one, three, two)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_server_that_can_sends_it_in_one_piece(service: Watched, method: str) -> None:
    browser = await service.browser()
    page = await service.get(PAGE, browser)
    pieces = []

    async def wired(scope: Scope, receive: Receive, send: Send) -> None:
        async def wire(status: int, rest: bytes) -> None:
            pieces.append(rest)
            head, _, body = rest.partition(b"\r\n\r\n")
            headers = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        await service.app({**scope, "extensions": {WIRE: wire}}, receive, send)

    answer = await ask(wired, httpx.Request(method, f"{PUBLIC_URL}{PAGE}", headers=browser))

    whole = method == "GET"
    assert (200, page.headers.raw) == (answer.status_code, answer.headers.raw)
    assert (page.content if whole else b"") == answer.content
    assert whole == (len(pieces) == 1)

"""The picker without the framework is the framework's own, to the last byte, for each merchant."""

import functools
import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from domain.errors import CodatNotFound, CodatUnavailable
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest
from domain.model.merchant import LONGEST_NAME
from domain.ports.codat_gateway import Traffic
from domain.use_cases.confirm_connection import SHORTEST_PAUSE
from entrypoints.web import quick_picker
from entrypoints.web.asgi import WIRE
from entrypoints.web.pages import tiles
from entrypoints.web.pages.drawn import MARKS
from tests.entrypoints.web.asking import Framework, Headers, Service, serve
from tests.fakes.visits import FakeVisits
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

PAGE: Final = "/connect"
BRAND: Final = {"name": "Toast & Sons", "accentColor": "#0b5cad", "radius": 4, "mode": "light"}
HOSTILE: Final = (
    '<b>"O\'Neil" & Söhne</b> %(name)s {{ 7*7 }} \\g<0>',
    "&lt;&#39;",
    "مقهى نور",
    "identifier-0 name-0 ticket-0",
    "\\1\\0{}%s%",
)


@attrs.frozen
class Watched(Service):
    """The service, with its framework watched."""

    framework: Framework

    async def costs(self, headers: Headers, path: str = PAGE, method: str = "GET") -> int:
        """
        How often the framework is asked for a page, which is the same as its own.

        If it is not, the server can have it at once, too.
        """
        before = self.framework.asked
        page = await self.send(method, path, headers)
        cost = self.framework.asked - before
        if method == "GET" and not cost:
            assert (200, wire(page)) == self.at_once(headers, path)
        self.world.visits.blind = True
        composed = await self.send(method, path, headers)
        self.world.visits.blind = False
        assert message(composed) == message(page)
        return cost

    def at_once(
        self, headers: Headers | Sequence[tuple[str, str]], path: str = PAGE
    ) -> tuple[int, bytes] | None:
        """What the server has at once."""
        given = headers.items() if isinstance(headers, Mapping) else headers
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in given]
        return self.app.at_once(path.encode(), [(b"host", b"a"), *raw], ("192.0.2.1", 4711))


def watched(**options: str) -> Watched:
    service = serve(None, **options)
    framework = Framework(service.app.app)
    shell = attrs.evolve(service.app, app=framework)
    return Watched(service.world, service.settings, shell, framework)


@pytest.fixture
def service() -> Watched:
    return watched()


def wire(page: httpx.Response) -> bytes:
    """A page as it is on the wire, after the status and the server's own headers."""
    lines = b"".join(b"%b: %b\r\n" % header for header in page.headers.raw)
    return lines + b"\r\n" + page.content


def message(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that makes one answer differ from another, in order."""
    return answer.status_code, answer.headers.raw, answer.content


names = st.one_of(
    st.none(),
    st.sampled_from(HOSTILE),
    st.text(
        st.characters(categories=["L", "N", "P", "S"], include_characters=" "),
        max_size=LONGEST_NAME - 20,
    ),
)
merchants = st.fixed_dictionaries(
    {"merchantName": names},
    optional={
        "locale": st.sampled_from(["de", "ar", "fr-CA", "tlh"]),
        "brand": st.just(BRAND),
        "integrations": st.sampled_from([["gbol"], ["gbol", "qhyg"], ["tgff"]]),
        "returnTo": st.just("home"),
    },
)
browsers = st.fixed_dictionaries(
    {},
    optional={
        "Accept-Language": st.sampled_from(["de-AT,de;q=0.9", "ar", "*", "x" * 600, "é"]),
        "Sec-Fetch-Dest": st.sampled_from(["document", "empty"]),
    },
)
histories = st.sampled_from(["nothing", "opened", "redirected", "wanted", "connected"])
visitors = st.tuples(merchants, browsers, histories)


async def live(service: Service, identifier: str, history: str) -> None:
    """What a merchant did before."""
    if history == "opened":
        await service.opened(identifier)
    if history in {"redirected", "connected"}:
        session = await service.redirected(identifier)
        if history == "connected":
            service.world.codat.finish_sync_flow(identifier, "gbol")
        # Codat is asked once, so that nothing changes between two looks at the page.
        await service.get(f"/v1/sync-sessions/{session}")
    if history == "wanted":
        await service.world.interests.record(
            Interest(
                merchant=MerchantIdentifier(identifier),
                platform_key=PlatformKey("tgff"),
                since=service.world.clock.now(),
            )
        )


@functools.cache
def crowd() -> Watched:
    """One service for any number of merchants, each of whom comes but once."""
    return watched(integrations="gbol,qhyg,tgff=comingSoon,pdvj=disabled")


COMING = itertools.count()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(everybody=st.lists(visitors, min_size=1, max_size=4))
async def test_whoever_looks_gets_what_the_framework_would_have_made_and_nothing_of_another(
    everybody: list[tuple[dict[str, object], dict[str, str], str]],
) -> None:
    service = crowd()
    asking = []
    for about, headers, history in everybody:
        number = next(COMING)
        identifier, own = f"merchant-{number}-of-many", f"[{number}]"
        name = about["merchantName"] and f"{about['merchantName']}{own}"
        browser = await service.browser(identifier, **about | {"merchantName": name})
        await live(service, identifier, history)
        asking.append((identifier, own, {**browser, **headers}))

    for _ in range(2):
        for identifier, own, browser in asking:
            await service.costs(browser)
            page = await service.get(PAGE, browser)
            assert not MARKS.search(page.content)
            assert own in page.text or identifier in page.text
            for other, others, _browser in asking:
                assert other == identifier or (other not in page.text and others not in page.text)


async def test_the_framework_is_not_needed_from_the_first_view_on(service: Watched) -> None:
    first, second = await service.browser("m-1"), await service.browser("m-2", locale="de")

    assert [0, 0, 0] == [await service.costs(browser) for browser in (first, second, first)]


async def test_a_page_is_drawn_once_for_all_who_see_the_same(
    service: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    prepare = quick_picker.QuickPicker._prepare  # noqa: SLF001 - what is drawn is to be counted

    def watch(self: quick_picker.QuickPicker, *given: object) -> object:
        drawn.append(given)
        return prepare(self, *given)  # type: ignore[arg-type]  # they are handed on

    monkeypatch.setattr(quick_picker.QuickPicker, "_prepare", watch)
    browsers = [await service.browser(f"m-{n}", merchantName=f"Café {n}") for n in range(3)]
    browsers.append(await service.browser("m-4", merchantName="Till", integrations=["gbol"]))
    await service.opened("m-1")

    for browser in browsers * 2:
        await service.get(PAGE, browser)

    assert 3 == len(drawn)


async def test_it_is_counted_and_logged_like_every_other_answer(service: Watched) -> None:
    browser = await service.browser()
    with capture_logs() as lines:
        for blind in (False, True):
            service.world.visits.blind = blind
            await service.get(PAGE, browser)
        service.world.visits.blind = False
        service.at_once(browser)

    quick, composed, at_once = [{**line, "reference": ""} for line in lines]
    counted = service.app.metrics.expose().decode()
    assert composed == quick == at_once
    assert f'tillbridge_requests_total{{method="GET",route="{PAGE}",status="200"}} 3.0' in counted


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        (f"{PAGE}?q=x", {}),
        (f"{PAGE}?lang=de", {}),
        (f"{PAGE}/", {}),
        (PAGE, {"Sec-Fetch-Dest": "iframe"}),
        (PAGE, {"Sec-Fetch-Dest": "empty", "tillbridge-framed": "yes"}),
        (PAGE, {"Content-Length": "0"}),
        (PAGE, {"Cookie": ""}),
        (PAGE, {"Cookie": "__Host-tb=somebody"}),
    ],
)
async def test_what_is_out_of_the_ordinary_goes_the_usual_way(
    service: Watched, path: str, odd: dict[str, str]
) -> None:
    browser = {**await service.browser(), **odd}
    before = service.framework.asked

    await service.get(path, browser)

    assert 1 == service.framework.asked - before
    assert service.at_once(browser, path) is None


async def test_a_header_that_is_there_twice_goes_the_usual_way(service: Watched) -> None:
    browser = [*(await service.browser()).items(), ("Accept-Language", "de")]

    before = service.framework.asked
    await service.send("GET", PAGE, [*browser, ("Accept-Language", "fr")])

    assert 1 == service.framework.asked - before
    assert service.at_once([*browser, ("Accept-Language", "fr")]) is None


async def test_who_asks_for_the_headers_gets_only_them(service: Watched) -> None:
    browser = await service.browser()
    page = await service.get(PAGE, browser)

    head = await service.send("HEAD", PAGE, browser)

    assert (page.headers.raw, b"") == (head.headers.raw, head.content)
    assert 0 == await service.costs(browser, method="HEAD")


async def test_a_language_that_was_chosen_here_is_one_merchants_own(service: Watched) -> None:
    first = await service.browser("m-1", merchantName="First")
    second = await service.browser("m-2", merchantName="Second")
    chosen = (await service.get(f"{PAGE}?lang=de", first)).headers["set-cookie"].partition(";")[0]

    first, second = ({**b, "Cookie": f"{b['Cookie']}; {chosen}"} for b in (first, second))

    assert [0, 0] == [await service.costs(browser) for browser in (first, second)]
    told = [(await service.get(PAGE, browser)).text for browser in (first, second)]
    assert ['<html lang="de"', '<html lang="en-US"'] == [
        re.findall('<html lang="[^"]*"', page)[0] for page in told
    ]


async def test_a_look_is_to_be_remembered_until_the_browser_does(service: Watched) -> None:
    browser = await service.browser(locale="de")
    remembered = (await service.get(PAGE, browser)).headers["set-cookie"].partition(";")[0]
    knowing = {**browser, "Cookie": f"{browser['Cookie']}; {remembered}"}

    for _ in range(2):
        assert [0, 0] == [await service.costs(each) for each in (browser, knowing)]
        assert "set-cookie" in (await service.get(PAGE, browser)).headers
        assert "set-cookie" not in (await service.get(PAGE, knowing)).headers


Change = Callable[[Watched, Headers], Awaitable[object]]


async def _log_out(service: Watched, _: Headers) -> None:
    service.world.browsers.sessions.clear()


async def _end(service: Watched, _: Headers) -> None:
    service.world.clock.advance(15 * 60)


async def _withdraw(service: Watched, _: Headers) -> None:
    service.world.codat.fail_next("start_sync_flow", CodatNotFound())
    await service.redirected("somebody-else")


async def _close(service: Watched, _: Headers) -> None:
    service.world.codat.passing = Traffic(closed=CodatUnavailable())


@pytest.mark.parametrize(
    ("change", "status", "shown"),
    [
        (_log_out, 401, None),
        (_end, 401, None),
        (_withdraw, 200, "Xero"),
        (_close, 200, None),
        (lambda service, browser: service.post("/connect/tgff/interest", browser), 200, None),
        (lambda service, _: service.redirected(), 200, None),
    ],
    ids=["logout", "end", "withdrawn", "closed", "interest", "redirect"],
)
async def test_what_changes_counts_at_once(change: Change, status: int, shown: str | None) -> None:
    service = watched(integrations="gbol,tgff=comingSoon,fbrh")
    browser = await service.browser()
    before = await service.get(PAGE, browser)

    await change(service, browser)
    at_once = service.at_once(browser)
    after = await service.get(PAGE, browser)

    assert at_once in (None, (200, wire(after)))
    assert status == after.status_code
    assert before.text != after.text
    assert shown is None or (shown in before.text and shown not in after.text)


async def test_a_merchant_who_is_away_is_asked_about_when_it_is_time(service: Watched) -> None:
    browser = await service.browser()
    await service.redirected()

    # The first time Codat is asked, and says something.
    before = service.framework.asked
    await service.get(PAGE, browser)
    assert 1 == service.framework.asked - before
    assert 0 == await service.costs(browser)
    service.world.clock.advance(SHORTEST_PAUSE.total_seconds())
    asked = service.world.codat.calls["find_companies"]
    await service.get(PAGE, browser)
    assert 1 == service.world.codat.calls["find_companies"] - asked


async def test_without_all_branding_it_is_composed_each_time(service: Watched) -> None:
    browser = await service.browser()
    service.world.codat.fail_next("branding", CodatUnavailable())

    assert 1 == await service.costs(browser)


async def test_without_a_list_the_usual_way_says_so(service: Watched) -> None:
    browser = await service.browser()
    service.world.codat.fail_next("integrations", CodatUnavailable(), times=2)
    before = service.framework.asked

    answer = await service.get(PAGE, browser)

    assert (503, 1) == (answer.status_code, service.framework.asked - before)


async def test_while_nothing_can_be_read_nobody_is_kept_waiting_for_another_look(
    service: Watched,
) -> None:
    browser = await service.browser()
    service.world.sessions.storage_fails = True
    for _ in range(2):
        assert 200 == (await service.get(PAGE, browser)).status_code
    assert service.at_once(browser) is None
    service.world.sessions.storage_fails = False
    looks = service.world.visits.looks
    assert [1, looks] == [await service.costs(browser), service.world.visits.looks]

    service.world.clock.advance(quick_picker.PAUSE)

    assert 0 == await service.costs(browser)


async def test_what_goes_wrong_at_once_is_told_of_and_left_to_the_usual_way(
    service: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = await service.browser()
    await service.get(PAGE, browser)
    assert service.at_once(browser) is not None
    browsers = service.world.visits.browsers

    # As an error of ours would be, of a kind that nobody thought of.
    service.world.visits.browsers = FakeVisits  # type: ignore[assignment]  # on purpose
    broken = service.at_once(browser)
    service.world.visits.browsers = browsers

    assert broken is None
    assert "not at once" in capsys.readouterr().out
    assert service.at_once(browser) is not None


@pytest.mark.parametrize("base", ["", "/pay"])
async def test_at_once_there_is_the_picker_below_the_base_path_or_not_once_it_is_known(
    base: str,
) -> None:
    service = watched(public_url=f"{PUBLIC_URL}{base}")
    browser = await service.browser()
    targets = (PAGE, f"/pay{PAGE}", f"{PAGE}/", f"{PAGE}?lang=de", "/healthz")
    cold = [target for target in targets if service.at_once(browser, target)]
    await service.get(PAGE, browser)

    found = [target for target in targets if service.at_once(browser, target)]

    assert [] == cold
    assert sorted({PAGE, f"{base}{PAGE}"}) == sorted(found)


async def test_where_nobody_is_asked_for_interest_none_is_shown() -> None:
    service = watched(interest="off", integrations="gbol,tgff=comingSoon")
    browser = await service.browser()
    await live(service, "m-1", "wanted")

    assert 0 == await service.costs(browser)


async def test_the_pages_that_nobody_asked_for_longest_go_first(
    service: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_picker, "MOST_PREPARED", 2)
    kept = service.app.quick._prepared  # type: ignore[union-attr]  # noqa: SLF001 - what it keeps is what matters

    for locale in ("de", "fr", "de", "es", "nl"):
        await service.get(PAGE, await service.browser(locale=locale))

    assert [("es",), ("nl",)] == [
        tuple(part for part in key if part in ("es", "nl")) for key in kept
    ]


async def test_our_own_server_is_given_the_same_in_one_piece(service: Watched) -> None:
    browser = await service.browser()
    page = await service.get(PAGE, browser)
    sent = []

    async def send(status: int, rest: bytes) -> None:
        sent.append((status, rest))

    async def never(*_: object) -> None:
        raise AssertionError

    headers = [(b"host", b"here"), (b"cookie", browser["Cookie"].encode())]
    scope = {"type": "http", "method": "GET", "path": PAGE, "headers": headers}
    await service.app({**scope, "extensions": {WIRE: send}}, never, never)  # type: ignore[arg-type]  # nothing is received

    assert [(200, wire(page))] == sent


async def test_tiles_are_made_anew_rather_than_without_end(
    service: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "MOST_MADE", 2)
    made = service.app.quick.desk.views.tiles._made  # type: ignore[union-attr]  # noqa: SLF001 - as above

    assert [0, 0] == [
        await service.costs(await service.browser(locale=locale)) for locale in ("de", "fr")
    ]
    assert len(made) <= tiles.MOST_MADE

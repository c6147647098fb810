"""Tillbridge in a frame of the platform's page."""

import asyncio
import re

import httpx
import pytest

from tests.entrypoints.web.asking import FROM_OUR_PAGE, FROM_SHOP, Headers, Service, serve
from tests.entrypoints.web.page import Form, Page, read
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

FRAMED: Headers = {"Sec-Fetch-Dest": "iframe"}
IN_FRAME: Headers = {**FROM_OUR_PAGE, **FRAMED}
WITHIN = ["iframe", "frame", "object", "embed", "fencedframe"]
COOKIE = re.compile(
    r"__Host-tb-framed=([\w-]{43}); Path=/; Secure; HttpOnly; SameSite=None; Partitioned; "
    r"Max-Age=87300"
)


async def framed(service: Service, identifier: str = "m-1", **headers: str) -> Headers:
    """The headers of a frame that came in by a connect token."""
    entered = await service.enter(await service.token(identifier), {**IN_FRAME, **headers})
    return {**IN_FRAME, "Cookie": entered.headers["set-cookie"].partition(";")[0]}


def ticket_in(entered: httpx.Response) -> str:
    """The ticket that came with the redirect to the page in the frame."""
    ticket: str = entered.headers["location"].partition("#ticket=")[2]
    return ticket


def starts_of(answer: httpx.Response) -> list[Form]:
    """The forms of a page by which something starts."""
    return [form for form in read(answer).forms if "platformKey" in form.fields]


def ids_of(page: Page) -> list[str | None]:
    return [element.attributes.get("id") for element in page.elements]


@pytest.mark.parametrize("public_url", ["https://connect.example.test", "http://localhost:8000"])
@pytest.mark.parametrize("sender", [FROM_SHOP, FROM_OUR_PAGE])
async def test_in_a_frame_the_cookie_is_one_that_browsers_send_back_there(
    sender: Headers, public_url: str
) -> None:
    service = serve(public_url=public_url)
    own = {"Origin": public_url} if sender is FROM_OUR_PAGE else {}

    entered = await service.enter(await service.token(), {**sender, **own, **FRAMED})

    assert 303 == entered.status_code
    assert COOKIE.fullmatch(entered.headers["set-cookie"])
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert 200 == (await service.get("/connect", {**FRAMED, **cookie})).status_code


async def test_where_the_cookie_stays_away_a_ticket_in_the_fragment_opens_the_window(
    service: Service,
) -> None:
    entered = await service.enter(await service.token(), IN_FRAME)

    path, _, fragment = entered.headers["location"].partition("#")
    name, _, ticket = fragment.partition("=")
    assert ("/connect", "ticket") == (path, name)
    service.world.clock.advance(899.9)
    whole = await service.enter(ticket, FROM_OUR_PAGE, whole="yes")
    assert (303, "/connect") == (whole.status_code, whole.headers["location"])
    assert whole.headers["set-cookie"].startswith("__Host-tb=")


async def test_a_ticket_is_good_for_as_long_as_its_login(service: Service) -> None:
    entered = await service.enter(await service.token(), IN_FRAME)
    ticket = entered.headers["location"].partition("#ticket=")[2]

    service.world.clock.advance(900)

    for fields in ({"whole": "yes"}, {"platformKey": "gbol"}):
        assert 410 == (await service.enter(ticket, FROM_OUR_PAGE, **fields)).status_code


async def test_a_ticket_that_was_planted_in_a_link_opens_nothing(service: Service) -> None:
    ticket = ticket_in(await service.enter(await service.token("mallory"), IN_FRAME))

    for sender in (FROM_OUR_PAGE, FROM_SHOP, IN_FRAME):
        answer = await service.enter(ticket, sender)

        assert 410 == answer.status_code
        assert "set-cookie" not in answer.headers


async def test_a_ticket_works_any_number_of_times_at_once(service: Service) -> None:
    ticket = ticket_in(await service.enter(await service.token(), IN_FRAME))

    starts = await asyncio.gather(
        *(service.enter(ticket, FROM_OUR_PAGE, platformKey=key) for key in ("gbol", "qhyg"))
    )

    assert {303} == {start.status_code for start in starts}
    assert set(service.world.codat.minted) == {start.headers["location"] for start in starts}
    assert 2 == service.minted


async def test_no_chain_of_tickets_lasts_longer_than_the_first_login(service: Service) -> None:
    entered = await service.enter(await service.token(), IN_FRAME)
    whole = inside = entered

    for left in (610, 320, 30):
        service.world.clock.advance(290)
        whole = await service.enter(ticket_in(entered), FROM_OUR_PAGE, whole="yes")
        inside = await service.enter(ticket_in(entered), IN_FRAME, whole="yes")
        for answer in (whole, inside):
            assert 303 == answer.status_code
            assert answer.headers["set-cookie"].endswith(f"; Max-Age={left + 24 * 3600}")
        entered = inside

    service.world.clock.advance(30)
    for answer in (whole, inside):
        cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        for place in (FROM_OUR_PAGE, IN_FRAME):
            assert 401 == (await service.get("/connect", {**place, **cookie})).status_code
    assert 410 == (await service.enter(ticket_in(entered), whole="yes")).status_code


async def test_who_logs_the_frame_in_anew_ends_its_tickets(service: Service) -> None:
    frame = await framed(service, "m-1")
    (form, *_) = starts_of(await service.get("/connect", frame))

    await service.enter(await service.token("m-2"), frame)

    answer = await service.post(form.action, FROM_OUR_PAGE, data=form.fields)
    assert (410, 0) == (answer.status_code, service.minted)


async def test_a_frame_does_not_ask_whether_the_window_may_change_its_merchant(
    service: Service,
) -> None:
    window = await service.browser("m-1", merchantName="Former Merchant")
    (form, *_) = starts_of(await service.get("/connect", await framed(service, "m-2")))

    started = await service.post(form.action, window, data=form.fields)

    assert service.world.codat.minted == [started.headers["location"]]
    assert 401 == (await service.get("/connect", window)).status_code
    (session,) = (await service.get("/v1/sync-sessions")).json()["syncSessions"]
    assert "m-2" == session["merchantIdentifier"]


async def test_drawing_a_page_in_a_frame_writes_nothing(service: Service) -> None:
    frame = await framed(service)
    stores = service.world.tokens.issued, service.world.tickets.opened
    before = [list(store) for store in stores]

    for method in ("GET", "HEAD", "GET"):
        assert 200 == (await service.send(method, "/connect", frame)).status_code

    assert before == [list(store) for store in stores]


async def test_a_frame_and_a_window_of_one_site_have_logins_of_their_own(
    service: Service,
) -> None:
    window = await service.browser("m-1")
    frame = await framed(service, "m-2", Cookie=window["Cookie"])
    both = f"{window['Cookie']}; {frame['Cookie']}"

    in_window = await service.get("/connect", {**FROM_OUR_PAGE, "Cookie": both})
    in_frame = await service.get("/connect", {**IN_FRAME, "Cookie": both})

    assert "m-1" in in_window.text
    assert "m-2" not in in_window.text
    assert "m-2" in in_frame.text
    assert "m-1" not in in_frame.text


async def test_coming_in_again_ends_the_login_of_the_frame_alone(service: Service) -> None:
    window = await service.browser("m-1")
    first = await framed(service)
    both = f"{window['Cookie']}; {first['Cookie']}"

    await framed(service, "m-1", Cookie=both)

    assert 200 == (await service.get("/connect", window)).status_code
    assert 401 == (await service.get("/connect", first)).status_code


async def test_a_start_in_the_window_leaves_the_frame_logged_in(service: Service) -> None:
    frame = await framed(service)

    await service.enter(await service.token(), {**FROM_OUR_PAGE, "Cookie": frame["Cookie"]})

    assert 200 == (await service.get("/connect", frame)).status_code


async def test_the_platforms_frame_changes_its_merchant_without_a_question(
    service: Service,
) -> None:
    frame = await framed(service, "m-1")

    entered = await service.enter(await service.token("m-2"), frame)

    assert 303 == entered.status_code


@pytest.mark.parametrize("within", WITHIN)
async def test_a_frame_is_not_in_by_the_login_of_the_window(service: Service, within: str) -> None:
    window = await service.browser("m-1", merchantName="Former Merchant")

    answer = await service.get("/connect", {**window, "Sec-Fetch-Dest": within})

    assert 401 == answer.status_code
    assert "Former Merchant" not in answer.text


async def test_a_window_is_not_in_by_the_login_of_a_frame(service: Service) -> None:
    frame = await framed(service)

    for place in ("document", "empty", "image"):
        for path in ("/connect", "/v1/integrations"):
            asking = {**frame, "Sec-Fetch-Dest": place}
            assert 401 == (await service.get(path, asking)).status_code


async def test_the_script_of_our_page_in_a_frame_says_so_and_is_in(service: Service) -> None:
    frame = {**await framed(service), "Sec-Fetch-Dest": "empty", "Tillbridge-Framed": "yes"}
    window = {**await service.browser(), "Sec-Fetch-Dest": "empty", "Tillbridge-Framed": "yes"}

    for path in ("/connect", "/v1/integrations"):
        assert 200 == (await service.send("HEAD", path, frame)).status_code
        assert 401 == (await service.send("HEAD", path, window)).status_code
    navigation = {**frame, "Sec-Fetch-Dest": "document"}
    assert 401 == (await service.get("/connect", navigation)).status_code


@pytest.mark.parametrize("within", WITHIN)
async def test_within_another_page_nothing_starts(service: Service, within: str) -> None:
    place = {"Sec-Fetch-Dest": within}
    frame = await framed(service)

    entered = await service.enter(
        await service.token(), {**FROM_SHOP, **place}, platformKey="gbol"
    )
    started = await service.post("/connect/gbol", {**frame, **place})
    session_id = await service.opened()
    sent_on = await service.post(
        f"/v1/sync-sessions/{session_id}/redirect",
        {**frame, **place},
        data={"a": "form"},
    )

    assert 303 == entered.status_code
    assert entered.headers["location"].startswith("/connect#ticket=")
    assert [403, 403] == [started.status_code, sent_on.status_code]
    assert 0 == service.minted


async def test_a_frame_keeps_a_look_of_its_own(service: Service) -> None:
    token = await service.token(locale="fr")
    entered = await service.enter(token, IN_FRAME)
    login = entered.headers["set-cookie"].partition(";")[0]

    drawn = await service.get("/connect", {**IN_FRAME, "Cookie": login})

    look = drawn.headers["set-cookie"]
    assert re.fullmatch(
        r"__Host-tb-look-framed=[\w-]+; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; "
        r"Max-Age=2592000",
        look,
    )
    kept = {"Cookie": look.partition(";")[0]}
    assert 'lang="fr-FR"' in (await service.get("/connect", {**IN_FRAME, **kept})).text
    assert 'lang="en-US"' in (await service.get("/connect", {**FROM_OUR_PAGE, **kept})).text
    again = {"Cookie": f"{login}; {kept['Cookie']}"}
    assert "set-cookie" not in (await service.get("/connect", {**IN_FRAME, **again})).headers


async def test_a_frame_of_a_browser_that_does_not_say_so_opens_the_window_by_a_ticket(
    service: Service,
) -> None:
    old = {"Origin": PUBLIC_URL}

    entered = await service.enter(await service.token(), old, framed="yes")

    assert entered.headers["set-cookie"].startswith("__Host-tb=")
    # The cookie of the window stays away in a frame; the page is there for that.
    assert "whole" in ids_of(read(await service.get("/connect", {})))
    whole = await service.enter(ticket_in(entered), old, whole="yes")
    assert (303, "/connect") == (whole.status_code, whole.headers["location"])


async def test_what_a_form_says_of_frames_counts_only_where_the_browser_says_nothing(
    service: Service,
) -> None:
    window = {**FROM_OUR_PAGE, "Sec-Fetch-Dest": "document"}

    entered = await service.enter(await service.token(), window, framed="yes")

    assert "/connect" == entered.headers["location"]


async def test_the_language_of_the_frame_goes_along_to_the_whole_window(service: Service) -> None:
    frame = await framed(service)
    form = starts_of(await service.get("/connect?lang=es", frame))[0]

    left = await service.post(form.action, FROM_OUR_PAGE, data=form.fields)

    session_id = next(iter(service.world.sessions.sessions))
    window = {"Cookie": left.headers["set-cookie"].partition(";")[0]}
    back = await service.get(f"/connect/return/{session_id}", window)
    assert "es" == read(back).elements[0].attributes["lang"]


async def test_in_a_frame_each_form_has_a_ticket_and_takes_the_whole_window(
    service: Service,
) -> None:
    frame = await framed(service)
    session_id = await service.redirected()

    for path in (
        "/connect",
        f"/connect/sessions/{session_id}",
        f"/connect/return/{session_id}?look=9",
    ):
        forms = starts_of(await service.get(path, frame))

        assert forms
        for form in forms:
            assert ("post", "/connect/session") == (form.method, form.action)
        started = await service.post(forms[0].action, FROM_OUR_PAGE, data=forms[0].fields)
        assert service.world.codat.minted[-1] == started.headers["location"]
        assert started.headers["set-cookie"].startswith("__Host-tb=")


async def test_in_the_whole_window_no_form_has_a_ticket(service: Service) -> None:
    browser = await service.browser()

    page = read(await service.get("/connect", browser))

    assert [] == [form for form in page.forms if form.fields.get("token")]
    assert [] == service.world.tickets.opened


async def test_a_frame_that_nobody_is_known_in_offers_the_whole_window(service: Service) -> None:
    in_frame = read(await service.get("/connect", IN_FRAME))

    whole = in_frame.form("Open in the whole window")
    fields = {"token": "", "whole": "yes"}
    assert ("get", "/connect", fields) == (whole.method, whole.action, whole.fields)
    (element,) = (e for e in in_frame.elements if e.attributes.get("id") == "whole")
    assert ("_top", "/connect/session") == (
        element.attributes["target"],
        element.attributes["data-enter"],
    )
    disabled = [e for e in in_frame.elements if "disabled" in e.attributes]
    assert ["token", "whole", "framed"] == [e.attributes["name"] for e in disabled]


async def test_in_a_window_the_script_shows_that_offer_if_the_window_is_a_frame(
    service: Service,
) -> None:
    hidden = []
    for place in (IN_FRAME, FROM_OUR_PAGE, {}):
        page = read(await service.get("/connect", place))
        (within,) = (e for e in page.elements if e.attributes.get("id") == "within")
        hidden.append("hidden" in within.attributes)

    assert [False, True, True] == hidden

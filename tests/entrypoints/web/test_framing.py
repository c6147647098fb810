"""Tillbridge in a frame of the platform's page."""

import re

import pytest

from entrypoints.web.headers import Cookie
from tests.entrypoints.web.asking import FROM_OUR_PAGE, FROM_SHOP, Headers, Service, serve
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio

FRAMED: Headers = {"Sec-Fetch-Dest": "iframe"}
IN_FRAME: Headers = {**FROM_OUR_PAGE, **FRAMED}
COOKIE = re.compile(
    r"__Host-tb-framed=([\w-]{43}); Path=/; Secure; HttpOnly; SameSite=None; Partitioned; "
    r"Max-Age=900"
)


async def framed(service: Service, identifier: str = "m-1", **headers: str) -> Headers:
    """The headers of a frame that came in by a connect token."""
    entered = await service.enter(await service.token(identifier), {**IN_FRAME, **headers})
    return {**IN_FRAME, "Cookie": entered.headers["set-cookie"].partition(";")[0]}


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
    whole = await service.enter(ticket, FROM_OUR_PAGE)
    assert (303, "/connect") == (whole.status_code, whole.headers["location"])
    assert whole.headers["set-cookie"].startswith("__Host-tb=")
    assert 410 == (await service.enter(ticket, FROM_OUR_PAGE)).status_code


async def test_a_ticket_is_good_for_as_long_as_its_login(service: Service) -> None:
    entered = await service.enter(await service.token(), IN_FRAME)
    ticket = entered.headers["location"].partition("#ticket=")[2]

    service.world.clock.advance(900)

    assert 410 == (await service.enter(ticket, FROM_OUR_PAGE)).status_code


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


def test_a_picture_in_a_frame_does_not_say_where_it_is() -> None:
    cookie = Cookie(secure=True)

    for framed in (True, False):
        assert "a" == cookie.find_either(["__Host-tb=a"], framed=framed)
        assert "b" == cookie.find_either(["__Host-tb-framed=b"], framed=framed)
        assert "ab"[framed] == cookie.find_either(
            iter(["__Host-tb=a", "__Host-tb-framed=b"]), framed=framed
        )
    assert None is cookie.find_either(["__Host-tb=a; __Host-tb=b"], framed=False)


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
        forms = [
            f for f in read(await service.get(path, frame)).forms if "platformKey" in f.fields
        ]

        assert forms
        for form in forms:
            assert ("post", "/connect/session") == (form.method, form.action)
        started = await service.post(forms[0].action, FROM_OUR_PAGE, data=forms[0].fields)
        assert service.world.codat.minted[-1] == started.headers["location"]
        assert started.headers["set-cookie"].startswith("__Host-tb=")


async def test_in_the_whole_window_no_form_has_a_ticket(service: Service) -> None:
    browser = await service.browser()
    before = list(service.world.tokens.issued)

    page = read(await service.get("/connect", browser))

    assert [] == [form for form in page.forms if form.fields.get("token")]
    assert before == service.world.tokens.issued


async def test_a_frame_that_nobody_is_known_in_offers_the_whole_window(service: Service) -> None:
    in_frame = read(await service.get("/connect", IN_FRAME))
    in_window = read(await service.get("/connect", FROM_OUR_PAGE))

    whole = in_frame.form("Open in the whole window")
    assert ("get", "/connect", {"token": ""}) == (whole.method, whole.action, whole.fields)
    (element,) = (e for e in in_frame.elements if e.attributes.get("id") == "whole")
    assert ("_top", "/connect/session") == (
        element.attributes["target"],
        element.attributes["data-enter"],
    )
    assert "whole" not in [e.attributes.get("id") for e in in_window.elements]

import asyncio
import re

import pytest

from tests.entrypoints.web.asking import (
    FROM_OUR_PAGE,
    FROM_SHOP,
    SHOP,
    Headers,
    Service,
    serve,
)
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio

COOKIE = re.compile(r"__Host-tb=[\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=87300")
SCRIPTLESS: Headers = {"Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize("headers", [FROM_SHOP, FROM_OUR_PAGE, {"Origin": SHOP}, SCRIPTLESS, {}])
async def test_a_token_opens_the_page_and_leaves_a_cookie(
    service: Service, headers: Headers
) -> None:
    entered = await service.enter(await service.token(), headers)

    assert (303, "/connect", b"") == (
        entered.status_code,
        entered.headers["location"],
        entered.content,
    )
    assert COOKIE.fullmatch(entered.headers["set-cookie"])
    assert "no-store" == entered.headers["cache-control"]


async def test_on_ones_own_machine_the_cookie_does_without_tls() -> None:
    service = serve(public_url="http://localhost:8000")

    entered = await service.enter(await service.token(), {})

    assert re.fullmatch(
        r"tb=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=87300",
        entered.headers["set-cookie"],
    )
    cookie = entered.headers["set-cookie"].partition(";")[0]
    assert 200 == (await service.get("/connect", {"Cookie": cookie})).status_code


async def test_the_token_itself_is_not_the_cookie(service: Service) -> None:
    token = await service.token()

    entered = await service.enter(token)

    assert token not in entered.headers["set-cookie"]
    assert 401 == (await service.get("/connect", {"Cookie": f"__Host-tb={token}"})).status_code


async def test_a_cookie_that_was_planted_is_never_adopted(service: Service) -> None:
    planted = {"Cookie": f"__Host-tb={'A' * 43}"}

    entered = await service.enter(await service.token(), {**FROM_SHOP, **planted})

    assert "A" * 43 not in entered.headers["set-cookie"]
    assert 401 == (await service.get("/connect", planted)).status_code


async def test_coming_in_again_ends_the_login_before(service: Service) -> None:
    first = await service.browser("m-1")

    entered = await service.enter(await service.token("m-1"), {**FROM_SHOP, **first})

    assert 303 == entered.status_code
    assert 401 == (await service.get("/connect", first)).status_code


async def test_unknown_spent_and_expired_tokens_cannot_be_told_apart(service: Service) -> None:
    spent, expired = await service.token(), await service.token()
    await service.enter(spent)
    service.world.clock.advance(60)

    answers = [
        await service.enter(token)
        for token in (spent, expired, "A" * 43, "", "\x00", "\u202eé", "a" * 5000, " " + spent)
    ]

    assert {410} == {answer.status_code for answer in answers}
    assert 1 == len({without_reference(answer.text) for answer in answers})
    assert 1 == len({tuple(answer.headers.multi_items()) for answer in answers})
    page = read(answers[0])
    assert "This link does not work any more" == page.title
    assert f"{SHOP}/done" == page.links["Back to where you came from"]
    assert "set-cookie" not in answers[0].headers


async def test_a_token_counts_to_the_end_of_its_minute(service: Service) -> None:
    token = await service.token()

    service.world.clock.advance(59.999)

    assert 303 == (await service.enter(token)).status_code


async def test_of_64_who_bring_one_token_one_comes_in(service: Service) -> None:
    token = await service.token()

    answers = await asyncio.gather(*(service.enter(token) for _ in range(64)))

    assert [303] + [410] * 63 == sorted(answer.status_code for answer in answers)
    assert 1 == len(service.world.browsers.sessions)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {}},
        {"data": {"Token": "x"}},
        {"content": b"token=%ff%fe%00"},
        {"content": b"%00" * 100},
    ],
)
async def test_a_form_without_a_token_is_a_link_that_does_not_work(
    service: Service, body: dict[str, object]
) -> None:
    answer = await service.post("/connect/session", FROM_SHOP, **body)

    assert 410 == answer.status_code


@pytest.mark.parametrize("body", [{"json": {"token": "x"}}, {"files": {"token": b"x"}}])
async def test_a_token_comes_as_a_form_and_in_no_other_way(
    service: Service, body: dict[str, object]
) -> None:
    answer = await service.post("/connect/session", FROM_SHOP, **body)

    assert 415 == answer.status_code


async def test_a_token_that_is_said_twice_is_not_spent(service: Service) -> None:
    token = await service.token()

    answer = await service.post(
        "/connect/session",
        {**FROM_SHOP, "Content-Type": "application/x-www-form-urlencoded"},
        content=f"token={token}&token={token}".encode(),
    )

    assert (400, True) == (answer.status_code, token in service.world.tokens.unspent)
    assert "This page cannot take what was sent to it." in read(answer).text


async def test_a_link_for_another_merchant_asks_before_it_switches(service: Service) -> None:
    here = await service.browser("m-1", merchantName="Toast")
    token = await service.token("m-2", merchantName="Mallory")

    asked = await service.enter(token, here)

    page = read(asked)
    assert (200, "Switch to Mallory?") == (asked.status_code, page.title)
    assert "You are here for Toast." in page.text
    assert "set-cookie" not in asked.headers
    assert "For Toast" in read(await service.get("/connect", here)).text

    form = page.form("Switch to Mallory")
    assert ("post", "/connect/session") == (form.method, form.action)
    switched = await service.post(form.action, here, data=form.fields)

    assert 303 == switched.status_code
    there = {"Cookie": switched.headers["set-cookie"].partition(";")[0]}
    assert "For Mallory" in read(await service.get("/connect", there)).text
    assert 401 == (await service.get("/connect", here)).status_code


async def test_whoever_stays_stays(service: Service) -> None:
    here = await service.browser("m-1")

    page = read(await service.enter(await service.token("m-2"), here))

    assert "m-2" in page.title
    assert 200 == (await service.get(page.links["Stay"], here)).status_code


async def test_the_question_is_good_for_one_minute_and_one_answer(service: Service) -> None:
    here = await service.browser("m-1")
    form = read(await service.enter(await service.token("m-2"), here)).form("Switch")

    service.world.clock.advance(60)

    assert 410 == (await service.post(form.action, here, data=form.fields)).status_code


async def test_questions_put_off_no_end_of_a_visit(service: Service) -> None:
    here = await service.browser("m-1")
    asked = await service.enter(await service.token("m-2"), here)

    for _ in range(14):
        service.world.clock.advance(59)
        form = read(asked).form("Switch")
        asked = await service.enter(form.fields["token"], here)
    form = read(asked).form("Switch")
    service.world.clock.advance(59)
    switched = await service.post(form.action, here, data=form.fields)

    assert switched.headers["set-cookie"].endswith("; Max-Age=86415")
    there = {"Cookie": switched.headers["set-cookie"].partition(";")[0]}
    service.world.clock.advance(15)
    assert 401 == (await service.get("/connect", there)).status_code


async def test_the_platforms_own_page_switches_without_a_question(service: Service) -> None:
    here = await service.browser("m-1")

    entered = await service.enter(await service.token("m-2"), {**here, **FROM_SHOP})

    assert 303 == entered.status_code


async def test_whoever_cannot_be_the_platforms_page_is_asked(service: Service) -> None:
    cookie = {"Cookie": (await service.browser("m-1"))["Cookie"]}

    for headers in ({}, {"Sec-Fetch-Site": "none"}):
        asked = await service.enter(await service.token("m-2"), {**cookie, **headers})

        assert 200 == asked.status_code


async def test_a_link_for_the_same_merchant_needs_no_question(service: Service) -> None:
    here = await service.browser("m-1")

    assert 303 == (await service.enter(await service.token("m-1"), here)).status_code


async def test_a_login_that_ended_is_nobody_to_ask(service: Service) -> None:
    here = await service.browser("m-1")
    service.world.clock.advance(900)

    assert 303 == (await service.enter(await service.token("m-2"), here)).status_code


async def test_nobody_comes_in_while_logins_cannot_be_stored(service: Service) -> None:
    token = await service.token()
    service.world.browsers.storage_fails = True

    answer = await service.enter(token)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
    assert "set-cookie" not in answer.headers


async def test_without_a_cookie_the_page_says_how_to_come_in(service: Service) -> None:
    answer = await service.get("/connect", {})

    page = read(answer)
    assert (401, 'Bearer realm="Tillbridge"') == (
        answer.status_code,
        answer.headers["www-authenticate"],
    )
    assert "Please come in from your account" in page.headings
    assert f"{SHOP}/done" in page.links.values()
    assert "/connect/session" in [form.action for form in page.forms]


async def test_after_15_minutes_the_page_says_that_the_visit_has_ended(service: Service) -> None:
    here = await service.browser()
    service.world.clock.advance(900)

    for method, path in (("GET", "/connect"), ("POST", "/connect/gbol")):
        answer = await service.send(method, path, here)

        assert 401 == answer.status_code
        assert "Your visit has ended" in read(answer).headings
    assert 0 == service.minted


def without_reference(page: str) -> str:
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", page)

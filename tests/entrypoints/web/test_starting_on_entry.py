"""A connect token and a choice in one form: in, and on to Codat, in the same request."""

import asyncio
import re
from typing import Any

import pytest

from domain.errors import CodatUnavailable
from tests.entrypoints.web.asking import FROM_OUR_PAGE, FROM_SHOP, Headers, Service
from tests.entrypoints.web.page import read
from tests.entrypoints.web.test_headers import REDIRECT


pytestmark = pytest.mark.anyio

COOKIE = re.compile(r"__Host-tb=[\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=87300")


@pytest.mark.parametrize("headers", [FROM_SHOP, FROM_OUR_PAGE, {}])
async def test_the_answer_is_the_redirect_to_codat_with_the_login_and_nothing_else(
    service: Service, headers: Headers
) -> None:
    answer = await service.enter(await service.token(), headers, platformKey="gbol")

    (minted,) = service.world.codat.minted
    given = dict(answer.headers)
    assert COOKIE.fullmatch(given.pop("set-cookie"))
    assert (303, b"") == (answer.status_code, answer.content)
    assert {**REDIRECT, "location": minted} == given
    assert len(given) + 1 == len(answer.headers.raw)


async def test_the_browser_is_logged_in_for_when_it_comes_back(service: Service) -> None:
    answer = await service.enter(await service.token(), platformKey="gbol")
    here = {**FROM_OUR_PAGE, "Cookie": answer.headers["set-cookie"].partition(";")[0]}

    (session,) = (await service.get("/v1/sync-sessions")).json()["syncSessions"]

    assert ("m-1", "gbol", "redirected") == (
        session["merchantIdentifier"],
        session["platformKey"],
        session["status"],
    )
    assert 200 == (await service.get(f"/connect/return/{session['id']}", here)).status_code


async def test_the_look_is_kept_for_when_the_visit_is_over(service: Service) -> None:
    about: dict[str, Any] = {"brand": {"name": "Toast & Sons"}, "locale": "fr-FR"}
    service.world.codat.fail_next("start_sync_flow", CodatUnavailable(), times=9)

    failed = await service.enter(await service.token(**about), platformKey="gbol")
    service.world.codat.recover()
    sent_on = await service.enter(await service.token(**about), platformKey="gbol")
    refused = await service.enter(await service.token(**about), platformKey="none")

    assert [503, 303, 404] == [answer.status_code for answer in (failed, sent_on, refused)]
    for answer in (failed, sent_on, refused):
        login, look = answer.headers.get_list("set-cookie")
        assert COOKIE.fullmatch(login)
        assert look.startswith("__Host-tb-look=")
        ended = await service.get("/connect/return/x", {"Cookie": look.partition(";")[0]})
        assert "Toast &amp; Sons" in ended.text
        assert 'lang="fr-FR"' in ended.text


async def test_another_start_repeats_no_cookie(service: Service) -> None:
    browser = await service.browser("m-1", locale="fr-FR")

    answer = await service.post("/connect/gbol", browser)

    assert 303 == answer.status_code
    assert "set-cookie" not in answer.headers


async def test_of_64_who_bring_one_token_one_goes_to_codat(service: Service) -> None:
    token = await service.token()

    answers = await asyncio.gather(*(service.enter(token, platformKey="gbol") for _ in range(64)))

    assert [303] + [410] * 63 == sorted(answer.status_code for answer in answers)
    assert 1 == service.minted


@pytest.mark.parametrize(
    ("key", "status"),
    [("lqai", 404), ("none", 404), ("<b>x", 400), ("fztf", 404), ("tgff", 409), ("x" * 9999, 400)],
)
async def test_what_may_not_be_started_is_refused_to_whoever_is_in_by_now(
    service: Service, key: str, status: int
) -> None:
    answer = await service.enter(await service.token(), platformKey=key)

    page = read(answer)
    cookie = answer.headers["set-cookie"]
    assert status == answer.status_code
    assert COOKIE.fullmatch(cookie)
    assert 0 == service.minted
    assert "location" not in answer.headers
    here = {**FROM_OUR_PAGE, "Cookie": cookie.partition(";")[0]}
    assert 200 == (await service.get(page.links["Choose another"], here)).status_code


async def test_after_a_start_that_failed_the_picker_says_so_and_can_start_again(
    service: Service,
) -> None:
    service.world.codat.fail_next("start_sync_flow", CodatUnavailable(), times=9)

    answer = await service.enter(await service.token(), platformKey="gbol")

    here = {**FROM_OUR_PAGE, "Cookie": answer.headers["set-cookie"].partition(";")[0]}
    (form,) = (form for form in read(answer).forms if form.action == "/connect/gbol")
    assert (503, "post") == (answer.status_code, form.method)
    assert 1 == len(answer.headers.get_list("set-cookie"))
    service.world.codat.recover()
    again = await service.post(form.action, here, data=form.fields)
    assert service.world.codat.minted == [again.headers["location"]]


async def test_a_token_that_does_not_count_starts_nothing(service: Service) -> None:
    spent = await service.token()
    await service.enter(spent)

    answer = await service.enter(spent, platformKey="gbol")

    assert (410, 0) == (answer.status_code, service.minted)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {**FROM_SHOP, "Sec-Fetch-Mode": "cors"},
        {**FROM_SHOP, "Sec-Purpose": "prefetch"},
    ],
)
async def test_nobody_else_starts_and_the_token_is_not_spent(
    service: Service, headers: Headers
) -> None:
    token = await service.token()

    answer = await service.enter(token, headers, platformKey="gbol")

    assert (403, 0) == (answer.status_code, service.minted)
    assert token in service.world.tokens.unspent


async def test_another_merchants_start_is_asked_about_first_and_then_goes_on(
    service: Service,
) -> None:
    here = await service.browser("m-1")

    asked = await service.enter(await service.token("m-2"), here, platformKey="gbol")

    form = read(asked).form("Switch")
    assert (200, 0) == (asked.status_code, service.minted)
    assert "set-cookie" not in asked.headers
    switched = await service.post(form.action, here, data=form.fields)
    assert service.world.codat.minted == [switched.headers["location"]]
    (session,) = (await service.get("/v1/sync-sessions")).json()["syncSessions"]
    assert "m-2" == session["merchantIdentifier"]


async def test_a_form_that_chose_nothing_opens_the_picker(service: Service) -> None:
    answer = await service.enter(await service.token(), platformKey="")

    assert (303, "/connect") == (answer.status_code, answer.headers["location"])
    assert 0 == service.minted


async def test_in_a_frame_nothing_starts(service: Service) -> None:
    framed = {**FROM_SHOP, "Sec-Fetch-Dest": "iframe"}

    answer = await service.enter(await service.token(), framed, platformKey="gbol")

    assert (303, 0) == (answer.status_code, service.minted)
    assert answer.headers["location"].startswith("/connect#ticket=")

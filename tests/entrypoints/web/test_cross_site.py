"""Who may make a browser send something: Sec-Fetch-Site, Origin, method, bearer and cookie."""

import itertools

import pytest

from entrypoints.web.cross_site import NotANavigation, expect_navigation
from tests.entrypoints.web.asking import (
    BACKEND,
    FROM_OUR_PAGE,
    FROM_SHOP,
    SHOP,
    Headers,
    Service,
    problem,
    serve,
)
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

SITES = [None, "same-origin", "none", "same-site", "cross-site", "nonsense"]
ORIGINS = [
    None,
    PUBLIC_URL,
    PUBLIC_URL.upper(),
    SHOP,
    "null",
    "https://evil.test",
    f"{PUBLIC_URL}.evil.test",
]
OURS = {None, PUBLIC_URL, PUBLIC_URL.upper()}


def sent(site: str | None, origin: str | None) -> Headers:
    given = {"Sec-Fetch-Site": site, "Origin": origin}
    return {name: value for name, value in given.items() if value is not None}


def is_ours(site: str | None, origin: str | None) -> bool:
    """Written down anew: the site decides where it is told, else the origin, else nobody."""
    if site is not None:
        return site in {"same-origin", "none"}
    return origin in OURS


def only_cookie(browser: Headers) -> Headers:
    return {"Cookie": browser["Cookie"]}


async def test_a_cookie_starts_something_only_for_our_own_pages(service: Service) -> None:
    cookie = only_cookie(await service.browser())
    session_id = await service.opened()

    for site, origin in itertools.product(SITES, ORIGINS):
        headers = {**cookie, **sent(site, origin)}
        minted = service.minted
        page = await service.post("/connect/gbol", headers)
        opening = await service.post("/v1/sync-sessions", headers, json={"platformKey": "gbol"})
        redirect = await service.post(f"/v1/sync-sessions/{session_id}/redirect", headers)

        if is_ours(site, origin):
            assert (303, 201, 200) == (page.status_code, opening.status_code, redirect.status_code)
            assert minted + 2 == service.minted
        else:
            assert 403 == page.status_code, (site, origin)
            assert (403, "cross-site-refused") == problem(opening)
            assert (403, "cross-site-refused") == problem(redirect)
            assert minted == service.minted


async def test_a_bearer_token_needs_no_origin_since_no_browser_adds_it(service: Service) -> None:
    session_id = await service.opened()

    for site, origin in itertools.product(SITES, ORIGINS):
        answer = await service.post(
            f"/v1/sync-sessions/{session_id}/redirect", {**BACKEND, **sent(site, origin)}
        )

        assert 200 == answer.status_code


async def test_reading_is_open_to_every_link_since_answers_cannot_be_read(
    service: Service,
) -> None:
    cookie = only_cookie(await service.browser())
    session_id = await service.opened()
    paths = [
        "/connect",
        f"/connect/sessions/{session_id}",
        f"/connect/return/{session_id}",
        "/v1/integrations",
        f"/v1/sync-sessions/{session_id}",
    ]

    for site, path in itertools.product(SITES, paths):
        answer = await service.get(path, {**cookie, **sent(site, None)})

        assert 200 == answer.status_code
        assert "access-control-allow-origin" not in answer.headers


async def test_a_connect_token_is_taken_from_the_platforms_page_and_ours(
    service: Service,
) -> None:
    for site, origin in itertools.product(SITES, ORIGINS):
        token = await service.token()
        answer = await service.enter(token, sent(site, origin))
        unspent = token in service.world.tokens.unspent

        if is_ours(site, origin) or origin == SHOP:
            assert (303, False) == (answer.status_code, unspent), (site, origin)
        else:
            assert (403, True) == (answer.status_code, unspent), (site, origin)
            assert "set-cookie" not in answer.headers


async def test_no_shop_may_post_tokens_unless_it_is_named() -> None:
    service = serve(shop_origins=None, return_urls=None)

    answer = await service.enter(await service.token(), FROM_SHOP)

    assert 403 == answer.status_code


NOT_NAVIGATIONS: list[Headers] = [
    {"Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Mode": "same-origin"},
    {"Sec-Fetch-Mode": "websocket"},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Sec-Purpose": "Prefetch;anonymous-client-ip"},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "", "Purpose": "prefetch"},
]


async def test_a_redirect_is_for_the_address_bar_not_for_scripts(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.opened()
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    for hint in NOT_NAVIGATIONS:
        api = await service.post(
            f"/v1/sync-sessions/{session_id}/redirect", {**BACKEND, **form, **hint}
        )
        page = await service.post("/connect/gbol", {**browser, **hint})
        token = await service.token()
        entering = await service.enter(token, {**FROM_SHOP, **hint})

        assert (403, "not-a-navigation") == problem(api)
        assert (403, 403) == (page.status_code, entering.status_code)
        assert token in service.world.tokens.unspent
    assert 0 == service.minted
    assert "open" == await service.status(session_id)


async def test_a_script_may_ask_for_json_and_navigate_by_itself(service: Service) -> None:
    session_id = await service.opened()
    headers = {**BACKEND, "Accept": "application/json", "Sec-Fetch-Mode": "cors"}

    answer = await service.post(f"/v1/sync-sessions/{session_id}/redirect", headers)

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-mode": "navigate"}, {"sec-purpose": "", "purpose": ""}]
)
def test_programs_and_people_are_navigations(headers: Headers) -> None:
    expect_navigation(headers)


def test_a_script_is_none() -> None:
    with pytest.raises(NotANavigation):
        expect_navigation({"sec-fetch-mode": "cors"})


async def test_our_own_origin_is_compared_as_browsers_write_it() -> None:
    service = serve(public_url="https://Connect.Example.test:443/pay", return_urls=None)
    cookie = only_cookie(await service.browser())

    ours = await service.post("/connect/gbol", {**cookie, "Origin": PUBLIC_URL})
    other_port = await service.post("/connect/gbol", {**cookie, "Origin": f"{PUBLIC_URL}:8443"})

    assert (303, 403) == (ours.status_code, other_port.status_code)


async def test_a_page_of_ours_that_hides_its_origin_still_works(service: Service) -> None:
    browser = {**await service.browser(), "Origin": "null"}

    assert FROM_OUR_PAGE["Sec-Fetch-Site"] == browser["Sec-Fetch-Site"]
    assert 303 == (await service.post("/connect/gbol", browser)).status_code

"""Pages look as the merchant, the platform and the browser want it, and go on looking so."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.model.brand import parse_brand
from entrypoints.web.brand import brand_sheet
from tests.entrypoints.web.asking import SHOP, Headers, Service, serve
from tests.entrypoints.web.page import Page, read


pytestmark = pytest.mark.anyio

BRAND = {"name": "Toast & Sons", "accentColor": "#0b5cad", "radius": 4, "mode": "light"}


def kept_by(answer_headers: Headers) -> str:
    """The cookie that keeps the look, as the browser sends it back."""
    return answer_headers["set-cookie"].partition(";")[0]


def language_of(page: Page) -> tuple[str, str]:
    html = page.elements[0]
    return html.attributes["lang"], html.attributes["dir"]


@pytest.mark.parametrize(
    ("query", "granted", "accepted", "language"),
    [
        ("", None, None, ("en-US", "ltr")),
        ("", None, "de-AT,de;q=0.9", ("de", "ltr")),
        ("", "fr-CA", "de", ("fr-FR", "ltr")),
        ("?lang=ar", "fr", "de", ("ar", "rtl")),
        ("?lang=tlh", "fr", "de", ("fr-FR", "ltr")),
        ("", "tlh", "xx, *;q=0", ("en-US", "ltr")),
    ],
)
async def test_the_language_is_asked_for_or_granted_or_accepted(
    service: Service,
    query: str,
    granted: str | None,
    accepted: str | None,
    language: tuple[str, str],
) -> None:
    browser = {**await service.browser("m-1", locale=granted)}
    if accepted:
        browser["Accept-Language"] = accepted

    answer = await service.get(f"/connect{query}", browser)

    assert language == language_of(read(answer))


async def test_a_language_that_was_chosen_stays_chosen(service: Service) -> None:
    browser = await service.browser("m-1", locale="fr")

    chosen = await service.get("/connect?lang=nl", browser)
    cookie = f"{browser['Cookie']}; {kept_by(chosen.headers)}"
    again = await service.get("/connect", {**browser, "Cookie": cookie})

    assert ("nl", "ltr") == language_of(read(again))
    assert "set-cookie" not in again.headers
    secure = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000"
    assert chosen.headers["set-cookie"].endswith(secure)
    assert chosen.headers["set-cookie"].startswith("__Host-tb-look=")


async def test_every_page_offers_every_other_language_and_comes_back_to_itself(
    service: Service,
) -> None:
    session_id = await service.opened()
    browser = await service.browser("m-1")

    for path in ("/connect", f"/connect/sessions/{session_id}", f"/connect/return/{session_id}"):
        page = read(await service.get(path, browser))

        menu = {words: link for words, link in page.links.items() if "lang=" in link}
        assert {"Français", "Deutsch", "Español", "Nederlands", "العربية"} == set(menu)
        for link in menu.values():
            assert path == link.partition("?")[0]


async def test_pages_that_answer_a_form_offer_languages_at_the_start(service: Service) -> None:
    page = read(await service.enter("spent"))

    assert "/connect?lang=de" == page.links["Deutsch"]


async def test_the_page_of_an_ended_visit_keeps_language_brand_and_way_back() -> None:
    service = serve(return_urls=f"home={SHOP}/done other={SHOP}/other")
    browser = await service.browser("m-1", locale="fr", returnTo="other", brand=BRAND)
    cookie = kept_by((await service.get("/connect", browser)).headers)
    service.world.clock.advance(3600)

    ended = await service.get("/connect", {**browser, "Cookie": f"{browser['Cookie']}; {cookie}"})
    spent = await service.post(
        "/connect/session", {**browser, "Cookie": cookie}, data={"token": "x"}
    )

    for answer, status in ((ended, 401), (spent, 410)):
        page = read(answer)
        assert status == answer.status_code
        assert ("fr-FR", "ltr") == language_of(page)
        assert f"{SHOP}/other" in page.links.values()
        assert "Toast & Sons" in page.text
        (sheet,) = page.styles
        assert sheet.endswith(brand_sheet(parse_brand(BRAND)))


@pytest.mark.parametrize("spent", [True, False])
async def test_the_page_of_a_link_that_is_over_looks_like_the_link_in_any_browser(
    spent: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    service = serve(return_urls=f"home={SHOP}/done other={SHOP}/other")
    token = await service.token("m-1", locale="fr", returnTo="other", brand=BRAND)
    if spent:
        await service.enter(token)
    else:
        service.world.clock.advance(3600)

    refused = await service.enter(token)
    # The menu of languages leads elsewhere, and there the page is to look alike.
    elsewhere = await service.get("/connect?lang=es", {"Cookie": kept_by(refused.headers)})

    for answer, status, language in ((refused, 410, "fr-FR"), (elsewhere, 401, "es")):
        page = read(answer)
        assert status == answer.status_code
        assert language == language_of(page)[0]
        assert f"{SHOP}/other" in page.links.values()
        assert "Toast & Sons" in page.text
        assert "m-1" not in answer.text
    assert "Toast" not in (await service.enter("made-up")).text


async def test_a_browser_that_was_here_goes_on_looking_as_it_did(service: Service) -> None:
    browser = await service.browser("m-1", locale="de", brand={"name": "Harbour Books"})
    cookie = kept_by((await service.get("/connect", browser)).headers)
    token = await service.token("m-2", locale="fr", brand=BRAND)
    service.world.clock.advance(3600)

    refused = await service.post(
        "/connect/session", {**browser, "Cookie": cookie}, data={"token": token}
    )

    assert ("de", "ltr") == language_of(read(refused))
    assert "Harbour Books" in refused.text
    assert "set-cookie" not in refused.headers


async def test_the_component_is_refused_in_the_language_of_its_token(service: Service) -> None:
    token = await service.token("m-1", locale="fr")
    service.world.clock.advance(3600)

    answer = await service.post("/connect/component", {"Origin": SHOP}, data={"token": token})

    assert "Ce lien ne fonctionne plus" == answer.json()["title"]


async def test_a_browser_whose_login_is_over_is_told_so_and_a_new_one_to_come_in(
    service: Service,
) -> None:
    browser = await service.browser("m-1")
    session_id = await service.opened("m-1")
    entered = await service.enter(await service.token("m-1"))
    chosen = kept_by((await service.get("/connect?lang=de", {})).headers)
    service.world.clock.advance(900)

    ended = await service.get("/connect", browser)
    returning = await service.get(f"/connect/return/{session_id}", browser)
    new = await service.get("/connect?lang=en", {"Cookie": chosen})

    titles = [read(each).text.splitlines() for each in (ended, returning, new)]
    assert entered.headers["set-cookie"].endswith(f"; Max-Age={900 + 24 * 3600}")
    assert [401] * 3 == [each.status_code for each in (ended, returning, new)]
    for words, lines in zip(
        ("Your visit has ended", "Welcome back", "Please come in from your account"),
        titles,
        strict=True,
    ):
        assert any(words in line for line in lines)


async def test_another_login_brings_its_own_look_and_language(service: Service) -> None:
    first = await service.browser("m-1", locale="fr", brand=BRAND)
    cookie = kept_by((await service.get("/connect?lang=es", first)).headers)
    second = await service.browser("m-2", locale="de")

    answer = await service.get("/connect", {**second, "Cookie": f"{second['Cookie']}; {cookie}"})

    assert ("de", "ltr") == language_of(read(answer))
    assert "Toast & Sons" not in answer.text
    # What the first one chose is over with that, for the page of the ended visit, too.
    service.world.clock.advance(900)
    ended = await service.get("/connect", {"Cookie": kept_by(answer.headers)})
    assert ("de", "ltr") == language_of(read(ended))


async def test_who_chose_a_language_has_it_again_at_the_next_visit(service: Service) -> None:
    first = await service.browser("m-1", locale="fr")
    cookie = kept_by((await service.get("/connect?lang=es", first)).headers)
    service.world.clock.advance(900)
    ended = await service.get("/connect", {"Cookie": cookie})
    second = await service.browser("m-1", locale="fr")

    answer = await service.get("/connect", {**second, "Cookie": f"{second['Cookie']}; {cookie}"})

    assert [("es", "ltr")] * 2 == [language_of(read(each)) for each in (ended, answer)]
    assert "m-1" not in base64.urlsafe_b64decode(cookie.partition("=")[2] + "==").decode()


async def test_a_language_of_a_link_rules_nobody_who_logs_in_later(service: Service) -> None:
    first = await service.browser("m-1", locale="fr")
    chosen = kept_by((await service.get("/connect?lang=es", first)).headers)
    planted = kept_by((await service.get("/connect?lang=ar", {"Cookie": chosen})).headers)

    outside = await service.get("/connect", {"Cookie": planted})
    inside = await service.get("/connect", {**first, "Cookie": f"{first['Cookie']}; {planted}"})

    assert ("ar", "rtl") == language_of(read(outside))
    assert ("fr-FR", "ltr") == language_of(read(inside))


async def test_what_engineers_read_is_in_english(service: Service) -> None:
    for path in ("/docs", "/problems/not-found"):
        answer = await service.get(path, {"Accept-Language": "ar"})

        assert ("en-US", "ltr") == language_of(read(answer))
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "e30",
        "bm90IGpzb24",
        base64.urlsafe_b64encode(b'{"asked":5}').decode().rstrip("="),
        base64.urlsafe_b64encode(b'{"asked":"tlh","granted":"\\u0000"}').decode().rstrip("="),
        base64.urlsafe_b64encode(b'{"back":"https://evil.test","x":1}').decode().rstrip("="),
        base64.urlsafe_b64encode(b'{"back":"https://evil.test"}').decode().rstrip("="),
        "[" * 1900,
        "%00",
        "\xe9",
    ],
)
async def test_a_cookie_that_is_not_ours_changes_nothing(service: Service, value: str) -> None:
    answer = await service.get("/connect", {"Cookie": f"__Host-tb-look={value}"})

    page = read(answer)
    assert 401 == answer.status_code
    assert ("en-US", "ltr") == language_of(page)
    assert f"{SHOP}/done" == page.links["Go to your account"]
    assert "evil" not in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
async def test_any_cookie_at_all_does_no_harm(value: str) -> None:
    answer = await serve().get("/connect", {"Cookie": f"__Host-tb-look={value}"})

    assert 401 == answer.status_code


async def test_a_platform_may_name_where_help_is() -> None:
    service = serve(help_url="mailto:help@example.test", integrations=SIX)

    page = read(await service.get("/connect?q=zzz", await service.browser()))
    bare = read(await serve().get("/connect", {}))

    assert "mailto:help@example.test" == page.links["Need help?"]
    assert "mailto:help@example.test" == page.links["My software isn’t listed"]
    assert "Need help?" not in bare.links


SIX = "gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon"

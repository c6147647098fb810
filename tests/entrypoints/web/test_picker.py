import pytest

from domain.errors import CodatUnavailable
from domain.ids import PlatformKey
from domain.model.integration import Branding, BrandingImage
from tests.entrypoints.web.asking import FROM_OUR_PAGE, SHOP, Headers, Service, serve
from tests.entrypoints.web.page import Form, Page, read


pytestmark = pytest.mark.anyio


async def picker(service: Service, headers: Headers | None = None, query: str = "") -> Page:
    answer = await service.get(f"/connect{query}", headers or await service.browser())

    assert 200 == answer.status_code
    return read(answer)


async def test_the_first_visit_shows_what_can_be_connected_and_for_whom(
    service: Service,
) -> None:
    page = await picker(service, await service.browser("m-1", merchantName="Toast & Co"))

    assert "Select your accounting software" == page.title
    assert "For Toast & Co" in page.text
    assert ["FreeAgent", "QuickBooks Online", "Xero"] == sorted(tiles(page))
    assert "Sage Accounting Coming soon" in page.text
    for form in starts(page):
        assert ("post", {"merchant": "m-1"}) == (form.method, form.fields)
    assert "/connect/tgff/interest" == page.form("Tell me when it is ready").action
    assert f"{SHOP}/done" == page.links["Back to where you came from"]
    assert "Partner Commerce" not in page.text


async def test_a_platform_that_keeps_books_offers_sales_systems() -> None:
    service = serve(connector_key="dfxm", connector_side="accounting", platform_name="Ledgerly")

    page = await picker(service)

    assert "Select your sales system" == page.title
    assert ["Shopify", "Zettle"] == sorted(tiles(page))
    assert "Back to Ledgerly" in page.links


async def test_what_is_only_on_show_is_no_button() -> None:
    service = serve(integrations="gbol,tgff=comingSoon,fbrh=disabled")

    page = await picker(service)

    assert ["Xero"] == tiles(page)
    assert "Sage Accounting Coming soon" in page.text
    assert "FreeAgent Not available right now" in page.text
    for key in ("tgff", "fbrh"):
        answer = await service.post(f"/connect/{key}", await service.browser())
        assert 409 == answer.status_code


async def test_what_was_begun_comes_first_and_can_be_continued(service: Service) -> None:
    await service.redirected("m-1", "gbol")
    await service.opened("m-1", "qhyg")

    page = await picker(service)

    assert "Continue with Xero Started, not finished yet" == tiles(page)[0]
    assert "QuickBooks Online" in tiles(page)
    assert page.text.index("Started") < page.text.index("Available")


async def test_the_tile_of_a_start_that_failed_says_so_itself(service: Service) -> None:
    service.world.codat.fail_always("start_sync_flow", CodatUnavailable())

    answer = await service.post("/connect/gbol", await service.browser())

    page = read(answer)
    assert 503 == answer.status_code
    expected = ["FreeAgent", "QuickBooks Online", "Xero Codat is not available"]
    assert expected == sorted(tiles(page))


async def test_what_is_connected_can_be_managed(service: Service) -> None:
    await finished(service, "m-1")

    page = await picker(service)

    assert "Manage Xero Connected to Demo Ltd" == tiles(page)[0]


async def test_another_merchants_progress_is_not_shown(service: Service) -> None:
    await service.redirected("m-2")

    page = await picker(service, await service.browser("m-1"))

    assert "Continue" not in page.text


async def test_five_need_no_search_and_six_do() -> None:
    five = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled")
    six = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    for service, searchable in ((five, False), (six, True)):
        page = await picker(service)

        assert searchable is ("Find" in page.buttons)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("xero", ["Xero"]),
        ("QUICK%20books", ["QuickBooks Online"]),
        ("quickb", ["QuickBooks Online"]),
        ("qbo", ["QuickBooks Online"]),
        ("online%20quick", ["QuickBooks Online"]),
        ("X%C3%A9ro", ["Xero"]),
        ("a", ["FreeAgent"]),
        ("%20", ["FreeAgent", "QuickBooks Online", "Xero"]),
        ("", ["FreeAgent", "QuickBooks Online", "Xero"]),
    ],
)
async def test_a_search_finds_by_name(sought: str, found: list[str]) -> None:
    service = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    page = await picker(service, query=f"?q={sought}")

    assert found == sorted(tiles(page))


@pytest.mark.parametrize("sought", ["zzz", "<script>alert(1)</script>", '"><img src=x>', "\x00"])
async def test_a_search_without_a_match_says_so_and_shows_the_way_back(sought: str) -> None:
    service = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    answer = await service.send("GET", "/connect", await service.browser(), params={"q": sought})

    page = read(answer)
    assert [] == tiles(page)
    assert f"Nothing matches “{sought}”." in page.text
    assert "/connect" == page.links["Show everything"]
    (field,) = (e for e in page.elements if e.attributes.get("name") == "q")
    assert sought == field.attributes["value"]


async def test_a_search_of_more_than_100_characters_is_no_search(service: Service) -> None:
    answer = await service.get(f"/connect?q={'x' * 101}", await service.browser())

    assert 400 == answer.status_code
    assert "xxx" not in answer.text


async def test_nothing_to_connect_is_said_with_a_way_back(service: Service) -> None:
    service.world.codat.integrations_reported = []

    page = await picker(service)

    assert "There is nothing to connect yet" == page.title
    assert "Please come back later." in page.text
    assert "Back to where you came from" in page.links


async def test_in_an_outage_the_last_known_list_is_shown_and_says_so(service: Service) -> None:
    browser = await service.browser()
    await picker(service, browser)
    service.world.codat.fail_always("integrations", CodatUnavailable())
    service.world.clock.advance(3600)
    later = await service.browser()
    await picker(service, later)
    await service.world.cache.settle()

    page = await picker(service, later)

    assert "it is the one of November 23, 2026" in page.text
    assert "UTC. You can still try to connect." in page.text
    assert "Xero" in tiles(page)


async def test_without_any_list_the_page_says_so_and_can_be_tried_again(
    service: Service,
) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())

    answer = await service.get("/connect", await service.browser())

    page = read(answer)
    assert (503, "10") == (answer.status_code, answer.headers["retry-after"])
    assert "Codat is not available" == page.title
    assert "/connect" == page.links["Try again"]


async def test_choosing_sends_the_browser_to_codat(service: Service) -> None:
    browser = await service.browser()
    form = next(f for f in starts(await picker(service, browser)) if "Xero" in f.words)

    answer = await service.post(form.action, browser, data=form.fields)

    assert 303 == answer.status_code
    assert service.world.codat.minted == [answer.headers["location"]]


async def test_choosing_again_resumes_the_session_with_another_url(service: Service) -> None:
    browser = await service.browser()

    urls = [(await service.post("/connect/gbol", browser)).headers["location"] for _ in range(3)]

    assert 3 == len(set(urls))
    assert 1 == len(service.world.sessions.sessions)


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("lqai", 404),
        ("%6cqai", 404),
        ("zzzz", 404),
        ("LQAI", 404),
        ("gbol%00", 404),
        ("..%2Fgbol", 404),
        ("session%20", 400),
    ],
)
async def test_nothing_else_can_be_chosen(service: Service, key: str, status: int) -> None:
    answer = await service.post(f"/connect/{key}", await service.browser())

    assert status == answer.status_code
    assert 0 == service.minted
    assert {} == service.world.sessions.sessions
    assert any(word in read(answer).links for word in ("Choose another", "Go to the start"))


async def test_a_narrowed_merchant_can_choose_only_what_it_sees(service: Service) -> None:
    browser = await service.browser(integrations=["gbol", "fbrh"])

    assert ["FreeAgent", "Xero"] == tiles(await picker(service, browser))
    assert 404 == (await service.post("/connect/qhyg", browser)).status_code
    assert 404 == (await service.post("/connect/lqai", browser)).status_code
    assert 303 == (await service.post("/connect/gbol", browser)).status_code


async def test_one_single_choice_is_confirmed_and_never_starts_by_itself() -> None:
    service = serve(integrations="gbol")

    page = await picker(service)
    begun = serve(integrations="gbol")
    await begun.redirected()
    again = await picker(begun)

    assert "Connect Xero" == page.title
    assert "/connect/gbol" == page.form("Go on to Xero").action
    assert 0 == service.minted
    assert "Continue with Xero" == again.title
    assert "/connect/gbol" == again.form("Continue with Xero").action


async def test_one_that_cannot_be_chosen_is_no_choice() -> None:
    page = await picker(serve(integrations="tgff=comingSoon"))

    assert "There is nothing to connect yet" == page.title
    assert "Please come back later." in page.text
    assert "Sage Accounting" in page.text
    assert [] == starts(page)


@pytest.mark.parametrize(
    ("state", "button"), [("choose", True), ("begun", False), ("connected", False)]
)
@pytest.mark.parametrize("keys", ["gbol,qhyg", "qhyg"])
async def test_quickbooks_has_its_owners_button_until_it_is_begun(
    state: str,
    button: bool,  # noqa: FBT001  # pytest gives it by name
    keys: str,
) -> None:
    service = serve(integrations=keys)
    service.world.codat.brandings[PlatformKey("qhyg")] = Branding(
        button_default=BrandingImage(src="https://static.codat.io/default.png"),
        button_hover=BrandingImage(src="https://static.codat.io/hover.png"),
    )
    if state != "choose":
        await service.redirected("m-1", "qhyg")
    if state == "connected":
        for key in ("lqai", "qhyg"):
            service.world.codat.finish_sync_flow("m-1", key)

    page = await picker(service)

    shown = [src.partition("?")[0] for src in page.images if "qhyg" in src]
    assert (["/logos/qhyg/button", "/logos/qhyg/buttonHover"] if button else []) == shown


@pytest.mark.parametrize("action", ["/connect/gbol", "/connect/tgff/interest"])
async def test_what_was_drawn_for_one_merchant_is_not_done_for_another(
    service: Service, action: str
) -> None:
    other = await service.browser("m-2", merchantName="Harbour Books")
    form = next(f for f in (await picker(service)).forms if f.action == action)

    answer = await service.post(form.action, other, data=form.fields)

    page = read(answer)
    assert (409, "Another account is in here now") == (answer.status_code, page.title)
    assert "/connect" in page.links.values()
    assert 0 == service.minted
    assert {} == service.world.sessions.sessions
    assert (
        303
        == (
            await service.post(form.action, await service.browser("m-1"), data=form.fields)
        ).status_code
    )


async def test_a_form_without_a_word_on_the_merchant_is_the_one_who_is_logged_in(
    service: Service,
) -> None:
    browser = await service.browser()

    for body in ({}, {"data": {"other": "x"}}, {"json": {"merchant": "m-2"}}):
        assert 303 == (await service.post("/connect/gbol", browser, **body)).status_code


async def test_another_language_keeps_what_was_sought() -> None:
    service = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    page = await picker(service, query="?q=x%26y")

    assert "/connect?lang=de&q=x%26y" == page.links["Deutsch"]


async def test_a_merchant_who_asked_is_not_asked_again(service: Service) -> None:
    browser = await service.browser()
    form = (await picker(service, browser)).form("Tell me when it is ready")

    asked = await service.post(form.action, browser)
    page = await picker(service, browser)
    other = await picker(service, await service.browser("m-2"))

    assert (303, "/connect#soon") == (asked.status_code, asked.headers["location"])
    assert "✓ You want to hear when it is ready" in page.text
    assert "Tell me when it is ready" not in page.buttons
    assert "Tell me when it is ready" in other.buttons


async def test_an_operator_may_not_want_merchants_to_be_asked() -> None:
    service = serve(interest="off")

    page = await picker(service)

    assert "Tell me when it is ready" not in page.buttons


async def finished(service: Service, merchant: str) -> None:
    """Let *merchant* connect Xero, and come back."""
    browser = await service.browser(merchant)
    await service.post("/connect/gbol", {**FROM_OUR_PAGE, **browser})
    service.world.codat.finish_sync_flow(merchant, "lqai")
    service.world.codat.finish_sync_flow(merchant, "gbol")
    (session,) = service.world.sessions.sessions.values()
    await service.get(f"/connect/return/{session.id}", browser)


def starts(page: Page) -> list[Form]:
    return [
        form
        for form in page.forms
        if form.method == "post" and form.words and not form.action.endswith("/interest")
    ]


def tiles(page: Page) -> list[str]:
    """The words on the tiles that can be chosen, without the letter behind the logo."""
    return [" ".join(form.words.split()[1:]) for form in starts(page)]

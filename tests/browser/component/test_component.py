"""`<tillbridge-picker>` on a strict page of another site, in a real browser."""

import gzip
import re
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Route, expect

from domain.ids import PlatformKey
from entrypoints.web.pages.tiles import Tile
from tests.browser.component.embedding import Embedding
from tests.browser.component.platform_server import Platform
from tests.browser.searching import disagreements
from tests.browser.test_hostile_texts import CORPUS, TRAP
from tests.browser.witness import Watched
from tests.stack import Stack


STATES: Final = ("choose", "continue", "manage", "soon", "off")


def test_a_choice_leads_to_codat_and_back_with_one_url_and_no_script_in_between(
    embedding: Embedding,
) -> None:
    embedding.opened()

    embedding.choose("Xero")

    plan = embedding.stack.plan
    (posted,) = (r for r in embedding.witness.requests if r.url.endswith("/connect/session"))
    assert ("POST", embedding.platform.origin) == (posted.method, posted.all_headers()["origin"])
    arrived = next(r for r in embedding.witness.requests if r.url.startswith(plan.sync_flow))
    assert "referer" not in arrived.all_headers()
    assert arrived.is_navigation_request()
    assert "" == embedding.page.evaluate("document.referrer")
    assert 1 == embedding.minted
    embedding.page.get_by_test_id("finish-everything").click()
    embedding.page.wait_for_url(f"{plan.tillbridge}/connect/return/**")
    expect(embedding.page.get_by_role("heading", level=1)).to_have_text("✓ Xero is connected")


def test_no_cookie_crosses_sites(embedding: Embedding) -> None:
    embedding.opened()

    assert [] == embedding.context.cookies()
    (asked,) = (r for r in embedding.witness.requests if "/connect/component" in r.url)
    assert "cookie" not in asked.all_headers()


def test_events_tell_what_happens(embedding: Embedding) -> None:
    embedding.opened()

    ready = embedding.told_once("ready")
    names = {each["key"]: (each["name"], each["state"]) for each in ready["integrations"]}
    assert "en-US" == ready["language"]
    assert ("Xero", "choose") == names["gbol"]
    assert "soon" == names["tgff"][1]
    assert "lqai" not in names
    chosen = embedding.page.evaluate(
        """() => new Promise((resolve) => {
          addEventListener("tillbridge-leave", (event) => {
            sessionStorage.told = JSON.stringify([window.told.at(-2), event.detail]);
            resolve(sessionStorage.told);
          });
          document.querySelector("tillbridge-picker").shadowRoot
            .querySelector("[data-key=gbol]").click();
        })"""
    )
    detail = '{"key":"gbol","name":"Xero","state":"choose"}'
    assert f'[["choose",{detail}],{detail}]' == chosen
    embedding.arrives()


def test_the_page_may_keep_the_merchant(embedding: Embedding) -> None:
    embedding.platform.script = (
        'addEventListener("tillbridge-choose", (event) => event.preventDefault());'
    )
    embedding.opened()

    embedding.tile("Xero").click()

    expect(embedding.tile("Xero")).to_have_attribute("part", "tile choose")
    assert [] == embedding.told("leave")
    assert 0 == embedding.minted


def test_two_clicks_are_one_start(embedding: Embedding) -> None:
    embedding.opened()

    embedding.tile("Xero").dblclick()
    embedding.arrives()

    assert 1 == embedding.minted


def test_on_the_way_only_the_choice_is_busy_and_after_a_while_nothing_is(
    embedding: Embedding,
) -> None:
    embedding.page.clock.install()
    embedding.opened()
    # An answer without content leaves the page where it is.
    embedding.page.route("**/connect/session", lambda route: route.fulfill(status=204))

    embedding.press("gbol")

    busy = embedding.tile("Taking you to Xero…")
    expect(busy).to_have_attribute("aria-busy", "true")
    expect(embedding.picker.get_by_role("status")).to_have_text("Taking you to Xero…")
    expect(embedding.tile("FreeAgent")).to_have_attribute("aria-disabled", "true")
    embedding.press("fbrh")
    assert ["gbol"] == [each["key"] for each in embedding.told("choose")]
    embedding.page.clock.fast_forward(15_100)
    expect(embedding.tile("Xero")).not_to_have_attribute("aria-busy", "true")
    expect(embedding.tile("FreeAgent")).not_to_have_attribute("aria-disabled", "true")


def test_after_a_long_while_a_click_fetches_a_fresh_ticket_first(embedding: Embedding) -> None:
    embedding.page.clock.install()
    embedding.opened()
    embedding.page.clock.fast_forward("15:00")

    embedding.choose("Xero")

    assert 2 == embedding.platform.asked
    assert 1 == embedding.minted


def test_after_a_while_without_an_answer_the_same_ticket_serves_again(
    embedding: Embedding,
) -> None:
    embedding.page.clock.install()
    embedding.opened()
    embedding.page.route("**/connect/session", lambda route: route.fulfill(status=204))
    embedding.press("gbol")
    expect(embedding.tile("Taking you to Xero…")).to_be_visible()
    embedding.page.clock.fast_forward(15_100)
    embedding.page.unroute("**/connect/session")

    embedding.choose("Xero")

    assert 1 == embedding.platform.asked
    assert 1 == embedding.minted


def test_back_from_codat_the_picker_is_asked_for_anew_and_starts_with_a_new_url(
    embedding: Embedding,
) -> None:
    embedding.opened()
    embedding.choose("Xero")
    embedding.page.go_back(wait_until="commit")

    expect(embedding.tile("Continue with Xero")).to_be_visible()
    embedding.choose("Continue with Xero")

    assert 2 == embedding.minted
    urls = [minted["url"] for minted in embedding.stack.minted(embedding.platform.merchant)]
    assert 2 == len(set(urls))


def test_a_token_that_came_too_late_is_replaced_once(embedding: Embedding) -> None:
    embedding.platform.tokens = ["spent-or-expired"]

    embedding.opened()

    assert 2 == embedding.platform.asked


def test_a_refusal_is_told_with_its_reference_and_can_be_tried_again(
    embedding: Embedding,
) -> None:
    embedding.platform.tokens = ["wrong", "wrong-again"]
    embedding.open()

    expect(embedding.problem).to_contain_text("This link does not work any more")
    problem = embedding.told_once("problem")
    assert ("refused", 410) == (problem["kind"], problem["status"])
    assert problem["type"].endswith("/problems/connect-token-refused")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", problem["reference"])
    expect(embedding.problem).to_contain_text(problem["reference"])
    embedding.picker.get_by_role("button", name="Try again").click()
    expect(embedding.tile("Xero")).to_be_visible()
    expect(embedding.problem).to_have_count(0)
    # Whoever pressed the button that is gone goes on from here, and not from the page's top.
    expect(embedding.picker.locator(".picker")).to_be_focused()
    embedding.page.keyboard.press("Tab")
    expect(embedding.picker.get_by_role("searchbox")).to_be_focused()


def test_a_platform_that_gives_no_token_is_told_of(embedding: Embedding) -> None:
    embedding.platform.tokens = ["none"]

    embedding.open()

    expect(embedding.problem).to_contain_text("This cannot be shown at the moment")
    problem = embedding.told_once("problem")
    assert ("token", 401) == (problem["kind"], problem["status"])


def test_tillbridge_may_say_when_to_try_again(embedding: Embedding) -> None:
    embedding.page.clock.install()
    embedding.refuses(503, retry_after=2, title="Codat is not available", reference="ABCD-1234")
    embedding.open()

    expect(embedding.problem).to_contain_text("Codat is not available")
    retry = embedding.picker.get_by_role("button", name="Try again")
    expect(retry).to_be_disabled()
    embedding.answers_again()
    embedding.page.clock.fast_forward(2100)
    retry.click()
    expect(embedding.tile("Xero")).to_be_visible()


@pytest.mark.parametrize("body", ["<p>proxy</p>", "null", "[]"])
def test_an_answer_that_is_none_is_a_problem_like_any_other(
    embedding: Embedding, body: str
) -> None:
    embedding.answers_instead(body)

    embedding.open()

    expect(embedding.problem).to_contain_text("This cannot be shown at the moment")
    problem = embedding.told_once("problem")
    assert "answer" == problem["kind"]


def test_a_fault_of_the_network_is_told(embedding: Embedding) -> None:
    embedding.page.route("**/connect/component", lambda route: route.abort())

    embedding.open()

    expect(embedding.problem).to_be_visible()
    problem = embedding.told_once("problem")
    assert "network" == problem["kind"]


def test_an_answer_that_does_not_come_is_not_waited_for(embedding: Embedding) -> None:
    embedding.page.clock.install()
    embedding.page.route("**/connect/component", lambda route: None)
    embedding.open()

    expect(embedding.picker.get_by_role("status")).to_have_text("Loading…")
    embedding.page.clock.fast_forward(15_100)

    expect(embedding.problem).to_be_visible()
    problem = embedding.told_once("problem")
    assert "timeout" == problem["kind"]


def test_offline_nothing_is_started_until_the_connection_is_back(embedding: Embedding) -> None:
    embedding.opened()
    embedding.context.set_offline(offline=True)

    embedding.tile("Xero").click()

    expect(embedding.problem).to_contain_text("You are offline")
    assert ["offline"] == [each["kind"] for each in embedding.told("problem")]
    assert [] == embedding.told("leave")
    embedding.context.set_offline(offline=False)
    embedding.choose("Xero")
    assert 1 == embedding.minted


def test_a_page_that_was_opened_offline_goes_on_by_itself(embedding: Embedding) -> None:
    embedding.page.add_init_script(
        'Object.defineProperty(navigator, "onLine", { get: () => window.online ?? false });'
    )
    embedding.open()
    expect(embedding.problem).to_contain_text("You are offline")

    embedding.page.evaluate("window.online = true; dispatchEvent(new Event('online'))")

    expect(embedding.tile("Xero")).to_be_visible()


def test_a_policy_of_the_page_that_stops_the_form_is_told(
    embedding: Embedding, browser: Watched
) -> None:
    browser.expects_reports = True
    embedding.platform.forms = "'self'"
    embedding.opened()

    embedding.press("gbol")

    # Playwright takes the form that was stopped for a navigation to wait for.
    embedding.page.wait_for_timeout(500)
    problem = embedding.told_once("problem")
    assert "blocked" == problem["kind"]
    assert "form-action" in problem["detail"]
    assert 0 == embedding.minted


def test_a_page_that_is_not_on_the_list_gets_nothing(
    embedding: Embedding, browser: Watched
) -> None:
    stranger = f"http://stranger.localhost:{embedding.platform.port}"
    browser.allow(stranger)

    embedding.open(origin=stranger)

    expect(embedding.problem).to_be_visible()
    problem = embedding.told_once("problem")
    assert "network" == problem["kind"]


def test_a_function_may_give_tokens_whenever_it_is_set(embedding: Embedding) -> None:
    embedding.platform.script = """
        const picker = document.querySelector("tillbridge-picker");
        const getToken = async () => {
          const answer = await fetch("/token", { method: "POST" });
          return (await answer.json()).token;
        };
        picker.getToken = getToken;
        customElements.whenDefined("tillbridge-picker").then(() => {
          picker.getToken = () => getToken();
        });
        """

    embedding.opened("<tillbridge-picker></tillbridge-picker>")
    embedding.page.evaluate(
        """() => {
          const picker = document.querySelector("tillbridge-picker");
          picker.getToken = picker.getToken.bind(null);
        }"""
    )

    embedding.choose("Xero")
    assert 1 == embedding.platform.asked


def test_a_function_that_fails_is_told(embedding: Embedding) -> None:
    embedding.platform.script = (
        'document.querySelector("tillbridge-picker").getToken = async () => {'
        ' throw new Error("logged out") };'
    )

    embedding.open("<tillbridge-picker></tillbridge-picker>")

    expect(embedding.problem).to_be_visible()
    problem = embedding.told_once("problem")
    assert ("token", "Error: logged out") == (problem["kind"], problem["detail"])


def test_without_a_way_to_a_token_nothing_is_asked(embedding: Embedding) -> None:
    embedding.open("<tillbridge-picker></tillbridge-picker>")
    embedding.page.wait_for_timeout(200)

    assert 0 == embedding.platform.asked
    assert [] == embedding.page.evaluate("window.told")


def test_an_element_that_goes_away_and_comes_back_starts_anew(embedding: Embedding) -> None:
    embedding.opened()

    embedding.page.evaluate(
        # What was shown is still there, so that only the event tells of the new answer.
        """() => new Promise((resolve) => {
          const picker = document.querySelector("tillbridge-picker");
          picker.addEventListener("tillbridge-ready", () => resolve());
          picker.remove();
          document.querySelector("main").append(picker);
        })"""
    )

    expect(embedding.tile("Xero")).to_be_visible()
    expect(embedding.picker.get_by_role("status")).to_have_text("")
    assert 2 == embedding.platform.asked
    embedding.choose("Xero")


@pytest.mark.parametrize(
    ("lang", "direction", "title"),
    [
        ("fr", "ltr", "logiciel de comptabilité"),
        ("de-AT", "ltr", "Buchhaltung"),
        ("ar", "rtl", "المحاسبي"),
    ],
)
def test_it_speaks_the_language_that_the_page_asks_for(
    embedding: Embedding,
    lang: str,
    direction: str,
    title: str,
) -> None:
    picker = embedding.opened(
        f'<tillbridge-picker connect="/token" lang="{lang}"></tillbridge-picker>'
    )

    frame = picker.locator(".picker")
    expect(frame).to_have_attribute("dir", direction)
    expect(frame).to_have_attribute("lang", re.compile(f"^{lang[:2]}"))
    expect(picker.get_by_role("heading", level=2)).to_contain_text(title)
    expect(picker.get_by_role("heading", level=3).first).to_be_attached()


def test_problems_are_told_in_that_language_even_without_an_answer(embedding: Embedding) -> None:
    embedding.page.route("**/connect/component*", lambda route: route.abort())

    embedding.open('<tillbridge-picker connect="/token" lang="fr"></tillbridge-picker>')

    expect(embedding.picker.get_by_role("button", name="Réessayer")).to_be_visible()


def test_a_changed_attribute_changes_what_is_shown(embedding: Embedding) -> None:
    picker = embedding.opened()

    embedding.page.evaluate(
        """() => {
          const picker = document.querySelector("tillbridge-picker");
          picker.setAttribute("heading", "Your books");
          picker.setAttribute("heading-level", "3");
          picker.setAttribute("mode", "dark");
        }"""
    )

    expect(picker.get_by_role("heading", level=3, name="Your books")).to_be_visible()
    expect(picker.get_by_role("heading", level=4, name="Available")).to_be_visible()
    assert "dark" == scheme(embedding)
    assert 1 == embedding.platform.asked
    embedding.page.evaluate(
        "document.querySelector('tillbridge-picker').setAttribute('heading', '')"
    )
    expect(picker.get_by_role("heading", level=3)).to_have_count(0)
    embedding.page.evaluate(
        "document.querySelector('tillbridge-picker').setAttribute('lang', 'fr')"
    )
    expect(picker.locator(".picker")).to_have_attribute("lang", "fr-FR")
    assert 2 == embedding.platform.asked


def test_it_wears_the_brand_of_the_token(embedding: Embedding) -> None:
    embedding.platform.wanted = {
        "brand": {"accentColor": "#7a1fa2", "radius": 3, "font": ["Georgia"], "mode": "light"}
    }
    embedding.opened()

    look = embedding.page.evaluate(
        """() => {
          const root = document.querySelector("tillbridge-picker").shadowRoot;
          const style = (selector) => getComputedStyle(root.querySelector(selector));
          return {
            arrow: style(".arrow").color,
            radius: style(".tile").borderTopLeftRadius,
            font: style(".picker").fontFamily,
          };
        }"""
    )

    assert {"arrow": "rgb(122, 31, 162)", "radius": "3px"} == {
        name: look[name] for name in ("arrow", "radius")
    }
    assert "Georgia" in look["font"]
    assert "light" == scheme(embedding)


def test_it_is_as_light_or_dark_as_the_page_around_it(
    stack: Stack, platform: Platform, browser: Watched
) -> None:
    embedding = Embedding.at(stack, platform, browser, color_scheme="dark")
    embedding.opened()

    assert "rgb(255, 255, 255)" == card(embedding)
    embedding.page.evaluate("document.documentElement.style.colorScheme = 'light dark'")
    assert "rgb(22, 27, 34)" == card(embedding)


def test_what_is_coming_soon_is_shown_and_is_no_button(embedding: Embedding) -> None:
    picker = embedding.opened()

    expect(picker.get_by_text("Sage Accounting")).to_be_visible()
    expect(picker.get_by_text("Coming soon").last).to_be_visible()
    expect(embedding.tile("Sage Accounting")).to_have_count(0)


def test_a_search_narrows_as_one_types(embedding: Embedding) -> None:
    picker = embedding.opened()
    search = picker.get_by_role("searchbox", name="Find your software")

    search.fill("quick BOOKS")
    expect(embedding.tile("QuickBooks Online")).to_be_visible()
    expect(embedding.tile("Xero")).to_be_hidden()
    expect(picker.get_by_role("status")).to_have_text("Matches: 1")
    search.fill("nothing like it")
    expect(picker.get_by_text("Nothing matches “nothing like it”")).to_be_visible()
    picker.get_by_role("button", name="Show everything").click()

    expect(search).to_be_focused()
    expect(embedding.tile("Xero")).to_be_visible()
    expect(picker.get_by_role("button", name="Show everything")).to_be_hidden()


def test_a_search_finds_what_merchants_also_call_it(embedding: Embedding) -> None:
    picker = embedding.opened()

    picker.get_by_role("searchbox").fill("qbo")

    expect(embedding.tile("QuickBooks Online")).to_be_visible()
    expect(embedding.tile("Xero")).to_be_hidden()


def test_a_search_finds_what_the_server_finds(embedding: Embedding) -> None:
    embedding.opened()

    assert [] == disagreements(embedding.page, "tillbridge-picker")


def test_the_keyboard_is_enough(embedding: Embedding) -> None:
    embedding.opened()

    embedding.page.keyboard.press("Tab")
    expect(embedding.picker.get_by_role("searchbox")).to_be_focused()
    for _ in range(10):
        embedding.page.keyboard.press("Tab")
        if embedding.tile("Xero").evaluate("(it) => it.getRootNode().activeElement === it"):
            break
    embedding.page.keyboard.press("Enter")

    embedding.arrives()


def test_logos_come_from_tillbridge_and_a_broken_one_leaves_its_letter(
    embedding: Embedding,
) -> None:
    embedding.page.route("**/logos/gbol/**", lambda route: route.abort())
    embedding.opened()

    expect(embedding.tile("Xero").locator("img")).to_have_count(0)
    expect(embedding.tile("Xero").locator(".logo")).to_have_text("X")
    shown = embedding.tile("FreeAgent").locator("img")
    assert (shown.get_attribute("src") or "").startswith(embedding.stack.plan.tillbridge)
    expect(shown).to_have_js_property("complete", value=True)
    assert shown.evaluate("(image) => image.naturalWidth") > 0


def test_whatever_tillbridge_says_is_text(embedding: Embedding) -> None:
    """What Codat calls things comes from outside; so it may be anything."""
    lines = list(CORPUS)
    embedding.page.add_init_script(TRAP)

    def answer(route: Route) -> None:
        told = route.fetch().json()
        example = told["groups"][0]["tiles"][0]
        told["groups"] = [
            {
                "heading": line,
                "tiles": [
                    {**example, "key": line, "label": line, "note": line, "letter": line},
                    {**example, "key": line, "label": line, "note": line, "state": "soon"},
                ],
            }
            for line in lines
        ]
        told |= {"title": lines[0], "merchant": lines[1], "lead": lines[2], "hint": lines[3]}
        permitted = {"Access-Control-Allow-Origin": embedding.platform.origin}
        route.fulfill(json=told, headers=permitted)

    embedding.page.route("**/connect/component", answer)

    embedding.open()

    shown = embedding.picker.locator(".group-heading")
    expect(shown).to_have_count(len(lines))
    assert lines == shown.evaluate_all("(all) => all.map((each) => each.textContent)")
    assert [] == embedding.page.evaluate("window.caught")
    assert 0 == embedding.picker.locator("script, iframe, a, svg, object, style, link").count()


def test_on_a_narrow_phone_nothing_sticks_out(
    stack: Stack, platform: Platform, browser: Watched
) -> None:
    embedding = Embedding.at(stack, platform, browser, viewport={"width": 320, "height": 640})
    embedding.opened()

    assert embedding.page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    for button in embedding.picker.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 44


def test_artwork_of_the_owner_changes_under_the_pointer(embedding: Embedding) -> None:
    embedding.opened()
    tile = embedding.tile("QuickBooks Online")
    usual, under = tile.locator(".art img").all()

    expect(usual).to_have_css("visibility", "visible")
    expect(under).to_have_css("visibility", "hidden")
    tile.hover()
    expect(usual).to_have_css("visibility", "hidden")
    expect(under).to_have_css("visibility", "visible")
    assert usual.get_attribute("src") != under.get_attribute("src")
    expect(usual).to_have_attribute("alt", re.compile("QuickBooks Online"))


def test_while_codat_takes_nothing_its_tiles_wait(embedding: Embedding) -> None:
    embedding.page.clock.install()
    trouble = {"title": "Busy", "detail": "Not now.", "reference": "ABCD-1234", "wait": 42}
    changed(embedding, lambda told: told.update(trouble=trouble))

    embedding.open()

    expect(embedding.problem).to_contain_text("Busy")
    expect(embedding.problem).to_contain_text("Not now.")
    expect(embedding.problem).to_contain_text("ABCD-1234")
    expect(embedding.tile("Xero")).to_be_disabled()
    embedding.page.clock.fast_forward(42_100)
    expect(embedding.tile("Xero")).to_be_enabled()
    assert [] == embedding.told("problem")


def test_trouble_without_an_end_leaves_the_tiles_alone(embedding: Embedding) -> None:
    trouble = {"title": "Away", "detail": "", "reference": "ABCD-1234", "wait": None}
    changed(embedding, lambda told: told.update(trouble=trouble))

    embedding.open()

    expect(embedding.problem).to_contain_text("Away")
    expect(embedding.tile("Xero")).to_be_enabled()


def test_what_is_sought_stands_in_the_quotes_of_the_language(embedding: Embedding) -> None:
    embedding.platform.wanted = {"locale": "de"}
    embedding.opened()

    embedding.picker.get_by_role("searchbox").fill("Ledgerly")

    expect(embedding.picker.locator(".none p")).to_have_text("Keine Treffer für „Ledgerly“.")


def test_a_list_that_may_be_old_says_so(embedding: Embedding) -> None:
    changed(embedding, lambda told: told.update(hint="This list is of yesterday."))

    embedding.open()

    expect(embedding.picker.locator(".hint")).to_have_text("This list is of yesterday.")


def test_what_can_be_started_is_what_the_server_says_can_be(embedding: Embedding) -> None:
    def one_of_each(told: Any) -> None:
        example = next(t for group in told["groups"] for t in group["tiles"] if not t["art"])
        tiles = [{**example, "key": s, "label": s, "state": s} for s in STATES]
        told["groups"] = [{"heading": "All", "tiles": tiles}]

    changed(embedding, one_of_each)
    embedding.open()
    expect(embedding.picker.locator("li")).to_have_count(len(STATES))

    buttons = embedding.picker.locator("button.tile")

    keys = buttons.evaluate_all("(all) => all.map((each) => each.dataset.key)")
    assert keys == [state for state in STATES if tile_in(state).startable]


def test_over_the_wire_it_is_less_than_10_kb(stack: Stack) -> None:
    address = f"http://127.0.0.1:{stack.plan.port}/static/tillbridge-picker.js"

    with httpx.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())

    assert "gzip" == answer.headers["content-encoding"]
    assert len(sent) < 10_000
    assert b"R\xc3\xa9essayer" in gzip.decompress(sent)


def changed(embedding: Embedding, change: Callable[[Any], None]) -> None:
    """Have Tillbridge's answer changed on its way."""

    def answer(route: Route) -> None:
        told = route.fetch().json()
        change(told)
        permitted = {"Access-Control-Allow-Origin": embedding.platform.origin}
        route.fulfill(json=told, headers=permitted)

    embedding.page.route("**/connect/component*", answer)


def tile_in(state: str) -> Tile:
    """What the server knows as a tile in this *state*."""
    return Tile(
        key=PlatformKey("gbol"),
        state=state,
        name="x",
        label="x",
        note="x",
        busy="x",
        letter="x",
        terms="x",
    )


def scheme(embedding: Embedding) -> str:
    found: str = embedding.picker.locator(".picker").evaluate(
        "(it) => getComputedStyle(it).colorScheme"
    )
    return found


def card(embedding: Embedding) -> str:
    found: str = embedding.tile("Xero").evaluate("(it) => getComputedStyle(it).backgroundColor")
    return found

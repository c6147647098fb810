"""`<tillbridge-picker>` starts nothing for anybody but the merchant who is logged in now."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.component.embedding import Embedding


SWITCH = """(merchant) => document.querySelector("tillbridge-picker")
  .setAttribute("merchant", merchant)"""
RELOAD = "() => document.querySelector('tillbridge-picker').reload()"
FUNCTION = """
const picker = document.querySelector("tillbridge-picker");
async function getToken() {
  const answer = await fetch("/token", { method: "POST" });
  return (await answer.json()).token;
}
picker.getToken = getToken;
"""
BY_FUNCTION = "<tillbridge-picker></tillbridge-picker>"


def minted_for(embedding: Embedding, merchant: str) -> int:
    return len(embedding.stack.minted(merchant))


def log_in_another(embedding: Embedding) -> tuple[str, str]:
    """Somebody else logs in at the platform; gives the former merchant, and the new one."""
    former = embedding.platform.merchant
    embedding.platform.merchant = f"{former}-other"
    return former, embedding.platform.merchant


@pytest.mark.parametrize("content", [BY_FUNCTION, None])
def test_another_merchant_gets_another_view_and_is_who_starts(
    embedding: Embedding, content: str | None
) -> None:
    embedding.platform.script = FUNCTION if content else ""
    picker = embedding.opened(content)
    picker.get_by_role("searchbox").fill("xero")
    former, other = log_in_another(embedding)

    embedding.page.evaluate(SWITCH, other)

    expect(picker.get_by_text(f"For {other}")).to_be_visible()
    expect(picker.get_by_role("searchbox")).to_have_value("")
    embedding.choose("Xero")
    assert (0, 1) == (minted_for(embedding, former), minted_for(embedding, other))


def test_nothing_of_the_former_merchant_can_be_pressed_while_the_other_is_loaded(
    embedding: Embedding,
) -> None:
    picker = embedding.opened()
    embedding.page.route("**/connect/component*", lambda route: None)

    embedding.page.evaluate(SWITCH, "somebody-else")

    expect(picker.get_by_role("status")).to_have_text("Loading…")
    expect(picker.get_by_role("button")).to_have_count(0)
    expect(picker.locator(".merchant")).to_have_count(0)


def test_an_answer_for_the_former_merchant_that_comes_late_is_not_shown(
    embedding: Embedding,
) -> None:
    embedding.platform.script = """
        const picker = document.querySelector("tillbridge-picker");
        const early = new Promise((resolve) => (window.release = resolve));
        const tokens = [() => early];
        picker.getToken = () => (tokens.shift() ?? getToken)();
        async function getToken() {
          const answer = await fetch("/token", { method: "POST" });
          return (await answer.json()).token;
        }
        """
    picker = embedding.open(BY_FUNCTION)
    expect(picker.get_by_role("status")).to_have_text("Loading…")
    early = embedding.stack.token(embedding.platform.merchant)
    _, other = log_in_another(embedding)
    embedding.page.evaluate(SWITCH, other)
    expect(picker.get_by_text(f"For {other}")).to_be_visible()

    embedding.page.evaluate("(token) => window.release(token)", early)
    embedding.page.wait_for_timeout(300)

    expect(picker.get_by_text(f"For {other}")).to_be_visible()
    assert 1 == len(embedding.told("ready"))


def test_a_changed_endpoint_clears_what_was_shown(embedding: Embedding) -> None:
    picker = embedding.opened()
    embedding.platform.tokens = ["none"]

    embedding.page.evaluate(
        "document.querySelector('tillbridge-picker').setAttribute('connect', '/token?')"
    )

    expect(embedding.problem).to_be_visible()
    expect(embedding.tile("Xero")).to_have_count(0)
    expect(picker.locator(".merchant")).to_have_count(0)


def test_the_same_words_for_the_merchant_and_new_functions_ask_nothing(
    embedding: Embedding,
) -> None:
    embedding.platform.script = FUNCTION
    embedding.opened('<tillbridge-picker merchant="bakery"></tillbridge-picker>')

    embedding.page.evaluate(
        """() => {
          const picker = document.querySelector("tillbridge-picker");
          for (let i = 0; i < 5; i += 1) {
            picker.setAttribute("merchant", "bakery");
            picker.getToken = picker.getToken.bind(null);
          }
        }"""
    )
    embedding.page.wait_for_timeout(300)

    assert 1 == embedding.platform.asked
    expect(embedding.tile("Xero")).to_be_visible()


def test_a_page_that_draws_itself_at_each_event_does_not_ask_for_ever(
    embedding: Embedding,
) -> None:
    embedding.platform.script = FUNCTION + (
        """
        const draw = () => {
          picker.setAttribute("merchant", "bakery");
          picker.getToken = () => getToken();
        };
        addEventListener("tillbridge-ready", draw);
        draw();
        """
    )

    embedding.opened(BY_FUNCTION)
    embedding.page.wait_for_timeout(300)

    assert 1 == embedding.platform.asked


def test_the_merchant_and_the_function_may_change_at_once(embedding: Embedding) -> None:
    embedding.platform.script = FUNCTION
    embedding.opened(BY_FUNCTION)
    _, other = log_in_another(embedding)

    embedding.page.evaluate(
        """(merchant) => {
          const picker = document.querySelector("tillbridge-picker");
          picker.setAttribute("merchant", merchant);
          picker.getToken = picker.getToken.bind(null);
        }""",
        other,
    )

    expect(embedding.picker.get_by_text(f"For {other}")).to_be_visible()
    assert 2 == embedding.platform.asked


def test_without_a_function_any_more_nothing_is_shown(embedding: Embedding) -> None:
    embedding.platform.script = FUNCTION
    embedding.opened(BY_FUNCTION)

    embedding.page.evaluate("document.querySelector('tillbridge-picker').getToken = null")

    expect(embedding.tile("Xero")).to_have_count(0)
    assert 1 == embedding.platform.asked


def test_a_choice_made_while_the_page_asks_anew_is_not_started_for_another(
    embedding: Embedding,
) -> None:
    picker = embedding.opened()
    former, other = log_in_another(embedding)

    embedding.page.evaluate(
        """() => {
          const picker = document.querySelector("tillbridge-picker");
          picker.reload();
          picker.shadowRoot.querySelector("[data-key=gbol]").click();
        }"""
    )

    expect(picker.get_by_text(f"For {other}")).to_be_visible()
    expect(embedding.tile("Xero")).not_to_have_attribute("aria-busy", "true")
    assert [] == embedding.told("leave")
    assert (0, 0) == (minted_for(embedding, former), minted_for(embedding, other))
    embedding.choose("Xero")
    assert (0, 1) == (minted_for(embedding, former), minted_for(embedding, other))


def test_a_platform_that_has_logged_the_merchant_out_leaves_nothing_to_start(
    embedding: Embedding,
) -> None:
    picker = embedding.opened()
    embedding.platform.tokens = ["none"]

    embedding.page.evaluate(RELOAD)

    expect(embedding.problem).to_be_visible()
    expect(embedding.tile("Xero")).to_have_count(0)
    expect(picker.locator(".merchant")).to_have_count(0)
    assert ("token", 401) == (
        embedding.told_once("problem")["kind"],
        embedding.told_once("problem")["status"],
    )
    picker.get_by_role("button", name="Try again").click()
    embedding.choose("Xero")


@pytest.mark.parametrize(
    ("status", "kept"), [(401, 0), (403, 0), (410, 0), (429, 1), (500, 1), (503, 1)]
)
def test_tiles_stay_where_tillbridge_is_busy_and_go_where_it_refuses(
    embedding: Embedding, status: int, kept: int
) -> None:
    embedding.opened()
    embedding.answers_instead(json.dumps({"title": "No", "detail": "It is so."}), status)

    embedding.page.evaluate(RELOAD)

    expect(embedding.problem).to_contain_text("It is so.")
    expect(embedding.tile("Xero")).to_have_count(kept)


@pytest.mark.parametrize(("status", "kept"), [(403, 0), (404, 0), (200, 0), (500, 1), (502, 1)])
def test_tiles_stay_where_the_platform_is_out_of_order_and_go_where_it_gives_no_token(
    embedding: Embedding, status: int, kept: int
) -> None:
    embedding.opened()
    embedding.page.route("**/token", lambda route: route.fulfill(status=status, body="No"))

    embedding.page.evaluate(RELOAD)

    expect(embedding.problem).to_be_visible()
    expect(embedding.tile("Xero")).to_have_count(kept)


def test_what_stays_on_show_asks_anew_before_it_starts(embedding: Embedding) -> None:
    embedding.opened()
    embedding.answers_instead("{}", 503)
    embedding.page.evaluate(RELOAD)
    expect(embedding.problem).to_be_visible()
    embedding.platform.tokens = ["none"]
    embedding.answers_again()

    embedding.tile("Xero").click()

    expect(embedding.tile("Xero")).to_have_count(0)
    assert ([], 0) == (embedding.told("leave"), embedding.minted)


@pytest.mark.parametrize(
    ("body", "detail"),
    [('throw new Error("at once")', "Error: at once"), ("return undefined", "No token")],
)
def test_a_function_that_throws_at_once_or_gives_nothing_has_given_no_token(
    embedding: Embedding, body: str, detail: str
) -> None:
    embedding.platform.script = (
        f'document.querySelector("tillbridge-picker").getToken = () => {{ {body} }};'
    )

    embedding.open(BY_FUNCTION)

    expect(embedding.problem).to_be_visible()
    problem = embedding.told_once("problem")
    assert ("token", detail) == (problem["kind"], problem["detail"])


def test_a_function_that_never_answers_is_not_waited_for(embedding: Embedding) -> None:
    embedding.page.clock.install()
    embedding.platform.script = (
        'document.querySelector("tillbridge-picker").getToken = () => new Promise(() => {});'
    )
    embedding.open(BY_FUNCTION)
    expect(embedding.picker.get_by_role("status")).to_have_text("Loading…")

    embedding.page.clock.fast_forward(15_100)

    expect(embedding.problem).to_be_visible()
    assert "timeout" == embedding.told_once("problem")["kind"]
    assert [] == embedding.witness.errors


def test_nothing_of_an_earlier_brand_stays(embedding: Embedding) -> None:
    embedding.platform.wanted = {"brand": {"accentColor": "#7a1fa2", "radius": 3}}
    picker = embedding.opened()
    tile = embedding.tile("Xero")
    expect(tile).to_have_css("border-radius", "3px")
    embedding.platform.wanted = {}

    embedding.page.evaluate(RELOAD)

    expect(tile).to_have_css("border-radius", "10px")
    expect(picker.locator(".arrow").first).to_have_css("color", "rgb(11, 92, 173)")

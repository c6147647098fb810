"""The one style sheet of a page is applied, and whatever else would style it is not."""

from importlib.resources import files

import pytest
from playwright.sync_api import Browser

from entrypoints.web.styles import EVERYBODYS
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


WRITTEN = (files("entrypoints.web") / "templates" / "tillbridge.css").read_text(encoding="utf-8")
RED = "rgb(255, 0, 0)"
RULES = """async (text) => {
  const sheet = await new CSSStyleSheet().replace(text);
  return [...sheet.cssRules].map((rule) => rule.cssText);
}"""
GROUND = "getComputedStyle(document.body).backgroundColor"
INTRUDERS = {
    "a style element of its own": """() => {
      const style = document.createElement("style");
      style.textContent = "body { background: red !important }";
      document.head.append(style);
    }""",
    "the page's own, and a rule more": """() => {
      document.querySelector("style").append("body { background: red !important }");
    }""",
    "the page's own again, and a rule more": """() => {
      const style = document.querySelector("style").cloneNode(true);
      style.textContent += "body{background:red !important}";
      document.head.append(style);
    }""",
    "a style attribute": """() => {
      document.body.setAttribute("style", "background: red !important");
    }""",
    "a link to a sheet from here": """() => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: "/static/picker.js" });
      document.head.append(link);
    }""",
    "a link to a sheet in itself": """() => {
      const link = document.createElement("link");
      const href = "data:text/css,body{background:red !important}";
      Object.assign(link, { rel: "stylesheet", href });
      document.head.append(link);
    }""",
}


@pytest.mark.parametrize("intruder", INTRUDERS)
@pytest.mark.parametrize("brand", [{}, {"radius": 3, "accentColor": "#7a1fa2"}], ids=repr)
def test_no_other_style_is_applied(
    stack: Stack, browser: Watched, brand: dict[str, object], intruder: str
) -> None:
    browser.expects_reports = True
    merchant = Merchant.at(stack, browser)
    merchant.enter("styled", brand=brand)
    merchant.open()

    assert [] == merchant.witness.reports
    with merchant.page.expect_console_message(lambda said: "security" in said.text):
        merchant.page.evaluate(INTRUDERS[intruder])

    assert RED != merchant.page.evaluate(GROUND)
    assert any("style-src" in report for report in merchant.witness.reports)


def test_the_watch_would_see_an_intruder(stack: Stack, browser: Watched) -> None:
    merchant = Merchant.at(stack, browser, bypass_csp=True)
    merchant.enter("styled")
    merchant.open()

    merchant.page.evaluate(INTRUDERS["a style attribute"])

    assert RED == merchant.page.evaluate(GROUND)


def test_what_is_left_out_of_the_style_sheet_says_nothing(chromium: Browser) -> None:
    page = chromium.new_page()

    written, sent = (page.evaluate(RULES, text) for text in (WRITTEN, EVERYBODYS))

    page.close()
    assert len(EVERYBODYS) < len(WRITTEN)
    assert len(written) > 50
    assert written == sent

"""The example pages: each of them leads to Codat and back."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import gallery, looks
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import Stack


@pytest.fixture
def merchant(stack: Stack, browser: Watched) -> Merchant:
    """The merchant of the examples, new to Codat."""
    stack.control("reset", {})
    return Merchant.at(stack, browser)


def come_back(merchant: Merchant, name: str) -> None:
    """Finish at Codat, and follow the way back to the platform, which asks Tillbridge."""
    merchant.arrives()
    merchant.finish()
    merchant.sees(f"✓ {name} is connected")
    merchant.page.get_by_role("link", name="Back to Corner Till").click()
    merchant.page.wait_for_url(f"{merchant.stack.plan.shop}/done?session=*")
    expect(merchant.page.get_by_text("completed")).to_be_visible()


def press(page: Page | FrameLocator, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [("plain-html", "Xero", "gbol"), ("react", "FreeAgent", "fbrh"), ("vue", "MYOB", "pdvj")],
)
def test_the_component_leads_to_codat_and_back(
    merchant: Merchant, kind: str, name: str, key: str
) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/{kind}/")

    press(merchant.page, name)

    come_back(merchant, name)
    (minted,) = merchant.stack.minted("corner-bakery")
    assert key == minted["accountingKey"]


@pytest.mark.parametrize("kind", ["react", "vue"])
def test_a_framework_hears_the_events(merchant: Merchant, kind: str) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/{kind}/")

    expect(merchant.page.get_by_role("status").filter(has_text="Ready")).to_be_visible()
    tokens = [r for r in merchant.requests if r.url.endswith("/tillbridge-token")]
    assert 1 == len(tokens)


def test_attributes_of_frameworks_reach_the_component(merchant: Merchant) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/vue/")

    frame = merchant.page.locator("tillbridge-picker .picker")
    expect(frame).to_have_class("picker light")


def test_the_page_styles_parts_and_properties(merchant: Merchant) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/plain-html/")
    picker = merchant.page.locator("tillbridge-picker")

    expect(picker.get_by_role("heading", level=2)).to_have_css("font-size", "24px")
    expect(picker.get_by_role("button", name="Xero")).to_have_css("border-radius", "4px")


def test_the_iframe_leads_to_codat_in_the_whole_window_and_back(merchant: Merchant) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/iframe/")

    press(merchant.page.frame_locator("iframe"), "Exact (NL)")

    come_back(merchant, "Exact (NL)")


def test_the_button_of_the_platform_leads_to_codat_and_back(merchant: Merchant) -> None:
    merchant.page.goto(f"{merchant.stack.plan.shop}/hosted-page/")

    press(merchant.page, "Connect your accounting software")
    press(merchant.page, "Exact (UK)")

    come_back(merchant, "Exact (UK)")


@pytest.mark.parametrize(
    ("kind", "size", "scheme"),
    [
        ("plain-html", "desktop", "light"),
        ("plain-html", "phone", "dark"),
        ("iframe", "desktop", "light"),
    ],
)
def test_an_example_fits_and_has_its_picture_taken(
    merchant: Merchant, pictures: Path | None, kind: str, size: str, scheme: str
) -> None:
    page = merchant.page
    looks.show(page, gallery.SIZES[size], scheme)
    page.goto(f"{merchant.stack.plan.shop}/{kind}/")
    inside = page.frame_locator("iframe") if kind == "iframe" else page
    expect(inside.get_by_role("button", name="Xero")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert [] == looks.overflow(page)
    assert [] == looks.axe(page)
    if pictures is not None:
        taken = page.screenshot(full_page=True, animations="disabled")
        picture = Image.open(io.BytesIO(taken)).convert("RGB")
        gallery.keep(picture, pictures / "images" / f"{kind}-{size}-{scheme}.png")


def test_without_scripts_what_stands_in_the_element_is_shown(
    stack: Stack, browser: Watched
) -> None:
    merchant = Merchant.at(stack, browser, java_script_enabled=False)

    merchant.page.goto(f"{stack.plan.shop}/plain-html/")

    expect(merchant.page.get_by_role("link", name="the page without it")).to_be_visible()
    merchant.page.get_by_role("link", name="the page without it").click()
    expect(merchant.page.get_by_role("button")).to_be_visible()

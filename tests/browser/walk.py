"""A merchant in a browser: what it does, and what went wrong on the way."""

from pathlib import Path

import attrs
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from tests import canaries
from tests.browser.places import tile
from tests.browser.witness import Watched, Witness
from tests.stack import Stack


@attrs.define(slots=False)  # Playwright leaves marks on what listens
class Merchant:
    """Somebody who walks from the shop to Codat and back; *witness* saw everything."""

    stack: Stack
    context: BrowserContext
    page: Page
    witness: Witness

    @classmethod
    def at(cls, stack: Stack, browser: Watched, **context: object) -> "Merchant":
        """Open a browser with nothing in it."""
        opened = browser.new_context(**context)
        return cls(stack, opened, opened.new_page(), browser.witness(opened))

    @property
    def trouble(self) -> list[str]:
        """What the browser said."""
        return [*self.witness.console, *self.witness.reports, *self.witness.errors]

    @property
    def requests(self) -> list[Request]:
        """What the browser asked for."""
        return self.witness.requests

    def log_in(self, name: str) -> None:
        """Choose who to be in the shop."""
        self.page.goto(self.stack.plan.shop)
        self.page.get_by_role("button", name=name).click()

    def connect(self) -> None:
        """Press the shop's button, and arrive at the picker."""
        self.page.locator("form[action='/connect'] button").first.click()
        self.page.wait_for_url(f"{self.stack.plan.tillbridge}/connect")
        for cookie in self.context.cookies(self.stack.plan.tillbridge):
            if cookie.get("name") == "tb":
                canaries.forbid(str(cookie.get("value")))

    def enter(self, merchant: str, **wanted: object) -> None:
        """
        Be let in as *merchant*, without a page of the shop; *wanted* goes into the connect token.

        The cookie is there afterwards; no page is open yet.
        """
        entered = self.context.request.post(
            f"{self.stack.plan.tillbridge}/connect/session",
            form={"token": self.stack.token(merchant, **wanted)},
            max_redirects=0,
        )
        assert 303 == entered.status
        for cookie in self.context.cookies(self.stack.plan.tillbridge):
            canaries.forbid(str(cookie.get("value")) if "tb" in cookie.get("name", "") else "")

    def open(self, path: str = "/connect") -> None:
        """Open a page of Tillbridge."""
        self.page.goto(f"{self.stack.plan.tillbridge}{path}")

    def tile(self, name: str) -> Locator:
        """The button of one integration, whatever it says beside the name."""
        return tile(self.page, name)

    def choose(self, name: str) -> None:
        """Press a tile, and arrive at the sync flow."""
        self.tile(name).click()
        self.arrives()

    def arrives(self) -> None:
        """The sync flow is there, and takes the link."""
        self.page.wait_for_url(f"{self.stack.plan.sync_flow}/**")
        expect(self.page.get_by_test_id("company")).to_be_visible()

    def goes_back(self, page: str = "/connect") -> None:
        """Press the browser's back button, and be on *page*."""
        # A page out of the back-forward cache is not loaded, so that there is no load to wait for.
        self.page.go_back(wait_until="commit")
        self.page.wait_for_url(f"{self.stack.plan.tillbridge}{page}", wait_until="commit")

    @property
    def posts(self) -> list[str]:
        """Where forms went, at Tillbridge."""
        return [
            request.url
            for request in self.requests
            if request.method == "POST" and request.url.startswith(self.stack.plan.tillbridge)
        ]

    def finish(self) -> None:
        """Go through the sync flow at once, and come back."""
        self.page.get_by_test_id("finish-everything").click()
        self.page.wait_for_url(f"{self.stack.plan.tillbridge}/connect/return/**")

    def sees(self, heading: str) -> None:
        """The page's heading is *heading*."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def picture(self, folder: Path | None, name: str) -> None:
        """Take a picture of the page, if pictures are wanted."""
        if folder is not None:
            images = folder / "images"
            images.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=images / f"{name}.png", full_page=True)

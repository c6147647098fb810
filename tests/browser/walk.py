"""A merchant in a browser: what it does, and what went wrong on the way."""

from pathlib import Path

import attrs
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests import canaries
from tests.stack import Stack


@attrs.define(slots=False)  # Playwright leaves marks on what listens
class Merchant:
    """Somebody who walks from the shop to Codat and back; *trouble* is what the browser said."""

    stack: Stack
    context: BrowserContext
    page: Page
    trouble: list[str] = attrs.field(factory=list)
    requests: list[Request] = attrs.field(factory=list)

    @classmethod
    def at(cls, stack: Stack, browser: Browser, **context: object) -> "Merchant":
        """Open a browser with nothing in it."""
        opened = browser.new_context(**context)  # type: ignore[arg-type]  # as Playwright has them
        merchant = cls(stack, opened, opened.new_page())
        merchant.page.on("console", lambda message: merchant.trouble.append(message.text))
        merchant.page.on("pageerror", lambda error: merchant.trouble.append(str(error)))
        merchant.context.on("request", merchant.note)
        return merchant

    def note(self, request: Request) -> None:
        """Remember what the browser asked for."""
        self.requests.append(request)

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

    def choose(self, name: str) -> None:
        """Press a tile, and arrive at the sync flow."""
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_url(f"{self.stack.plan.sync_flow}/**")

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
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png", full_page=True)

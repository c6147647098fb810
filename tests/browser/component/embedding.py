"""A merchant on a page of the platform with the component on it."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import attrs
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.component.platform_server import Platform
from tests.browser.witness import Watched, Witness
from tests.stack import Stack


_merchants: Iterator[int] = itertools.count(1)


@attrs.define(slots=False)  # Playwright leaves marks on what listens
class Embedding:
    """The page of the *platform*, and what may be done on it."""

    stack: Stack
    platform: Platform
    context: BrowserContext
    page: Page
    witness: Witness

    @classmethod
    def at(cls, stack: Stack, platform: Platform, browser: Watched, **context: Any) -> "Embedding":
        """Log a new merchant in at the platform."""
        browser.allow(platform.origin)
        platform.begin(stack, f"embedded-{next(_merchants)}")
        opened = browser.new_context(**context)
        return cls(stack, platform, opened, opened.new_page(), browser.witness(opened))

    def open(self, content: str | None = None, *, origin: str | None = None) -> Locator:
        """Open the page, perhaps with other *content*; gives the component."""
        if content is not None:
            self.platform.content = content
        self.page.goto(f"{origin or self.platform.origin}/page")
        return self.picker

    def opened(self, content: str | None = None) -> Locator:
        """The same, and the picker is there."""
        self.open(content)
        expect(self.tile("Xero")).to_be_visible()
        return self.picker

    @property
    def picker(self) -> Locator:
        """The component."""
        return self.page.locator("tillbridge-picker")

    @property
    def problem(self) -> Locator:
        """What it says of a problem."""
        return self.picker.get_by_role("alert")

    def tile(self, name: str) -> Locator:
        """The button of one integration."""
        return self.picker.get_by_role("button", name=name)

    def choose(self, name: str) -> None:
        """Press a tile, and arrive at the sync flow."""
        self.tile(name).click()
        self.arrives()

    def arrives(self) -> None:
        """The sync flow is there."""
        self.page.wait_for_url(f"{self.stack.plan.sync_flow}/**")

    def press(self, key: str) -> None:
        """Press a tile without waiting for what comes of it."""
        self.page.evaluate(
            """(key) => document.querySelector("tillbridge-picker").shadowRoot
              .querySelector(`[data-key="${key}"]`).click()""",
            key,
        )

    def told(self, name: str) -> list[Any]:
        """What events of this *name* told."""
        told: list[list[Any]] = self.page.evaluate("window.told")
        return [detail for each, detail in told if each == name]

    def told_once(self, name: str) -> Any:
        """What the one event of this *name* told."""
        (told,) = self.told(name)
        return told

    @property
    def minted(self) -> int:
        """How many sync flow URLs were minted for the merchant."""
        return len(self.stack.minted(self.platform.merchant))

    def answers_instead(self, body: str, status: int = 200, **headers: str) -> None:
        """Have somebody answer in place of Tillbridge."""
        permitted = {
            "Access-Control-Allow-Origin": self.platform.origin,
            "Access-Control-Expose-Headers": "Retry-After",
        }
        self.page.route(
            "**/connect/component*",
            lambda route: route.fulfill(
                status=status, headers={**permitted, **headers}, body=body
            ),
        )

    def refuses(self, status: int, *, retry_after: int, **told: object) -> None:
        """Have Tillbridge refuse to say what there is to choose."""
        body = json.dumps({"status": status, **told})
        self.answers_instead(body, status, **{"Retry-After": str(retry_after)})

    def answers_again(self) -> None:
        """Let Tillbridge itself answer."""
        self.page.unroute("**/connect/component*")

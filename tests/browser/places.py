"""Where things are on the hosted pages: every selector that tests use stands here."""

from playwright.sync_api import Locator, Page


START = "form[data-start] button"
"""Whatever sends the merchant to Codat."""


def starts(page: Page) -> Locator:
    """Every button that leads to Codat."""
    return page.locator(START)


def tile(page: Page, name: str) -> Locator:
    """The button that leads to one integration, whatever it says beside the *name*."""
    return page.get_by_role("button", name=name)


def addresses(page: Page) -> list[str]:
    """Every address that the page shows: links, and where its forms go."""
    found: list[str] = page.evaluate(
        """() => [
          ...[...document.querySelectorAll("a[href]")].map((link) => link.href),
          ...[...document.forms].map((form) => form.action),
        ]"""
    )
    return list(dict.fromkeys(found))


REFERENCE = ".reference .code"
"""The code by which support finds what happened; another each time."""

FOR_FINGERS = "a[href], button, input:not([type=hidden]), summary"
"""Whatever can be pressed."""

LOGOS = "/logos/"
"""How the paths of integrations' pictures begin."""

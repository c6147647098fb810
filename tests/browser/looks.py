"""What can be measured of how a page looks and whom it leaves out."""

import json
from typing import Any, Final

from axe_playwright_python.base import (  # type: ignore[import-untyped]  # it has no types
    AXE_SCRIPT as AXE_SCRIPT,  # noqa: PLC0414  # handed on
)
from playwright.sync_api import Page

from tests.browser.places import FOR_FINGERS, REFERENCE


PHONE: Final = 375
NARROWEST: Final = 320
"""CSS pixels (WCAG 2.2, 1.4.10)."""

DESKTOP: Final = 1100
AT_200_PERCENT: Final = 640
"""What is left of 1280 pixels at 200 % zoom."""

SMALLEST_TARGET: Final = 44
"""CSS pixels of what a finger has to hit (WCAG 2.2, 2.5.5)."""

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE: Final = f"""async () => {{
  const results = await axe.run({{
    runOnly: {{ type: "tag", values: {json.dumps(TAGS)} }}, resultTypes: ["violations"],
  }});
  return results.violations.flatMap((violation) => violation.nodes.map(
    (node) => `${{violation.id}}: ${{node.html}}: ${{node.failureSummary}}`,
  ));
}}"""
HEIGHT: Final = 740


def show(page: Page, width: int, scheme: str = "light") -> None:
    """Look at *page* in a window so wide, in this colour scheme."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


def settle(page: Page) -> None:
    """Have nothing change by itself any more, and what is drawn by lot be the same each time."""
    # Logos come when they are near, which no page waits for; and then they are drawn.
    page.evaluate(
        """Promise.all([...document.images].map((image) => {
          image.loading = "eager";
          const decoded = image.decode().catch(() => 0);
          return Promise.race([decoded, new Promise((late) => setTimeout(late, 2000))]);
        }))"""
    )
    page.evaluate(
        """([reference]) => {
          window.stop();
          const last = setTimeout(() => {});
          for (let timer = 0; timer <= last; timer += 1) clearTimeout(timer);
          for (const code of document.querySelectorAll(reference)) code.textContent = "7K2M-Q9XD";
          for (const left of document.querySelectorAll("[data-countdown]:not([hidden]) bdi"))
            left.textContent = "0:42";
        }""",
        [REFERENCE],
    )


def axe(page: Page) -> list[str]:
    """What axe finds, one line a place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE)
    return found


def overflow(page: Page) -> list[str]:
    """What sticks out sideways, so that one would have to scroll for it."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.scrollingElement.scrollWidth <= width) return [];
          return [...document.body.querySelectorAll("*")]
            .filter((element) => {
              const box = element.getBoundingClientRect();
              return box.right > width + 1 || box.left < -1;
            })
            .map((element) => element.outerHTML.slice(0, 120));
        }"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """What a finger has to hit and may miss."""
    found: list[str] = page.evaluate(
        """([selector, least]) => [...document.querySelectorAll(selector)]
          .filter((element) => element.checkVisibility())
          .filter((element) => {
            const box = element.getBoundingClientRect();
            return Math.round(box.height) < least || Math.round(box.width) < least;
          })
          .map((element) => element.outerHTML.slice(0, 120))""",
        [FOR_FINGERS, SMALLEST_TARGET],
    )
    return found


def motion(page: Page) -> list[str]:
    """What moves, or would once something changes."""
    found: list[str] = page.evaluate(
        """() => [
          ...document.getAnimations().map((animation) => String(animation.animationName)),
          ...[...document.querySelectorAll("*")]
            .filter((element) => getComputedStyle(element).transitionDuration !== "0s")
            .map((element) => element.outerHTML.slice(0, 120)),
        ]"""
    )
    return found


def written(page: Page) -> dict[str, Any]:
    """In which language the page is, and in which direction it is read."""
    about: dict[str, Any] = page.evaluate(
        """() => ({
          lang: document.documentElement.lang,
          dir: getComputedStyle(document.body).direction,
          title: document.title,
          headings: [...document.querySelectorAll("h1")].filter((h) => h.checkVisibility()).length,
        })"""
    )
    return about

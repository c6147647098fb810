"""How soon does a merchant see the picker in a browser, and how much has to be sent for that?"""

import math
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
from playwright.sync_api import Browser, sync_playwright

from benchmarks.installation import Installation, upstream
from benchmarks.plan import Plan
from benchmarks.processes import OTHER_CORES, on
from benchmarks.sampling import Findings, Sample, Target, budget, in_turns


BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
SLOW_DOWN: Final = 4
FIRST_PAINT_MS: Final = 200
PAGE_KB: Final = 60
SCRIPT_KB: Final = 10
FULL, SLOW = "first paint, full speed", f"first paint, CPU {SLOW_DOWN} times slower"
PAINTED: Final = """() => new Promise((resolve) => new PerformanceObserver((list) => {
  const [first] = list.getEntriesByName("first-contentful-paint");
  if (first) resolve(first.startTime);
}).observe({ type: "paint", buffered: true }))"""


class Telling(Protocol):
    """What a browser tells by the DevTools protocol."""

    def on(self, event: Any, handler: Any, /) -> object:
        """Call *handler* with each *event*."""
        ...


@attrs.define(slots=False)  # Playwright leaves marks on what listens
class Weights:
    """Bytes over the wire, headers included, of everything on the page but logos."""

    page: int = 0
    script: int = 0
    _of: dict[str, tuple[str, str]] = attrs.field(factory=dict)

    def watch(self, session: Telling) -> None:
        """Weigh from now on."""
        session.on("Network.responseReceived", self._note)
        session.on("Network.loadingFinished", self._weigh)

    def _note(self, event: dict[str, Any]) -> None:
        self._of[event["requestId"]] = (event["type"], event["response"]["url"])

    def _weigh(self, event: dict[str, Any]) -> None:
        kind, url = self._of.get(event["requestId"], ("", ""))
        if "/logos/" not in url:
            self.page += event["encodedDataLength"]
            self.script += event["encodedDataLength"] if kind == "Script" else 0


@attrs.define
class Views:
    """First views of the picker, each by a browser that has never been there."""

    browser: Browser
    installation: Installation
    weights: list[Weights] = attrs.field(factory=list)

    def take(self, slow_down: int) -> Sample:
        """Open the picker once, with a CPU that is so many times slower; the time to the paint."""
        name, _, value = self.installation.log_in().partition(": ")[2].partition("=")
        cookie = {"name": name, "value": value, "url": self.installation.url}
        with self.browser.new_context(viewport={"width": 375, "height": 740}) as context:
            context.add_cookies([cookie])  # type: ignore[list-item]  # it has the keys that count
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Emulation.setCPUThrottlingRate", {"rate": slow_down})
            weights = Weights()
            weights.watch(session)
            page.goto(f"{self.installation.url}/connect", wait_until="load")
            painted = page.evaluate(PAINTED)
            self.weights.append(weights)
        return Sample.timing(painted / 1000)


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Open the picker in headless Chromium as on a first visit: nothing cached, no connection open.

    The browser has the cores that the service has not, and paints without a graphics card.
    """
    with (
        upstream(directory, "--delay-ms", str(plan.delay_ms)) as (codat_port, _),
        _chromium() as browser,
    ):
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(sessions=100)
        with installation.serving():
            views = Views(browser, installation)
            views.take(1)
            views.weights.clear()
            group = in_turns(
                "first view of the hosted picker, phone",
                [
                    Target(FULL, lambda: views.take(1)),
                    Target(SLOW, lambda: views.take(SLOW_DOWN)),
                ],
                plan.repetitions,
                [(SLOW, FULL)],
            )
    page, script = (
        math.ceil(statistics.median(weights) / 100) / 10
        for weights in (
            [w.page for w in views.weights],
            [w.script for w in views.weights],
        )
    )
    slow = group.figure(SLOW, "p50_ms")
    return Findings(
        [group],
        [
            *budget(SLOW, slow, FIRST_PAINT_MS, at_most=True, unit="ms"),
            *budget("first view without logos", page, PAGE_KB, at_most=True, unit="kB"),
            *budget("scripts of that", script, SCRIPT_KB, at_most=True, unit="kB"),
        ],
    )


@contextmanager
def _chromium() -> Iterator[Browser]:
    """
    Headless Chromium, on the cores that the service leaves.

    Raises:
        RuntimeError: there is none.
    """
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise RuntimeError("The first view needs Chromium, which is missing.")
    with on(OTHER_CORES), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()

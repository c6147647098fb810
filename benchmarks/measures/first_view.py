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

from benchmarks.installation import Installation, bare, upstream
from benchmarks.plan import Plan
from benchmarks.processes import CORES, HOST, on
from benchmarks.sampling import Findings, Sample, Target, budget, in_turns


BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
SLOW_DOWN: Final = 4
FIRST_PAINT_MS: Final = 200
PAGE_KB: Final = 60
SCRIPT_KB: Final = 10
ONE_LINE: Final = "<!doctype html><title>One line</title><p>One line"
"""The least that a browser can paint; what it takes for that is its own."""

BARE: Final = f"a page of one line, CPU {SLOW_DOWN} times slower"
FULL, SLOW = "first paint, full speed", f"first paint, CPU {SLOW_DOWN} times slower"
SETTLED_MS: Final = 200
"""How long nothing happens before the way to the picker: as if somebody read the page before."""
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
    elsewhere: int
    """The port of the page of one line."""
    weights: list[Weights] = attrs.field(factory=list)

    def picker(self, slow_down: int) -> Sample:
        """Open the picker once, with a CPU that is so many times slower; the time to the paint."""
        name, _, value = self.installation.log_in().partition(": ")[2].partition("=")
        cookie = {"name": name, "value": value, "url": self.installation.url}
        weights = Weights()
        self.weights.append(weights)
        return self._take(f"{self.installation.url}/connect", slow_down, weights, cookie)

    def one_line(self) -> Sample:
        """Open the page of one line in the same way."""
        return self._take(f"http://{HOST}:{self.elsewhere}/", SLOW_DOWN, Weights())

    def _take(
        self, url: str, slow_down: int, weights: Weights, *cookies: dict[str, str]
    ) -> Sample:
        with self.browser.new_context(viewport={"width": 375, "height": 740}) as context:
            context.add_cookies(list(cookies))  # type: ignore[arg-type]  # they have the keys that count
            page = context.new_page()
            # As merchants come: from a page of the platform, which is another site than ours.
            page.goto(f"http://localhost:{self.elsewhere}/", wait_until="load")
            page.wait_for_timeout(SETTLED_MS)
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Emulation.setCPUThrottlingRate", {"rate": slow_down})
            weights.watch(session)
            page.goto(url, wait_until="load")
            painted = page.evaluate(PAINTED)
            page.wait_for_load_state("networkidle")
        return Sample.timing(painted / 1000)


def measure(plan: Plan, directory: Path) -> Findings:
    """
    Open the picker in headless Chromium as on a first visit: nothing cached, no connection open.

    The browser runs already, and shows a page of another site, as it does when a merchant comes
    from the platform. It has all cores, and paints without a graphics card: its throttle slows
    the page's main thread by keeping a core busy, so on a single core everything else of the
    browser would wait for the throttle. The same is measured of a page of one line, in turns.
    """
    with (
        upstream(directory, "--delay-ms", str(plan.delay_ms)) as (codat_port, _),
        _chromium() as browser,
    ):
        installation = Installation(directory=directory / "service", codat_port=codat_port)
        installation.prepare(sessions=100)
        line = bare(installation, ONE_LINE.encode(), "one-line")
        with installation.serving(), line as (elsewhere, _):
            views = Views(browser, installation, elsewhere)
            views.picker(1)
            views.weights.clear()
            group = in_turns(
                "first view of the hosted picker, phone",
                [
                    Target(BARE, views.one_line),
                    Target(FULL, lambda: views.picker(1)),
                    Target(SLOW, lambda: views.picker(SLOW_DOWN)),
                ],
                plan.repetitions,
                [(SLOW, BARE)],
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
    Headless Chromium, on all cores.

    Raises:
        RuntimeError: there is none.
    """
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise RuntimeError("The first view needs Chromium, which is missing.")
    with on(frozenset(CORES)), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()

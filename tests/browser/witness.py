"""What a browser did, asked for and complained about, and what of it should not have been."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, Response

from tests.stack import Stack


MARK: Final = "securitypolicyviolation:"
LISTENER: Final = f"""
addEventListener("securitypolicyviolation", (event) => console.debug(
  "{MARK}", event.effectiveDirective, event.blockedURI, event.sourceFile, event.disposition,
), true);
"""


def origin_of(url: str) -> str:
    """Scheme, host and port of *url*."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def origins_of(stack: Stack) -> tuple[str, ...]:
    """Where a merchant's browser has any business."""
    plan = stack.plan
    return (plan.tillbridge, plan.sync_flow, plan.shop)


@attrs.define(slots=False)  # Playwright leaves marks on what listens
class Witness:
    """Everything that happened in one browser *context*."""

    context: BrowserContext
    requests: list[Request] = attrs.field(factory=list)
    responses: list[Response] = attrs.field(factory=list)
    console: list[str] = attrs.field(factory=list)
    errors: list[str] = attrs.field(factory=list)
    reports: list[str] = attrs.field(factory=list)
    cookies: list[Any] = attrs.field(factory=list)

    @classmethod
    def of(cls, context: BrowserContext) -> "Witness":
        """Begin to watch."""
        witness = cls(context)
        context.add_init_script(LISTENER)
        context.on("request", witness.note_request)
        context.on("response", witness.note_response)
        context.on("console", witness.note_message)
        context.on("weberror", lambda error: witness.errors.append(str(error.error)))
        return witness

    def note_request(self, request: Request) -> None:
        """Remember what was asked for."""
        self.requests.append(request)

    def note_response(self, response: Response) -> None:
        """Remember what was answered."""
        self.responses.append(response)

    def note_message(self, message: ConsoleMessage) -> None:
        """Remember what the browser said; a violated policy it says in two ways."""
        text = message.text
        if text.startswith(MARK) or "security policy" in text.lower().replace("-", " "):
            self.reports.append(text)
        else:
            self.console.append(text)

    @property
    def status(self) -> int:
        """The status of the last page."""
        return [r.status for r in self.responses if r.request.is_navigation_request()][-1]

    def close(self) -> None:
        """Look once more, and close the context."""
        self.cookies = [dict(cookie) for cookie in self.context.cookies()]
        self.context.close()


@attrs.define(slots=False)
class Watched:
    """
    A browser whose contexts are all watched.

    *allowed* are the origins that it may ask.
    """

    browser: Browser
    allowed: set[str] = attrs.field(factory=set)
    witnesses: list[Witness] = attrs.field(factory=list)
    expects_reports: bool = False

    def allow(self, *origins: str) -> None:
        """From now on, these origins may be asked, too."""
        self.allowed |= set(map(origin_of, origins))

    def new_context(self, **options: Any) -> BrowserContext:
        """Open a context, and watch it."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.witnesses.append(Witness.of(context))
        return context

    def witness(self, context: BrowserContext) -> Witness:
        """Whoever watches *context*."""
        return next(each for each in self.witnesses if each.context is context)

    def close(self) -> None:
        """Close every context."""
        for witness in self.witnesses:
            witness.close()

    def complaints(self) -> list[str]:
        """Whatever should not have happened."""
        found: list[str] = []
        for witness in self.witnesses:
            found += [f"asked {url}" for url in self._strangers(witness.requests)]
            found += [f"error {error}" for error in witness.errors]
            if not self.expects_reports:
                found += [f"policy {report}" for report in witness.reports]
            found += [
                f"cookie {cookie['name']} can be read by scripts"
                for cookie in witness.cookies
                if not cookie["httpOnly"]
            ]
        return found

    def _strangers(self, requests: Iterable[Request]) -> list[str]:
        return [
            request.url
            for request in requests
            if request.url.startswith(("http:", "https:", "ws:", "wss:"))
            and origin_of(request.url) not in self.allowed
        ]

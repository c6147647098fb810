"""A platform in the process of the tests, whose page is up to each test."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

from tests.stack import Stack


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Settings</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/told.js"></script>
<script type="module" src="{script}"></script>
<script type="module" src="/page.js"></script>
<main><h1>Settings</h1>{content}</main>
"""
COMPONENT = '<tillbridge-picker connect="/token"></tillbridge-picker>'
TOLD = """
window.told = [];
for (const name of ["ready", "choose", "leave", "problem"]) {
  addEventListener(`tillbridge-${name}`, (event) => window.told.push([name, event.detail]));
}
"""
"""Comes before the component's script: what it tells at once is not missed either."""


@attrs.define
class Platform:
    """
    What the platform answers: its page, of *content*, *script* and *style*, and connect tokens.

    *tokens* are those that it gives away first, "none" being a refusal; after that it mints for
    *merchant*, with what else is *wanted*. *asked* counts. *forms* is the page's `form-action`.
    """

    port: int
    stack: Stack | None = None
    merchant: str = "nobody"
    content: str = COMPONENT
    script: str = ""
    style: str = ""
    forms: str = ""
    tokens: list[str] = attrs.field(factory=list)
    wanted: dict[str, object] = attrs.field(factory=dict)
    asked: int = 0

    @property
    def origin(self) -> str:
        return f"http://shop.localhost:{self.port}"

    def begin(self, stack: Stack, merchant: str) -> None:
        """Forget what the test before wanted."""
        plan = stack.plan
        self.stack, self.merchant = stack, merchant
        self.content, self.script, self.style = COMPONENT, "", ""
        self.forms = f"'self' {plan.tillbridge} {plan.sync_flow}"
        self.tokens, self.wanted, self.asked = [], {}, 0

    def answer(self, path: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body for *path*."""
        assert self.stack is not None
        if path == "/page":
            return self._page(self.stack.plan.tillbridge)
        if path == "/told.js":
            return 200, {"Content-Type": "text/javascript"}, TOLD
        if path == "/page.js":
            return 200, {"Content-Type": "text/javascript"}, self.script
        if path == "/page.css":
            return 200, {"Content-Type": "text/css"}, self.style
        if path == "/token":
            return self._token(self.stack)
        return 404, {}, ""

    def _page(self, tillbridge: str) -> tuple[int, dict[str, str], str]:
        policy = (
            f"default-src 'none'; script-src 'self' {tillbridge}; style-src 'self'; "
            f"img-src {tillbridge}; connect-src 'self' {tillbridge}; frame-src {tillbridge}; "
            f"form-action {self.forms}; base-uri 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        headers = {
            "Content-Type": "text/html",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "strict-origin-when-cross-origin",
        }
        script = f"{tillbridge}/static/tillbridge-picker.js"
        return 200, headers, PAGE.format(script=script, content=self.content)

    def _token(self, stack: Stack) -> tuple[int, dict[str, str], str]:
        self.asked += 1
        token = self.tokens.pop(0) if self.tokens else stack.token(self.merchant, **self.wanted)
        if token == "none":  # noqa: S105 - it stands for none
            return 401, {}, "Log in first."
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": token})


@contextmanager
def running_platform() -> Generator[Platform, None, None]:
    """Serve a platform on some port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = platform.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Tokens come by here."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform = Platform(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield platform
    server.shutdown()
    server.server_close()
    thread.join()

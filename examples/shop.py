"""
The platform of the examples: what a page needs from its own server, in Python's library alone.

That is `POST /tillbridge-token`, which mints a connect token for the merchant who is logged in,
and a content security policy that lets Tillbridge in. Everything else serves files.
"""

import argparse
import html
import json
import os
import urllib.error
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit


HERE = Path(__file__).parent
TILLBRIDGE = os.environ.get("EXAMPLES_TILLBRIDGE_URL", "http://127.0.0.1:8000")
SYNC_FLOW = os.environ.get("EXAMPLES_SYNC_FLOW_URL", "http://127.0.0.1:8002")
OPERATOR_KEY = os.environ.get("EXAMPLES_OPERATOR_KEY", "")
MERCHANT = {"merchantIdentifier": "corner-bakery", "merchantName": "Corner Bakery"}
"""Who is logged in. A real platform knows that by its own session."""

TOKENS = "/tillbridge-token"
GO = "/hosted-page/go"
"""What may be posted to: from the component and the frame, and by a form without a script."""

MEDIA_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
PAGES = {
    f"/{file.relative_to(HERE).as_posix().removeprefix('built/').removesuffix('index.html')}": file
    for folder in ("", "hosted-page", "iframe", "plain-html", "react", "vue", "built")
    for file in sorted(
        (HERE / folder).rglob("*") if folder == "built" else (HERE / folder).iterdir()
    )
    if file.suffix in MEDIA_TYPES
}
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' {TILLBRIDGE}",
        "style-src 'self'",
        f"img-src {TILLBRIDGE}",
        f"connect-src 'self' {TILLBRIDGE}",
        f"frame-src {TILLBRIDGE}",
        # In production with https: at the end: from Codat merchants go on to their software.
        f"form-action 'self' {TILLBRIDGE} {SYNC_FLOW}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        # Vue renders by a policy of its own, whatever is rendered.
        "trusted-types vue",
    ]
)


class Shop(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    headers_of_all: ClassVar = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        # With no-referrer or same-origin, Tillbridge would not see which page posts to it.
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }

    def do_GET(self) -> None:
        """Give a page, or what came of a connection."""
        path = urlsplit(self.path).path
        if path == "/done":
            self.show_outcome()
        elif path in PAGES:
            self.show_file(PAGES[path])
        else:
            self.answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.")

    def do_POST(self) -> None:
        """Mint a connect token for the merchant who is logged in."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        if path not in {TOKENS, GO}:
            self.answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.")
            return
        # Only a page of ours may ask: browsers say so, and pages cannot forge it.
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self.answer(HTTPStatus.FORBIDDEN, "text/plain", "Not from another site.")
            return
        wanted = {**MERCHANT, "returnTo": "shop"}
        try:
            issued = ask_tillbridge("/v1/connect-tokens", wanted)
        except urllib.error.URLError:
            self.answer(HTTPStatus.BAD_GATEWAY, "text/plain", "Tillbridge cannot be reached.")
            return
        if path == TOKENS:
            given = json.dumps({"token": issued["token"], "url": issued["url"]})
            self.answer(HTTPStatus.OK, "application/json", given)
        else:
            self.answer(HTTPStatus.SEE_OTHER, "text/plain", "", Location=issued["url"])

    def show_file(self, file: Path) -> None:
        """Give *file*; pages say where Tillbridge is."""
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            text = Template(text).substitute(tillbridge=TILLBRIDGE)
        self.answer(HTTPStatus.OK, MEDIA_TYPES[file.suffix], text)

    def show_outcome(self) -> None:
        """Welcome the merchant back; a URL proves nothing, so Tillbridge is asked."""
        session = parse_qs(urlsplit(self.path).query).get("session", [""])[0]
        if not (session.isascii() and session.replace("_", "").isalnum()):
            self.answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.")
            return
        try:
            told = ask_tillbridge(f"/v1/sync-sessions/{session}")
        except urllib.error.URLError as error:
            if getattr(error, "code", None) == HTTPStatus.NOT_FOUND:
                self.answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.")
            else:
                self.answer(HTTPStatus.BAD_GATEWAY, "text/plain", "Tillbridge cannot tell.")
            return
        # Your server's key reads the sessions of all merchants; show each only its own.
        if told["merchantIdentifier"] != MERCHANT["merchantIdentifier"]:
            self.answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.")
            return
        page = (HERE / "done.html").read_text(encoding="utf-8")
        said = Template(page).substitute(
            key=html.escape(told["platformKey"]), status=html.escape(told["status"])
        )
        self.answer(HTTPStatus.OK, "text/html", said)

    def answer(self, status: HTTPStatus, media_type: str, text: str, **headers: str) -> None:
        """Send *text*."""
        body = text.encode()
        self.send_response(status)
        for name, value in {**self.headers_of_all, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: tokens come by here."""


def ask_tillbridge(path: str, content: object = None) -> Any:
    """What Tillbridge answers to the platform's backend."""
    request = urllib.request.Request(  # noqa: S310 - the address is configured
        f"{TILLBRIDGE}{path}",
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Authorization": f"Bearer {OPERATOR_KEY}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return json.load(answer)


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(description="The platform of the examples.")
    parser.add_argument("--port", type=int, default=8003)
    port = parser.parse_args().port
    ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()


if __name__ == "__main__":
    main()

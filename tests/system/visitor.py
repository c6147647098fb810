"""A browser without scripts: it follows links and sends forms, as the pages have them."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import attrs
import httpx


@attrs.define
class Form:
    """A form as a page has it: *fields* with their preset values, *buttons* by their text."""

    action: str
    fields: dict[str, str] = attrs.field(factory=dict)
    buttons: dict[str, tuple[str, str]] = attrs.field(factory=dict)


class Reader(HTMLParser):
    """Finds the forms and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self._select = ""
        self._said: list[str] = []
        self._open: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and given.get("name") and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select:
            fields = self.forms[-1].fields
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")
        elif tag in {"button", "a", "h1"}:
            self._said = []
            self._open.append(given)

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag not in {"button", "a", "h1"}:
            return
        given, said = self._open.pop(), " ".join("".join(self._said).split())
        if tag == "a":
            self.links[said] = given.get("href", "")
        elif tag == "h1":
            self.headings.append(said)
        elif self.forms:
            named = (given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons[said] = named


@attrs.define
class Visitor:
    """Somebody with a browser; *page* is what it shows, *trail* every address it was sent to."""

    http: httpx.Client
    page: httpx.Response = attrs.field(init=False)
    trail: list[str] = attrs.field(factory=list)

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return Reader(self.page.text).headings[0]

    @property
    def address(self) -> str:
        """Where the browser is, without what comes after the path."""
        return str(self.page.url).partition("?")[0]

    def open(self, url: str) -> None:
        """Go to an address."""
        self._go(self.http.build_request("GET", url))

    def follow(self, text: str) -> None:
        """Click a link."""
        self.open(urljoin(str(self.page.url), Reader(self.page.text).links[text]))

    def press(self, text: str) -> None:
        """Press the button with this text, in the first form that has one."""
        for form in Reader(self.page.text).forms:
            if text in form.buttons:
                name, value = form.buttons[text]
                fields = {**form.fields, **({name: value} if name else {})}
                here = urlsplit(str(self.page.url))
                origin = f"{here.scheme}://{here.netloc}"
                target = urljoin(str(self.page.url), form.action)
                self._go(
                    self.http.build_request(
                        "POST", target, data=fields, headers={"Origin": origin}
                    )
                )
                return
        raise AssertionError(f"no button {text!r} on {self.page.url}: {self.page.text}")

    @property
    def buttons(self) -> list[str]:
        """The texts of all buttons on the page."""
        return [text for form in Reader(self.page.text).forms for text in form.buttons]

    def _go(self, request: httpx.Request) -> None:
        self.page = self.http.send(request)
        while self.page.has_redirect_location:
            location = urljoin(str(self.page.url), self.page.headers["location"])
            self.trail.append(location)
            self.page = self.http.get(location)
        self.page.raise_for_status()

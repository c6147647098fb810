"""A page as a browser without scripts understands it."""

from html.parser import HTMLParser

import attrs
import httpx


VOID = frozenset({"meta", "link", "img", "input", "source"})


@attrs.define
class Form:
    """One form: where it leads, its fields, and the words on its button."""

    method: str
    action: str
    fields: dict[str, str] = attrs.field(factory=dict)
    words: str = ""


@attrs.define
class Element:
    """One element with its attributes."""

    tag: str
    attributes: dict[str, str]


class Page(HTMLParser):
    """Elements in their order, forms, links by their words, and all text that can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.buttons: list[str] = []
        self.headings: list[str] = []
        self.styles: list[str] = []
        self._open: list[Element] = []
        self._texts: list[str] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()
        assert [] == self._open

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts).split())

    @property
    def title(self) -> str:
        """The words of the first `h1`: a page may hide another one."""
        return self.headings[0]

    @property
    def images(self) -> list[str]:
        return [e.attributes["src"] for e in self.elements if e.tag == "img"]

    def form(self, words: str) -> Form:
        """The form with a button of these *words*."""
        (found,) = (form for form in self.forms if form.words.startswith(words))
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        given = element.attributes
        if tag == "form":
            self.forms.append(Form(given.get("method", "get"), given["action"]))
        if tag == "input":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag in {"a", "button", "h1"}:
            self._words = []
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        element = self._open.pop()
        assert tag == element.tag
        words = " ".join("".join(self._words).split())
        if tag == "a":
            self.links[words] = element.attributes["href"]
        if tag == "h1":
            self.headings.append(words)
        if tag == "button" and element.attributes.get("type") == "submit":
            self.buttons.append(words)
            self.forms[-1].words = words

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag == "style":
            self.styles.append(data)
            return
        self._texts.append(data)
        self._words.append(data)


def read(response: httpx.Response) -> Page:
    """The page that was answered; it must be HTML."""
    assert "text/html; charset=utf-8" == response.headers["content-type"]
    return Page(response.text)

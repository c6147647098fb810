"""
Names, alternative texts and logo addresses of others are text on our pages, and nothing else.

Each text of `hostile.txt` calls `tripped()` or asks `evil.example` for something if it is taken
for anything but text. All of them go in by the real ways: Codat's answers, connect tokens, the
search box and addresses.
"""

import itertools
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import attrs
import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import starts
from tests.browser.relay import Answer, Ask, listening, passing_on
from tests.browser.states import Visit
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.servers.ports import free_ports
from tests.stack import Stack, running_stack


CORPUS = tuple(Path(__file__).with_name("hostile.txt").read_text(encoding="utf-8").splitlines())
TRAP = "window.caught = []; window.tripped = () => window.caught.push(document.title);"
LONGEST_NAME, LONGEST_SEARCH = 200, 100


@attrs.define
class Upstream:
    """What Codat says that it does not say; *organisation* is the merchant's company there."""

    organisation: str = "Corner Bakery Ltd"

    def change(self, ask: Ask, answer: Answer) -> Answer:
        """Put hostile texts wherever Codat has texts."""
        if answer.status != 200 or "/_simulator" in ask.path:
            return answer
        try:
            content = json.loads(answer.body)
        except ValueError:
            return answer
        texts = itertools.cycle(CORPUS)
        if "/branding" in ask.path:
            _poison(content, texts)
        elif ask.path.startswith("/config/integrations?"):
            for integration in content["results"]:
                integration["name"] = next(texts)
        elif "accountingSoftwareCompanyName" in answer.body.decode():
            content["accountingSoftwareCompanyName"] = self.organisation
        return attrs.evolve(answer, body=json.dumps(content).encode())


def _poison(content: object, texts: Iterator[str]) -> None:
    """Replace every alternative text and address in what branding says."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in {"src", "alt"}:
                content[key] = next(texts)
            else:
                _poison(value, texts)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Upstream]]:
    """Tillbridge with a Codat whose texts are all hostile."""
    port, upstream = free_ports(4), Upstream()
    with (
        listening(passing_on(f"http://127.0.0.1:{port + 1}", upstream.change)) as codat,
        running_stack(
            tmp_path_factory.mktemp("hostile"),
            sites_apart=True,
            first_port=port,
            codat_url=f"http://127.0.0.1:{codat}",
        ) as stack,
    ):
        yield stack, upstream


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes: all of it but its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def unharmed(page: Page) -> None:
    """Nothing ran, and the forms still lead where they should."""
    assert [] == page.evaluate("window.caught")
    actions = page.evaluate("[...document.forms].map((form) => new URL(form.action).origin)")
    assert set(actions) <= {page.evaluate("location.origin")}
    assert [] == page.locator("script:not([src])").all()


def trapped(stack: Stack, browser: Watched) -> Merchant:
    """A merchant whose browser tells when it is tripped up."""
    browser.allow(stack.plan.tillbridge, stack.plan.sync_flow)
    merchant = Merchant.at(stack, browser, reduced_motion="reduce")
    merchant.context.add_init_script(TRAP)
    return merchant


def batches(longest: int) -> list[str]:
    """The corpus in lines of several texts, each at most so long."""
    lines = [""]
    for text in CORPUS:
        if len(lines[-1]) + len(text) + 1 > longest:
            lines.append("")
        lines[-1] = f"{lines[-1]} {text}".strip()
    return lines


def test_the_corpus_is_large_and_of_texts_that_can_be_tried() -> None:
    assert len(CORPUS) >= 100
    assert len(CORPUS) == len(set(CORPUS))
    assert [] == [text for text in CORPUS if not text.isprintable() or len(text) > LONGEST_SEARCH]


def test_names_and_logos_that_codat_gives_do_nothing_on_the_picker(
    hostile: tuple[Stack, Upstream], browser: Watched
) -> None:
    stack, _ = hostile
    merchant = trapped(stack, browser)
    merchant.enter("upstream")
    merchant.open()

    unharmed(merchant.page)
    shown = merchant.page.locator("main").inner_text()
    assert [] == [text for text in CORPUS if len(text) > 12 and text in shown]
    # The names are ours, and where a logo would be is the first letter.
    expect(merchant.tile("Xero")).to_be_visible()
    assert 0 == merchant.page.locator("main img").count()
    merchant.choose("Xero")


@pytest.mark.parametrize("organisation", batches(LONGEST_SEARCH)[::6])
def test_the_name_of_an_organisation_is_text(
    hostile: tuple[Stack, Upstream], browser: Watched, organisation: str
) -> None:
    stack, upstream = hostile
    upstream.organisation = organisation
    merchant = trapped(stack, browser)
    on = Visit(merchant, f"organisation-{abs(hash(organisation))}", {})
    on.enter()
    on.open(f"/connect/return/{on.finished()}")

    unharmed(merchant.page)
    expect(merchant.page.locator("main strong bdi").last).to_have_text(
        " ".join(organisation.split())
    )


def test_texts_add_no_tag_and_no_attribute_to_the_page(stack: Stack) -> None:
    """By the bytes: whatever the texts, the page is made of the same."""
    expected = None
    with stack.anonymous() as client:
        for number, name in enumerate(["Corner Bakery", *batches(LONGEST_NAME)]):
            client.cookies.clear()
            token = stack.token(f"bytes-{number}", merchantName=name)
            client.post("/connect/session", data={"token": token})
            for sought in (name[:95], name[-95:]):
                plain = client.get("/connect", params={"q": f"{sought}zzz"}).text
                skeleton = Skeleton(plain).tags
                expected = expected or skeleton
                assert expected == skeleton, name


def test_texts_in_the_merchants_name_the_search_box_and_addresses_do_nothing_in_a_browser(
    stack: Stack, browser: Watched
) -> None:
    merchant = trapped(stack, browser)
    page = merchant.page
    searches = itertools.cycle(batches(LONGEST_SEARCH))
    for number, name in enumerate(batches(LONGEST_NAME)):
        merchant.context.clear_cookies()
        merchant.enter(f"browser-{number}", merchantName=name)
        merchant.open()
        unharmed(page)
        expect(page.locator(".who bdi")).to_have_text(" ".join(name.split()))
        for _ in range(2):
            sought = next(searches)
            page.get_by_role("searchbox").fill(sought)
            expect(page.locator("[data-sought]")).to_have_text(" ".join(sought.split()))
        page.get_by_role("searchbox").press("Enter")
        unharmed(page)
        expect(starts(page)).not_to_have_count(0)


def test_texts_in_addresses_do_nothing(stack: Stack, browser: Watched) -> None:
    merchant = trapped(stack, browser)
    merchant.enter("addresses")
    for sought in batches(LONGEST_SEARCH)[::8]:
        for make in (
            "/connect?q={}",
            "/connect?lang={}",
            "/connect/sessions/{}",
            "/connect/return/{}",
        ):
            address = merchant.page.evaluate("encodeURIComponent", sought)
            merchant.open(make.format(address))
            unharmed(merchant.page)

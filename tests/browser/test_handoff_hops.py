"""The hand-off as in production: TLS, five sites, and Codat that sends the browser on at once."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import attrs
import pytest
from playwright.sync_api import expect

from tests.browser.places import starts
from tests.browser.relay import Answer, Ask, listening, page, passing_on, see_other, self_signed
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.servers.ports import free_ports
from tests.stack import Stack, running_stack


@attrs.define
class Sites:
    """Where everybody is; `at["onward"]` is where the sync flow sends the browser at once."""

    stack: Stack
    tillbridge: str
    at: dict[str, str]

    @property
    def flow(self) -> str:
        """Codat's sync flow."""
        return self.at["flow"]

    @property
    def books(self) -> str:
        """The accounting package that Codat sends the browser to."""
        return self.at["books"]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """
    Tillbridge and everybody else behind TLS, under names of different sites.

    Codat's answer names `flow.example`, as it names `sync-flow.codat.io` in production.
    """
    folder = tmp_path_factory.mktemp("sites")
    tls = self_signed(folder)
    port = free_ports(4)
    at: dict[str, str] = {}

    def name_the_flow(ask: Ask, answer: Answer) -> Answer:
        if "/start?" not in ask.path or answer.status != 200:
            return answer
        content = json.loads(answer.body)
        content["url"] = content["url"].replace(f"http://127.0.0.1:{port + 2}", at["flow"])
        return attrs.evolve(answer, body=json.dumps(content).encode())

    def welcome(ask: Ask) -> Answer:
        return page("<!doctype html><title>Books</title><h1>Sign in to your books</h1>")

    def send_on(_: Ask) -> Answer:
        return see_other(at["onward"])

    with ExitStack() as running:
        codat = running.enter_context(
            listening(passing_on(f"http://127.0.0.1:{port + 1}", name_the_flow))
        )
        front = passing_on(f"http://127.0.0.1:{port}")
        tillbridge = running.enter_context(listening(front, tls))
        for name, respond in {"flow": send_on, "books": welcome}.items():
            at[name] = f"https://{name}.example:{running.enter_context(listening(respond, tls))}"
        at["plain"] = f"http://plain.example:{running.enter_context(listening(welcome))}"
        public = f"https://connect.example:{tillbridge}"
        stack = running.enter_context(
            running_stack(
                folder,
                first_port=port,
                codat_url=f"http://127.0.0.1:{codat}",
                public_url=public,
                sync_flow_hosts=at["flow"].removeprefix("https://"),
                shop_origins="https://shop.example",
                return_urls="shop=https://shop.example/done",
                logo_origins="",
            )
        )
        yield Sites(stack, public, at)


def arrived(sites: Sites, browser: Watched, merchant: str, onward: str = "") -> Merchant:
    """A merchant at the picker, by TLS, and a sync flow that sends on to the books."""
    sites.at["onward"] = onward or f"{sites.books}/authorise"
    browser.allow(sites.tillbridge, sites.flow, sites.books)
    someone = Merchant.at(sites.stack, browser, ignore_https_errors=True)
    token = sites.stack.token(merchant)
    someone.page.goto(f"{sites.tillbridge}/connect#token={token}")
    someone.page.wait_for_url(f"{sites.tillbridge}/connect")
    return someone


def test_codat_may_send_the_browser_on_to_another_https_host_at_once(
    sites: Sites, browser: Watched
) -> None:
    merchant = arrived(sites, browser, "hops")

    merchant.tile("Xero").click()
    merchant.page.wait_for_url(f"{sites.books}/authorise")

    expect(merchant.page.get_by_role("heading")).to_have_text("Sign in to your books")
    assert 1 == len(sites.stack.minted("hops"))
    assert "" == merchant.page.evaluate("document.referrer")
    [cookie] = [c for c in merchant.context.cookies() if "connect.example" in str(c.get("domain"))]
    assert ("__Host-tb", True, True) == (
        cookie.get("name"),
        cookie.get("secure"),
        cookie.get("httpOnly"),
    )


def test_back_from_beyond_codat_is_the_picker_with_every_button_ready(
    sites: Sites, browser: Watched
) -> None:
    merchant = arrived(sites, browser, "back-from-beyond")
    merchant.tile("Xero").click()
    merchant.page.wait_for_url(f"{sites.books}/**")

    merchant.page.go_back(wait_until="commit")
    merchant.page.wait_for_url(f"{sites.tillbridge}/connect", wait_until="commit")

    for button in starts(merchant.page).all():
        expect(button).to_be_enabled()
    assert 1 == len(sites.stack.minted("back-from-beyond"))


def test_no_address_of_ours_reaches_anybody_on_the_way(sites: Sites, browser: Watched) -> None:
    merchant = arrived(sites, browser, "quiet")
    merchant.tile("Xero").click()
    merchant.page.wait_for_url(f"{sites.books}/**")

    beyond = [r for r in merchant.requests if r.url.startswith((sites.flow, sites.books))]
    headers = [request.all_headers() for request in beyond]

    assert len(beyond) >= 2
    assert [] == [each for each in headers if "referer" in each]
    assert {"cross-site"} == {each["sec-fetch-site"] for each in headers[:2]}
    assert [] == [name for each in headers[:2] for name in each if name == "cookie"]


def test_a_hop_without_tls_is_stopped_by_the_browser(sites: Sites, browser: Watched) -> None:
    browser.expects_reports = True
    merchant = arrived(sites, browser, "plain-hop", sites.at["plain"])

    merchant.tile("Xero").click()
    for _ in range(100):
        if merchant.witness.reports:
            break
        merchant.page.wait_for_timeout(50)

    assert not merchant.page.url.startswith(sites.at["plain"])
    assert merchant.witness.reports

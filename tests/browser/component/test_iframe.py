"""The hosted picker in a frame of a page of another site, in a real browser."""

import re
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Frame, FrameLocator, Route, expect

from tests.browser import looks
from tests.browser.component.embedding import Embedding
from tests.browser.witness import Watched
from tests.stack import Stack


SANDBOX = "allow-scripts allow-forms allow-same-origin allow-top-navigation-by-user-activation"
CARRIED = {"content-type", "origin", "accept-language"}
TAKEN = {"content-type", "content-security-policy"}
HOME = re.compile(r"/connect(/session)?(#.*)?$")


def frame_of(embedding: Embedding, attributes: str = "", *, path: str = "") -> FrameLocator:
    """Open the page with a frame that comes in by a connect token, or that shows *path*."""
    plan = embedding.stack.plan
    token = embedding.stack.token(embedding.platform.merchant)
    address = f"{plan.tillbridge}/connect#token={token}" if not path else plan.tillbridge + path
    embedding.open(f'<iframe title="Connect" src="{address}" {attributes}></iframe>')
    return embedding.page.frame_locator("iframe")


def axe(frame: Frame) -> list[str]:
    """What axe finds in a frame, which it does not reach from outside."""
    frame.evaluate(looks.AXE_SCRIPT)
    found: list[str] = frame.evaluate(looks.AXE)
    return found


def test_nobody_is_left_out_in_a_frame(embedding: Embedding) -> None:
    frame = frame_of(embedding)
    expect(frame.get_by_role("button", name="Xero")).to_be_visible()

    (inner,) = (each for each in embedding.page.frames if each.parent_frame)
    assert [] == axe(inner)


@pytest.mark.parametrize("attributes", ["", f'sandbox="{SANDBOX}"'])
def test_a_choice_takes_the_whole_window_to_codat_and_back(
    embedding: Embedding, attributes: str
) -> None:
    frame = frame_of(embedding, attributes)

    frame.get_by_role("button", name="Xero").click()
    embedding.arrives()

    assert 1 == embedding.minted
    assert 1 == len(embedding.page.frames)
    embedding.page.get_by_test_id("finish-everything").click()
    embedding.page.wait_for_url(f"{embedding.stack.plan.tillbridge}/connect/return/**")
    expect(embedding.page.get_by_role("heading", level=1)).to_have_text("✓ Xero is connected")


def test_the_cookie_of_the_frame_is_partitioned_and_of_no_use_elsewhere(
    embedding: Embedding,
) -> None:
    frame = frame_of(embedding)
    expect(frame.get_by_role("button", name="Xero")).to_be_visible()

    cookies = {each["name"]: each for each in embedding.context.cookies()}
    login = cookies["__Host-tb-framed"]

    assert (True, True, "None") == (login["secure"], login["httpOnly"], login["sameSite"])
    assert "tb" not in cookies
    embedding.page.goto(f"{embedding.stack.plan.tillbridge}/connect")
    expect(embedding.page.get_by_role("heading", level=1)).to_have_text(
        "Please come in from your account"
    )


def test_the_frame_can_be_searched_and_loaded_again(embedding: Embedding) -> None:
    frame = frame_of(embedding)
    frame.get_by_role("searchbox").fill("xero")
    expect(frame.get_by_role("button", name="FreeAgent")).to_be_hidden()
    (inner,) = (each for each in embedding.page.frames if each.parent_frame)

    assert inner.url == f"{embedding.stack.plan.tillbridge}/connect"
    inner.goto(f"{embedding.stack.plan.tillbridge}/connect?q=free")

    frame.get_by_role("button", name="FreeAgent").click()
    embedding.arrives()


def test_back_from_codat_the_frame_can_start_again(embedding: Embedding) -> None:
    frame = frame_of(embedding, 'width="600" height="900"')
    place = frame.get_by_role("button", name="Exact (NL)").bounding_box()
    assert place is not None
    frame.get_by_role("button", name="Xero").click()
    embedding.arrives()

    embedding.page.go_back(wait_until="commit")
    embedding.page.wait_for_timeout(1000)
    # Playwright does not know frames that come out of the back-forward cache; people see them.
    embedding.page.mouse.click(place["x"] + 100, place["y"] + 20)
    embedding.arrives()

    assert 2 == embedding.minted


def test_tiles_of_a_frame_open_tabs_and_the_window_one_after_the_other(
    embedding: Embedding,
) -> None:
    frame = frame_of(embedding)
    flow = f"{embedding.stack.plan.sync_flow}/**"

    for _ in range(2):
        with embedding.context.expect_page() as tab:
            frame.get_by_role("button", name="Xero").click(modifiers=["ControlOrMeta"])
        tab.value.wait_for_url(flow)
    frame.get_by_role("button", name="FreeAgent").click()
    embedding.arrives()

    assert 3 == embedding.minted


def test_a_page_that_could_not_be_drawn_in_a_frame_draws_itself_there(
    embedding: Embedding,
) -> None:
    embedding.page.clock.install()
    frame = frame_of(embedding)
    expect(frame.get_by_role("button", name="Xero")).to_be_visible()
    home = f"{embedding.stack.plan.tillbridge}/connect"
    failed = f"""<!doctype html><title>Failed</title><a data-again href="{home}">Again</a>
    <script src="{embedding.stack.plan.tillbridge}/static/picker.js"></script>"""
    embedding.page.route(
        "**/connect?failed", lambda route: route.fulfill(body=failed, content_type="text/html")
    )
    (inner,) = (each for each in embedding.page.frames if each.parent_frame)

    inner.goto(f"{home}?failed")
    expect(frame.get_by_role("link", name="Again")).to_be_visible()
    embedding.page.clock.fast_forward(5100)

    expect(frame.get_by_role("button", name="Xero")).to_be_visible()


def as_an_old_browser(route: Route) -> None:
    """What a browser makes of an answer that neither keeps cookies nor says where it is."""
    request = route.request
    sent = httpx.Request(
        request.method,
        request.url,
        headers={name: request.headers[name] for name in CARRIED & set(request.headers)},
        content=request.post_data_buffer or b"",
    )
    with httpx.Client() as client:
        answer = client.send(sent)
    if answer.is_redirect:
        # Playwright lets go of what is redirected; this asks anew.
        address = urljoin(request.url, answer.headers["location"])
        body = f'<script>location.replace("{address}")</script>'
        route.fulfill(body=body, content_type="text/html")
        return
    told = {name: answer.headers[name] for name in TAKEN}
    route.fulfill(status=answer.status_code, headers=told, body=answer.content)


def test_a_frame_of_a_browser_that_does_not_say_so_offers_the_whole_window(
    embedding: Embedding,
) -> None:
    embedding.page.route(HOME, as_an_old_browser)
    frame = frame_of(embedding)

    expect(frame.get_by_text("keeps this part of the page from recognising you")).to_be_visible()
    embedding.page.unroute(HOME)
    frame.get_by_role("button", name="Open in the whole window").click()

    embedding.page.wait_for_url(f"{embedding.stack.plan.tillbridge}/connect")
    expect(embedding.page.get_by_text(embedding.platform.merchant)).to_be_visible()


def test_a_ticket_in_the_address_of_the_whole_window_is_nothing(embedding: Embedding) -> None:
    home = f"{embedding.stack.plan.tillbridge}/connect"
    embedding.page.goto(f"{home}#ticket={'x' * 43}")

    expect(embedding.page.get_by_role("heading", level=1)).to_have_text(
        "Please come in from your account"
    )
    whole = embedding.page.locator("#whole")
    assert home == embedding.page.url
    assert (False, "get") == (whole.is_visible(), whole.evaluate("form => form.method"))
    assert "" == whole.locator("[name=token]").input_value()


def without_cookies(route: Route) -> None:
    """What a browser makes of an answer where frames of other sites get no cookie."""
    request = route.request
    headers = {**request.headers, "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
    answer = httpx.post(request.url, headers=headers, content=request.post_data_buffer or b"")
    assert "Partitioned" in answer.headers["set-cookie"]
    location = answer.headers["location"]
    route.fulfill(status=answer.status_code, headers={"Location": location})


def test_where_no_cookie_comes_back_the_whole_window_is_offered_and_works(
    embedding: Embedding,
) -> None:
    embedding.page.route("**/connect/session", without_cookies)
    frame = frame_of(embedding)

    expect(frame.get_by_text("keeps this part of the page from recognising you")).to_be_visible()
    assert [] == embedding.context.cookies()
    (inner,) = (each for each in embedding.page.frames if each.parent_frame)
    assert [] == axe(inner)
    embedding.page.unroute("**/connect/session")
    frame.get_by_role("button", name="Open in the whole window").click()

    embedding.page.wait_for_url(f"{embedding.stack.plan.tillbridge}/connect")
    expect(embedding.page.get_by_text(embedding.platform.merchant)).to_be_visible()
    embedding.page.get_by_role("button", name="Xero").click()
    embedding.arrives()


def test_a_frame_without_a_token_has_a_way_on(embedding: Embedding) -> None:
    frame = frame_of(embedding, path="/connect")

    frame.get_by_role("button", name="Open in the whole window").click()

    embedding.page.wait_for_url(f"{embedding.stack.plan.tillbridge}/connect?")
    back = embedding.page.get_by_role("link", name=re.compile("^Go to Corner Till"))
    assert f"{embedding.stack.plan.shop}/done" == back.get_attribute("href")


def test_a_page_that_is_not_on_the_list_frames_nothing(
    stack: Stack, embedding: Embedding, browser: Watched
) -> None:
    browser.expects_reports = True
    stranger = f"http://stranger.localhost:{embedding.platform.port}"
    browser.allow(stranger)
    address = f"{stack.plan.tillbridge}/connect#token={stack.token('framed-by-a-stranger')}"

    embedding.open(f'<iframe title="Connect" src="{address}"></iframe>', origin=stranger)
    embedding.page.wait_for_timeout(500)

    (inner,) = (each for each in embedding.page.frames if each.parent_frame)
    assert inner.url.startswith("chrome-error:")
    assert [] == [each for each in embedding.witness.requests if "POST" == each.method]

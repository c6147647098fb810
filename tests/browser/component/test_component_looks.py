"""The component is for everyone: in each state, light and dark, on the narrowest phone too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import looks
from tests.browser.component.embedding import Embedding


def ready(embedding: Embedding) -> None:
    embedding.opened()


def begun(embedding: Embedding) -> None:
    embedding.stack.http.post(
        f"/v1/sync-sessions/{embedding.stack.session(embedding.platform.merchant)}/redirect"
    ).raise_for_status()
    embedding.open()
    expect(embedding.tile("Continue with Xero")).to_be_visible()


def nothing_found(embedding: Embedding) -> None:
    embedding.opened()
    embedding.picker.get_by_role("searchbox").fill("no such software")
    expect(embedding.picker.get_by_text("Nothing matches")).to_be_visible()


def busy(embedding: Embedding) -> None:
    embedding.opened()
    embedding.page.route("**/connect/session", lambda route: route.fulfill(status=204))
    embedding.press("gbol")
    expect(embedding.tile("Taking you to Xero…")).to_be_visible()


def loading(embedding: Embedding) -> None:
    embedding.page.route("**/connect/component", lambda route: None)
    embedding.open()
    expect(embedding.picker.get_by_role("status")).to_have_text("Loading…")


def in_trouble(embedding: Embedding) -> None:
    embedding.platform.tokens = ["wrong", "wrong-again"]
    embedding.open()
    expect(embedding.problem).to_be_visible()


def offline(embedding: Embedding) -> None:
    embedding.opened()
    embedding.context.set_offline(offline=True)
    embedding.tile("Xero").click()
    expect(embedding.problem).to_be_visible()


STATES = [ready, begun, nothing_found, busy, loading, in_trouble, offline]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nobody_is_left_out(
    embedding: Embedding, mode: str, state: Callable[[Embedding], None]
) -> None:
    component = f'<tillbridge-picker connect="/token" mode="{mode}"></tillbridge-picker>'
    embedding.platform.content = f'<div class="{mode}">{component}</div>'
    embedding.platform.style = (
        ".dark { background: #0d1117 } .light { background: #fff } main { margin: 0 }"
    )
    looks.show(embedding.page, looks.NARROWEST, mode)
    state(embedding)

    # What axe looks at does not change with the width.
    found = {looks.NARROWEST: [*looks.axe(embedding.page), *looks.overflow(embedding.page)]}
    looks.show(embedding.page, looks.DESKTOP)
    found[looks.DESKTOP] = looks.overflow(embedding.page)

    assert {} == {width: problem for width, problem in found.items() if problem}

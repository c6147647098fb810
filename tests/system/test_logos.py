"""Logos of the running service: from the simulator's host, through copies, to the page."""

import re
from collections.abc import Generator

import httpx
import pytest

from domain.model.picture import parse_picture
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    with running_stack(tmp_path_factory.mktemp("logos")) as running:
        yield running


def pictures_of(page: httpx.Response) -> list[str]:
    found = re.findall(r'<img src="([^"]+)"', page.raise_for_status().text)
    return [src.replace("&amp;", "&") for src in found]


def test_every_picture_on_the_page_is_ours_and_is_there(stack: Stack) -> None:
    with stack.browser("m-logos") as browser:
        page = browser.get("/connect")
        pictures = pictures_of(page)

    assert "img-src 'self';" in page.headers["content-security-policy"]
    assert {f"/logos/{key}/logo" for key in ("gbol", "qhyg")} < {
        p.partition("?")[0] for p in pictures
    }
    for src in pictures:
        assert src.startswith("/")
        answer = httpx.get(f"{stack.plan.tillbridge}{src}", timeout=10)
        assert (200, "image/png") == (answer.status_code, answer.headers["content-type"])
        assert answer.content == parse_picture(answer.content).content


def test_quickbooks_has_its_own_buttons_and_others_have_none(stack: Stack) -> None:
    def status(key: str, kind: str) -> int:
        return httpx.get(f"{stack.plan.tillbridge}/logos/{key}/{kind}", timeout=10).status_code

    assert [200, 200] == [status("qhyg", kind) for kind in ("button", "buttonHover")]
    assert [404, 404] == [status("gbol", kind) for kind in ("button", "buttonHover")]
    assert [404, 404] == [status("lqai", kind) for kind in ("logo", "logoFull")]


def test_logos_outlive_their_host(stack: Stack) -> None:
    before = httpx.get(f"{stack.plan.tillbridge}/logos/gbol/logo", timeout=10)
    away = {"faults": [{"operation": "images", "status": 503}]}
    stack.control("scenario", away)
    try:
        from_host = httpx.get(f"{stack.plan.codat_api}/public/platforms/gbol.png", timeout=10)
        after = httpx.get(f"{stack.plan.tillbridge}/logos/gbol/logo", timeout=10)
    finally:
        stack.control("scenario", {"faults": []})

    assert 503 == from_host.status_code
    assert (200, before.content) == (after.status_code, after.content)

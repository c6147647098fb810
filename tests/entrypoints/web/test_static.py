import re

import httpx
import pytest

from tests.entrypoints.web.asking import Service, problem
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tillbridge.css", "text/css; charset=utf-8"),
        ("picker.js", "text/javascript; charset=utf-8"),
        ("enter.js", "text/javascript; charset=utf-8"),
        ("icon.png", "image/png"),
    ],
)
async def test_a_file_has_its_type_and_may_be_kept(
    service: Service, name: str, media_type: str
) -> None:
    answer = await service.get(f"/static/{name}", {})

    assert (200, media_type) == (answer.status_code, answer.headers["content-type"])
    assert "public, max-age=300" == answer.headers["cache-control"]
    assert "same-origin" == answer.headers["cross-origin-resource-policy"]
    again = await service.get(f"/static/{name}", {"If-None-Match": answer.headers["etag"]})
    assert (304, b"") == (again.status_code, again.content)
    other = await service.get(f"/static/{name}", {"If-None-Match": '"other"'})
    assert answer.content == other.content


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/none.css",
        "/static/..",
        "/static/../app.py",
        "/static/..%2Fapp.py",
        "/static/%2e%2e%2fapp.py",
        "/static/..%5Capp.py",
        "/static/picker.js%00.png",
        "/static/%00",
        "/static//etc/passwd",
        f"/static/{'a' * 5000}",
        "/static/PICKER.JS",
    ],
)
async def test_no_name_leads_anywhere_else(service: Service, path: str) -> None:
    assert (404, "not-found") == problem(await service.get(path, {}))


async def test_whatever_pages_need_is_there_and_comes_from_here(service: Service) -> None:
    browser = await service.browser()
    session_id = await service.redirected()
    paths = ["/connect", f"/connect/sessions/{session_id}", f"/connect/return/{session_id}"]

    for path in (*paths, "/docs", "/problems/not-found", "/connect/none"):
        for headers in (browser, {}):
            for address in assets(await service.get(path, headers)):
                assert address.startswith("/static/"), address
                assert 200 == (await service.get(address, {})).status_code


async def test_pages_have_no_inline_script_or_style(service: Service) -> None:
    browser = await service.browser()

    for path in ("/connect", "/docs", "/problems/not-found"):
        page = read(await service.get(path, browser))

        for element in page.elements:
            assert element.tag != "style"
            assert not (element.tag == "script" and "src" not in element.attributes)
            assert not any(re.match("on|style$", name) for name in element.attributes)


def assets(response: httpx.Response) -> list[str]:
    page = read(response)
    found = [e.attributes.get("src", "") for e in page.elements if e.tag == "script"]
    return found + [e.attributes["href"] for e in page.elements if e.tag == "link"]

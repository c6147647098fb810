import re

import httpx
import pytest

from tests.entrypoints.web.asking import Service, problem
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("picker.js", "text/javascript; charset=utf-8"),
        ("enter.js", "text/javascript; charset=utf-8"),
        ("tillbridge-picker.js", "text/javascript; charset=utf-8"),
        ("tillbridge-picker.d.ts", "text/plain; charset=utf-8"),
        ("icon.png", "image/png"),
    ],
)
async def test_a_file_has_its_type_and_may_be_kept(
    service: Service, name: str, media_type: str
) -> None:
    answer = await service.get(f"/static/{name}", {})

    assert (200, media_type) == (answer.status_code, answer.headers["content-type"])
    assert "public, max-age=300" == answer.headers["cache-control"]
    resource_policy = "cross-origin" if "tillbridge-picker" in name else "same-origin"
    assert resource_policy == answer.headers["cross-origin-resource-policy"]
    again = await service.get(f"/static/{name}", {"If-None-Match": answer.headers["etag"]})
    assert (304, b"") == (again.status_code, again.content)
    other = await service.get(f"/static/{name}", {"If-None-Match": '"other"'})
    assert answer.content == other.content


async def test_only_what_other_pages_load_may_be_read_by_them(service: Service) -> None:
    for name in ("tillbridge-picker.js", "tillbridge-picker.d.ts"):
        answer = await service.get(f"/static/{name}", {"Origin": "https://any.test"})
        assert "*" == answer.headers["access-control-allow-origin"]
    for name in ("picker.js", "enter.js", "icon.png"):
        answer = await service.get(f"/static/{name}", {"Origin": "https://any.test"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip ; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("gzipped", False),
        ("", False),
    ],
)
async def test_text_is_zipped_for_whoever_takes_that(
    service: Service, accepted: str, *, zipped: bool
) -> None:
    plain = await service.get("/static/picker.js", {})
    answer = await service.get("/static/picker.js", {"Accept-Encoding": accepted})

    assert zipped is (answer.headers.get("content-encoding") == "gzip")
    assert "Accept-Encoding" == answer.headers["vary"] == plain.headers["vary"]
    assert plain.content == answer.content
    assert zipped is (plain.headers["etag"] != answer.headers["etag"])
    known = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]}
    assert 304 == (await service.get("/static/picker.js", known)).status_code


async def test_a_picture_is_small_already(service: Service) -> None:
    answer = await service.get("/static/icon.png", {"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers


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


async def test_pages_have_no_inline_script_and_one_style_sheet(service: Service) -> None:
    browser = await service.browser()

    for path in ("/connect", "/docs", "/problems/not-found"):
        page = read(await service.get(path, browser))

        assert [{}] == [e.attributes for e in page.elements if e.tag == "style"]
        for element in page.elements:
            assert "stylesheet" not in element.attributes.get("rel", "")
            assert not (element.tag == "script" and "src" not in element.attributes)
            assert not any(re.match("on|style$", name) for name in element.attributes)


def assets(response: httpx.Response) -> list[str]:
    page = read(response)
    found = [e.attributes.get("src", "") for e in page.elements if e.tag == "script"]
    return found + [e.attributes["href"] for e in page.elements if e.tag == "link"]

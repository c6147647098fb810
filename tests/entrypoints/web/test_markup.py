"""What others say is text on our pages, whatever it looks like (T19)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import PlatformKey
from domain.model.integration import Branding, BrandingImage, SourceType
from tests.entrypoints.web.asking import Headers, Service, serve
from tests.entrypoints.web.page import Page, read
from tests.fakes.codat import reported


pytestmark = pytest.mark.anyio

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "</p></form><form action=https://evil.test>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;",
    "<!--",
    "]]>",
    "\\u003cscript\\u003e",
    "<a href='javascript:alert(1)'>x</a>",
    "\x3cmeta http-equiv=refresh content='0;url=https://evil.test'>",
]
PICTURES = [
    "javascript:alert(1)",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "http://static.codat.io/x.png",
    "//static.codat.io/x.png",
    "https://static.codat.io.evil.test/x.png",
    "https://static.codat.io@evil.test/x.png",
    "https://static.codat.io:8443/x.png",
    "https://evil.test/https://static.codat.io/x.png",
    "https:static.codat.io/x.png",
    "https:\\\\static.codat.io\\x.png",
    "/etc/passwd",
    "",
]
HARMLESS = {"script", "link", "meta"}


def expect_harmless(page: Page) -> None:
    """Nothing that is not in the templates: no element, no handler, no address of elsewhere."""
    for element in page.elements:
        assert element.tag not in {"svg", "iframe", "object", "embed", "base"}
        assert "http-equiv" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        for name in ("src", "href", "action"):
            address = element.attributes.get(name, "/")
            assert address.startswith(("/", "https://shop.")), address
            assert not address.startswith("//")
    assert 1 == len(page.styles)
    assert all(form.action.startswith("/connect") for form in page.forms)


def looking(service: Service, name: str, src: str) -> None:
    """Let Xero be called *name*, with the picture *src*."""
    image = BrandingImage(src=src, alt=name)
    key = PlatformKey("gbol")
    service.world.codat.brandings[key] = Branding(logo_full=image, logo_square=image)


async def all_pages(service: Service, browser: Headers) -> list[Page]:
    session_id = await service.redirected()
    paths = ["/connect", f"/connect/sessions/{session_id}", f"/connect/return/{session_id}?look=5"]
    answers = [await service.get(path, browser) for path in paths]
    assert [200, 200, 200] == [answer.status_code for answer in answers]
    return [read(answer) for answer in answers]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_merchants_name_is_text(service: Service, hostile: str) -> None:
    browser = await service.browser("m-1", merchantName=hostile)

    pages = await all_pages(service, browser)
    pages.append(read(await service.enter(await service.token("m-2"), browser)))
    switching = await service.enter(await service.token("m-2", merchantName=hostile), browser)
    pages.append(read(switching))

    for page in pages:
        assert " ".join(hostile.split()) in page.text
        expect_harmless(page)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_an_organisations_name_is_text(service: Service, hostile: str) -> None:
    session_id = await service.redirected()
    for key in ("lqai", "gbol"):
        service.world.codat.finish_sync_flow("m-1", key, hostile)

    page = read(await service.get(f"/connect/return/{session_id}", await service.browser()))

    assert f"Your sales go to {' '.join(hostile.split())}." in page.text
    expect_harmless(page)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_codat_says_of_an_integration_is_text_if_it_is_shown(hostile: str) -> None:
    service = serve(platform_name=hostile)
    looking(service, hostile, f"https://static.codat.io/{hostile}")

    for page in await all_pages(service, await service.browser()):
        expect_harmless(page)
        assert " ".join(hostile.split()) in page.text


@pytest.mark.parametrize("src", PICTURES)
async def test_a_picture_from_elsewhere_is_not_loaded(service: Service, src: str) -> None:
    looking(service, "Xero", src)

    for page in await all_pages(service, await service.browser()):
        assert src not in page.images
        assert not any("/logos/gbol/" in address for address in page.images)
        expect_harmless(page)


@pytest.mark.parametrize("src", PICTURES)
async def test_nor_is_it_where_browsers_load_pictures_themselves(src: str) -> None:
    service = serve(logo_delivery="direct")
    looking(service, "Xero", src)

    for page in await all_pages(service, await service.browser()):
        assert src not in page.images
        assert not any("gbol" in address for address in page.images)


@pytest.mark.parametrize("src", ["https://[", "https://[::1", "https://a:b:c/", "https://\u2100/"])
async def test_a_picture_that_is_no_address_does_no_harm(service: Service, src: str) -> None:
    looking(service, "Xero", src)

    for page in await all_pages(service, await service.browser()):
        assert src not in page.images


async def test_pictures_are_loaded_from_where_the_operator_says() -> None:
    service = serve(logo_delivery="direct", logo_origins="https://shop.example.test")
    looking(service, "Xero", "https://Shop.example.test/x.png")

    (page, *_) = await all_pages(service, await service.browser())

    assert "https://Shop.example.test/x.png" in page.images


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(max_size=60), src=st.text(max_size=60), sought=st.text(max_size=60))
async def test_any_text_at_all_does_no_harm(name: str, src: str, sought: str) -> None:
    service = serve()
    looking(service, name, src)
    service.world.codat.integrations_reported[:1] = [reported("gbol", name, SourceType.ACCOUNTING)]
    browser = await service.browser()

    answer = await service.send("GET", "/connect", browser, params={"q": sought})

    assert 200 == answer.status_code
    expect_harmless(read(answer))

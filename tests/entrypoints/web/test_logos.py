"""Integrations' pictures from our own origin: whose, how, and at which address."""

import asyncio
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from domain.errors import CodatTimedOut, CodatUnavailable
from domain.ids import PlatformKey
from domain.model.integration import (
    Availability,
    Branding,
    BrandingImage,
    Integration,
    SourceType,
)
from domain.model.picture import PictureKind, parse_picture
from entrypoints.web.headers import for_pages
from entrypoints.web.logos import Logos, version_of
from tests.entrypoints.web.asking import Headers, Service, problem, serve
from tests.entrypoints.web.page import read
from tests.fakes.pictures import png
from tests.support import make_settings


pytestmark = pytest.mark.anyio

NOBODY: Headers = {}
HOST = "https://static.codat.io"
XERO = PlatformKey("gbol")
SQUARE = f"{HOST}/public/officialLogos/Full/Xero_Square.png"
KINDS = [kind.value for kind in PictureKind]
LOOKS = Branding(
    logo_full=BrandingImage(src=f"{HOST}/full.png"),
    logo_square=BrandingImage(src=f"{HOST}/square.png"),
    button_default=BrandingImage(src=f"{HOST}/button.png"),
    button_hover=BrandingImage(src=f"{HOST}/hover.png"),
)
HEADERS: Headers = {
    "content-type": "image/png",
    "cache-control": "public, max-age=86400, stale-while-revalidate=604800",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}


def xero(branding: Branding = LOOKS) -> Integration:
    return Integration(
        key=XERO,
        name="Xero",
        source_type=SourceType.ACCOUNTING,
        availability=Availability.AVAILABLE,
        branding=branding,
    )


async def test_a_picture_has_these_headers_and_no_other(service: Service) -> None:
    answer = await service.get(f"/logos/gbol/logo?v={version_of(SQUARE)}", NOBODY)

    assert 200 == answer.status_code
    assert (await service.world.picture_source.fetch(SQUARE)).content == answer.content
    expected = {
        **HEADERS,
        "etag": answer.headers["etag"],
        "content-length": str(len(answer.content)),
    }
    assert expected == dict(answer.headers)
    assert len(expected) == len(answer.headers.raw)


@pytest.mark.parametrize("query", ["", "?v=", "?v=01234567", "?x=1"])
async def test_what_another_address_stands_for_is_not_kept_for_long(
    service: Service, query: str
) -> None:
    answer = await service.get(f"/logos/gbol/logo{query}", NOBODY)

    assert 200 == answer.status_code
    assert "public, max-age=60" == answer.headers["cache-control"]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_has_an_address(service: Service, kind: str) -> None:
    service.world.codat.brandings[XERO] = LOOKS

    answer = await service.get(f"/logos/gbol/{kind}", NOBODY)

    name = {"logo": "square", "logoFull": "full", "button": "button", "buttonHover": "hover"}
    picture = await service.world.picture_source.fetch(f"{HOST}/{name[kind]}.png")
    assert (200, picture.content) == (answer.status_code, answer.content)


async def test_whoever_has_it_is_not_sent_it_again(service: Service) -> None:
    first = await service.get("/logos/gbol/logo", NOBODY)
    tag = first.headers["etag"]

    same = await service.get("/logos/gbol/logo", {"If-None-Match": tag})
    other = await service.get("/logos/gbol/logo", {"If-None-Match": '"x"'})
    head = await service.send("HEAD", "/logos/gbol/logo")

    assert (304, b"", tag) == (same.status_code, same.content, same.headers["etag"])
    assert first.headers["cache-control"] == same.headers["cache-control"]
    assert (200, first.content) == (other.status_code, other.content)
    assert (200, b"") == (head.status_code, head.content)


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP"])
async def test_it_is_called_what_its_bytes_are(service: Service, form: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, form)
    service.world.picture_source.pictures[SQUARE] = parse_picture(file.getvalue())

    answer = await service.get("/logos/gbol/logo", NOBODY)

    assert f"image/{form.lower()}" == answer.headers["content-type"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "key", ["lqai", "LQAI", "Lqai", "%6cqai", "%256cqai", "lqai%20", "%EF%BD%8Cqai", "l%C2%ADqai"]
)
async def test_the_connector_has_no_picture_in_any_disguise(
    service: Service, key: str, kind: str
) -> None:
    for reported in service.world.codat.integrations_reported:
        service.world.codat.brandings[reported.key] = LOOKS

    answer = await service.get(f"/logos/{key}/{kind}", NOBODY)

    assert (404, "integration-unknown") == problem(answer)
    assert "lqai" not in answer.text
    assert {} == service.world.picture_source.fetched


@pytest.mark.parametrize("key", ["zzzz", "fztf", "fqly"])
async def test_what_is_not_on_offer_has_no_picture(service: Service, key: str) -> None:
    answer = await service.get(f"/logos/{key}/logo", NOBODY)

    assert (404, "integration-unknown") == problem(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/logos/gbol/square", 404),
        ("/logos/gbol/LOGO", 404),
        ("/logos/gbol/logo.png", 404),
        ("/logos/gbol", 404),
        ("/logos", 404),
        ("/logos/gbol/logo/x", 404),
        ("/logos/gbol.png/logo", 400),
        ("/logos/../logo", 404),
        ("/logos/%2e%2e%2fetc/logo", 404),
    ],
)
async def test_any_other_address_leads_nowhere(service: Service, path: str, status: int) -> None:
    answer = await service.get(path, NOBODY)

    assert status == answer.status_code
    assert {} == service.world.picture_source.fetched


@pytest.mark.parametrize("kind", ["button", "logo"])
async def test_a_picture_that_is_not_there_may_be_there_in_a_minute(
    service: Service, kind: str
) -> None:
    service.world.picture_source.errors[SQUARE] = CodatTimedOut()

    answer = await service.get(f"/logos/gbol/{kind}", NOBODY)

    assert (404, "not-found") == problem(answer)
    assert "public, max-age=60" == answer.headers["cache-control"]
    assert "cross-origin" == answer.headers["cross-origin-resource-policy"]


async def test_a_thousand_browsers_cost_one_fetch(service: Service) -> None:
    service.world.picture_source.may_answer.clear()
    asking = [asyncio.create_task(service.get("/logos/gbol/logo", NOBODY)) for _ in range(1000)]
    await asyncio.sleep(0.5)
    service.world.picture_source.may_answer.set()

    assert {200} == {answer.status_code for answer in await asyncio.gather(*asking)}
    assert {SQUARE: 1} == service.world.picture_source.fetched


async def test_the_page_never_waits_for_a_picture(service: Service) -> None:
    service.world.picture_source.may_answer.clear()
    browser = await service.browser()

    async with asyncio.timeout(5):
        page = read(await service.get("/connect", browser))

    assert any(src.startswith("/logos/gbol/logo?v=") for src in page.images)
    assert {} == service.world.picture_source.fetched


async def test_every_picture_of_the_page_is_there(service: Service) -> None:
    page = read(await service.get("/connect", await service.browser()))
    pictures = [src for src in page.images if src.startswith("/logos/")]

    assert pictures
    for src in pictures:
        assert 200 == (await service.get(src, NOBODY)).status_code


def test_an_address_is_below_ours_and_changes_with_what_it_stands_for() -> None:
    logos = Logos(make_settings(public_url="https://shop.example.test/pay"))

    (old, new) = (
        logos.address(xero(Branding(logo_full=BrandingImage(src=f"{HOST}/{name}.png"))))
        for name in ("old", "new")
    )

    pattern = r"/pay/logos/gbol/logo\?v=[0-9a-f]{8}"
    assert old != new
    assert old is not None
    assert new is not None
    assert re.fullmatch(pattern, old)
    assert re.fullmatch(pattern, new)


def test_without_a_picture_there_is_no_address() -> None:
    logos = Logos(make_settings())

    assert [None] * 4 == [logos.address(xero(Branding()), kind) for kind in PictureKind]


@pytest.mark.parametrize("delivery", ["proxied", "direct"])
@pytest.mark.parametrize(
    "src", ["https://evil.test/a.png", "http://static.codat.io/a.png", "javascript:alert(1)", ""]
)
def test_a_picture_of_elsewhere_has_no_address(delivery: str, src: str) -> None:
    logos = Logos(make_settings(logo_delivery=delivery))

    assert logos.address(xero(Branding(logo_square=BrandingImage(src=src)))) is None


@given(st.text() | st.text().map(f"{HOST}/{{}}".format), st.sampled_from(PictureKind))
def test_whatever_branding_says_the_address_is_a_plain_one_of_ours(
    src: str, kind: PictureKind
) -> None:
    image = BrandingImage(src=src)
    branding = Branding(
        logo_square=image, logo_full=image, button_default=image, button_hover=image
    )

    address = Logos(make_settings()).address(xero(branding), kind)

    pattern = rf"/logos/gbol/{kind.value}\?v=[0-9a-f]{{8}}"
    assert address is None or re.fullmatch(pattern, address)


def test_directly_pictures_are_loaded_from_where_they_are() -> None:
    settings = make_settings(logo_delivery="direct", logo_origins=f"{HOST},https://b.test")

    address = Logos(settings).address(xero(), PictureKind.BUTTON)

    policy = for_pages(settings)["Content-Security-Policy"]
    assert f"{HOST}/button.png" == address
    assert f"; img-src 'self' {HOST} https://b.test; " in policy


def test_otherwise_pages_load_no_picture_from_anywhere_else() -> None:
    settings = make_settings(logo_origins=f"{HOST},https://b.test")

    policy = for_pages(settings)["Content-Security-Policy"]
    assert "; img-src 'self'; " in policy


async def test_below_a_base_path_pictures_are_found(service: Service) -> None:
    below = serve(public_url="https://connect.example.test/pay")

    assert 200 == (await below.get("/pay/logos/gbol/logo", NOBODY)).status_code
    assert 200 == (await below.get("/logos/gbol/logo", NOBODY)).status_code


async def test_codat_away_from_the_start_is_told_as_everywhere(service: Service) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())

    answer = await service.get("/logos/gbol/logo", NOBODY)

    assert (503, "codat-unavailable") == problem(answer)


async def test_a_picture_may_be_large(service: Service) -> None:
    content = png(2048, 2048, note="x" * 200_000)
    service.world.picture_source.pictures[SQUARE] = parse_picture(content)

    assert content == (await service.get("/logos/gbol/logo", NOBODY)).content

import asyncio

import pytest
from hypothesis import given

from domain.errors import (
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
    InputRefused,
    IntegrationUnknown,
)
from domain.ids import PlatformKey
from domain.model.integration import Branding, BrandingImage
from domain.model.picture import Picture, PictureKind
from domain.ports.picture_cache import PicturePlace
from domain.use_cases.show_picture import place_of, places
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant
from tests.fakes.codat import logos
from tests.strategies import brandings


pytestmark = pytest.mark.anyio

XERO = PlatformKey("gbol")
HOST = "https://static.codat.io"
FULL, SQUARE = (
    f"{HOST}/public/officialLogos/Full/Xero_{shape}.png" for shape in ("Full", "Square")
)
LOOKS = Branding(
    logo_full=BrandingImage(src=f"{HOST}/full.png"),
    logo_square=BrandingImage(src=f"{HOST}/square.png"),
    button_default=BrandingImage(src=f"{HOST}/button.png"),
    button_hover=BrandingImage(src=f"{HOST}/hover.png"),
)


async def shown(product: Product, key: str, kind: PictureKind) -> Picture | None:
    found = await product.show_picture(key, kind, BACKEND)
    return None if found is None else found.picture


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (PictureKind.LOGO, "square"),
        (PictureKind.LOGO_FULL, "full"),
        (PictureKind.BUTTON, "button"),
        (PictureKind.BUTTON_HOVER, "hover"),
    ],
)
async def test_each_kind_is_the_picture_that_the_branding_names(
    product: Product, kind: PictureKind, name: str
) -> None:
    product.world.codat.brandings[XERO] = LOOKS

    picture = await shown(product, "gbol", kind)

    assert await product.world.picture_source.fetch(f"{HOST}/{name}.png") == picture
    assert {f"{HOST}/{name}.png": 2} == product.world.picture_source.fetched


async def test_where_there_is_only_a_full_logo_it_is_the_logo_and_fetched_once(
    product: Product,
) -> None:
    product.world.codat.brandings[XERO] = Branding(logo_full=LOOKS.logo_full)

    pictures = [await shown(product, "gbol", kind) for kind in PictureKind]

    assert pictures[0] is pictures[1] is not None
    assert [None, None] == pictures[2:]
    assert {f"{HOST}/full.png": 1} == product.world.picture_source.fetched


@pytest.mark.parametrize("kind", PictureKind)
@pytest.mark.parametrize(
    "key", ["lqai", "LQAI", "%6cqai", "lqai ", "fztf", "exgd", "zzzz", "fqly"]
)
async def test_what_is_not_on_offer_has_no_pictures_and_the_connector_least_of_all(
    product: Product, key: str, kind: PictureKind
) -> None:
    for reported in product.world.codat.integrations_reported:
        product.world.codat.brandings[reported.key] = LOOKS

    with pytest.raises(IntegrationUnknown):
        await shown(product, key, kind)

    assert {} == product.world.picture_source.fetched


@pytest.mark.parametrize("key", ["", "gb", "gbol.png", "../gbol"])
async def test_what_is_no_key_is_refused(product: Product, key: str) -> None:
    with pytest.raises(InputRefused):
        await shown(product, key, PictureKind.LOGO)


async def test_a_merchants_narrowed_offer_counts(product: Product) -> None:
    caller = a_merchant(integrations=("qhyg",))

    with pytest.raises(IntegrationUnknown):
        await product.show_picture("gbol", PictureKind.LOGO, caller)


@pytest.mark.parametrize("error", [CodatUnavailable(), CodatTimedOut(), CodatNotFound()])
async def test_a_picture_that_cannot_be_had_is_none(product: Product, error: Exception) -> None:
    product.world.picture_source.errors[SQUARE] = error

    assert await shown(product, "gbol", PictureKind.LOGO) is None


async def test_without_branding_there_are_no_pictures(product: Product) -> None:
    product.world.codat.fail_always("branding", CodatUnavailable())

    assert await shown(product, "gbol", PictureKind.LOGO) is None
    assert {} == product.world.picture_source.fetched


async def test_without_any_list_nobody_knows(product: Product) -> None:
    product.world.codat.fail_always("integrations", CodatUnavailable())

    with pytest.raises(CodatUnavailable):
        await shown(product, "gbol", PictureKind.LOGO)


async def test_a_thousand_who_ask_at_once_cost_one_fetch(product: Product) -> None:
    show = product.show_picture
    product.world.picture_source.may_answer.clear()
    asking = [asyncio.create_task(show("gbol", PictureKind.LOGO, BACKEND)) for _ in range(1000)]
    await asyncio.sleep(0.01)
    product.world.picture_source.may_answer.set()

    (found,) = set(await asyncio.gather(*asking))
    assert found is not None
    assert SQUARE == found.src
    assert {SQUARE: 1} == product.world.picture_source.fetched


async def test_another_address_in_the_branding_is_another_picture(product: Product) -> None:
    before = await shown(product, "gbol", PictureKind.LOGO)
    product.world.codat.brandings[XERO] = LOOKS
    await product.world.cache.refresh(XERO, product.world.codat.branding)

    after = await shown(product, "gbol", PictureKind.LOGO)

    assert before != after == await product.world.picture_source.fetch(f"{HOST}/square.png")


async def test_warming_fetches_every_picture_once_and_goes_on_where_one_fails(
    product: Product,
) -> None:
    source = product.world.picture_source
    source.errors[f"{HOST}/square.png"] = CodatTimedOut()
    for _ in range(2):
        await product.show_picture.warm(XERO, LOOKS)

    names = ("square", "full", "button", "hover")
    assert {f"{HOST}/{name}.png": 1 for name in names} == source.fetched


async def test_a_refresh_fetches_all_of_them_again_and_tells_which_failed(
    product: Product,
) -> None:
    source, error = product.world.picture_source, CodatTimedOut()
    await product.show_picture.warm(XERO, LOOKS)
    source.errors[f"{HOST}/full.png"] = error

    assert {PictureKind.LOGO_FULL: error} == await product.show_picture.refresh(XERO, LOOKS)
    assert {2} == set(source.fetched.values())


async def test_filling_the_caches_tells_of_pictures_that_are_missing(product: Product) -> None:
    error = CodatUnavailable()
    product.world.picture_source.errors[FULL] = error
    product.world.codat.fail_next("branding", CodatTimedOut())

    warmed = [done async for done in product.warm_branding(BACKEND)]
    again = {done.key: done async for done in product.warm_branding(BACKEND)}

    assert isinstance(warmed[0].error, CodatTimedOut)
    assert {} == warmed[0].missing
    assert {XERO: {PictureKind.LOGO_FULL: error}} == {
        done.key: done.missing for done in again.values() if done.missing
    }


async def test_without_pictures_only_branding_is_fetched(product: Product) -> None:
    async for done in product.warm_branding(BACKEND, with_pictures=False):
        assert done.error is None

    assert {} == product.world.picture_source.fetched


@given(brandings)
def test_every_address_has_one_place_and_every_kind_that_is_named_has_one(
    branding: Branding,
) -> None:
    found = list(places(XERO, branding))

    named = {kind: branding.image(kind) for kind in PictureKind}
    addresses = {image.src for image in named.values() if image}
    assert len(addresses) == len(found)
    assert addresses == {place.src for place in found}
    assert len(found) == len({place.kind for place in found})
    for kind, image in named.items():
        place = place_of(XERO, branding, kind)
        assert (place.src if place else None) == (image.src if image else None)
        assert place is None or place in found


def test_logos_of_the_fake_are_those_of_codat() -> None:
    assert [
        PicturePlace(key=XERO, kind=PictureKind.LOGO, src=SQUARE),
        PicturePlace(key=XERO, kind=PictureKind.LOGO_FULL, src=FULL),
    ] == list(places(XERO, logos("Xero")))

import pytest

from domain.errors import CodatUnavailable
from domain.ids import PlatformKey
from domain.model.integration import SourceType
from tests.entrypoints.web.asking import BACKEND, Service, problem, serve
from tests.fakes.codat import reported, usual_integrations


pytestmark = pytest.mark.anyio

CONNECTOR = "lqai"


async def test_the_list_has_exactly_these_members(service: Service) -> None:
    answer = await service.get("/v1/integrations")

    told = answer.json()
    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert ["integrations"] == list(told)
    for integration in told["integrations"]:
        assert ["key", "name", "sourceType", "availability", "branding"] == list(integration)
    xero = next(i for i in told["integrations"] if i["key"] == "gbol")
    pictures = "https://static.codat.io/public/officialLogos/Full/Xero"
    assert {
        "key": "gbol",
        "name": "Xero",
        "sourceType": "Accounting",
        "availability": "available",
        "branding": {
            "logo": {
                "full": {"image": {"src": f"{pictures}_Full.png", "alt": "Xero full icon"}},
                "square": {"image": {"src": f"{pictures}_Square.png", "alt": "Xero square icon"}},
            },
            "button": {},
        },
    } == xero


async def test_the_connector_and_its_side_are_not_on_the_list(service: Service) -> None:
    answer = await service.get("/v1/integrations")

    assert CONNECTOR not in answer.text
    types = {integration["sourceType"] for integration in answer.json()["integrations"]}
    assert {"Accounting"} == types


async def test_a_merchant_gets_the_same_list_by_its_own_token(service: Service) -> None:
    backends = await service.get("/v1/integrations")
    merchants = await service.get("/v1/integrations", service.merchant())

    assert backends.content == merchants.content


async def test_a_merchant_whose_platform_narrows_the_offer_sees_only_that(
    service: Service,
) -> None:
    browser = await service.browser(integrations=["gbol"])

    answer = await service.get("/v1/integrations", browser)
    outside = await service.get("/v1/integrations/qhyg/branding", browser)

    assert ["gbol"] == [i["key"] for i in answer.json()["integrations"]]
    assert (404, "integration-unknown") == problem(outside)


async def test_a_warm_catalogue_costs_no_call_of_codat(service: Service) -> None:
    await service.get("/v1/integrations")
    asked = service.world.codat.calls.copy()

    for _ in range(3):
        await service.get("/v1/integrations")
        await service.get("/v1/integrations/gbol/branding")
        await service.get("/connect", await service.browser())

    assert asked == service.world.codat.calls


@pytest.mark.parametrize("named", ["{}", "W/{}", '"other", {}', "*"])
async def test_who_has_the_list_already_is_not_sent_it_again(service: Service, named: str) -> None:
    tag = (await service.get("/v1/integrations")).headers["etag"]

    again = await service.get("/v1/integrations", {**BACKEND, "If-None-Match": named.format(tag)})

    assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"])


async def test_another_list_has_another_tag(service: Service) -> None:
    all_of_them = await service.get("/v1/integrations")
    narrowed = await service.get(
        "/v1/integrations",
        {
            **await service.browser(integrations=["gbol"]),
            "If-None-Match": all_of_them.headers["etag"],
        },
    )

    assert 200 == narrowed.status_code
    assert all_of_them.headers["etag"] != narrowed.headers["etag"]


async def test_no_shared_cache_may_mix_up_what_callers_see(service: Service) -> None:
    for path in ("/v1/integrations", "/v1/integrations/gbol/branding"):
        headers = (await service.get(path)).headers

        assert "private, no-cache" == headers["cache-control"]
        assert "Authorization, Cookie, Origin" == headers["vary"]


async def test_in_an_outage_the_list_is_the_last_one_known_and_says_so(service: Service) -> None:
    listed = (await service.get("/v1/integrations")).json()
    service.world.codat.fail_always("integrations", CodatUnavailable())
    service.world.clock.advance(3600)
    await service.get("/v1/integrations")
    await service.world.cache.settle()

    answer = await service.get("/v1/integrations")

    assert {**listed, "lastKnown": {"asOf": "2026-11-23T09:00:00Z"}} == answer.json()


async def test_without_any_list_an_outage_is_told_with_the_time_to_come_back(
    service: Service,
) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())

    for path in ("/v1/integrations", "/v1/integrations/gbol/branding"):
        answer = await service.get(path)

        assert (503, "codat-unavailable") == problem(answer)
        assert "10" == answer.headers["retry-after"]


async def test_branding_comes_in_codats_own_shape(service: Service) -> None:
    service.world.codat.brandings[PlatformKey("fbrh")] = service.world.codat.brandings[
        PlatformKey("gbol")
    ]

    xero = await service.get("/v1/integrations/gbol/branding")
    sage = await service.get("/v1/integrations/tgff/branding")

    assert ["logo", "button"] == list(xero.json())
    assert {"logo": {}, "button": {}} == sage.json()


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        (CONNECTOR, (404, "integration-unknown")),
        ("%6Cqai", (404, "integration-unknown")),
        ("zzzz", (404, "integration-unknown")),
        ("fztf", (404, "integration-unknown")),
        ("LQAI", (404, "integration-unknown")),
        ("lqai%20", (404, "integration-unknown")),
        ("lqa%C4%B1", (400, "input-invalid")),
        ("%EF%BD%8Cqai", (404, "integration-unknown")),
        ("gbol%00", (404, "integration-unknown")),
        ("gbol%0A", (404, "integration-unknown")),
        ("..", (404, "not-found")),
        ("a%2Fb", (404, "not-found")),
    ],
)
async def test_branding_is_only_that_of_what_is_on_offer(
    service: Service, key: str, refusal: tuple[int, str]
) -> None:
    answer = await service.get(f"/v1/integrations/{key}/branding")

    assert refusal == problem(answer)


async def test_the_connector_looks_like_an_integration_that_does_not_exist(
    service: Service,
) -> None:
    connector = (await service.get(f"/v1/integrations/{CONNECTOR}/branding")).json()
    unknown = (await service.get("/v1/integrations/zzzz/branding")).json()

    assert {**unknown, "reference": ""} == {**connector, "reference": ""}


async def test_whatever_codat_says_the_connector_stays_off_the_list() -> None:
    service = serve()
    service.world.codat.integrations_reported = [
        *usual_integrations(),
        reported(CONNECTOR, "Xero", SourceType.ACCOUNTING),
    ]

    answer = await service.get("/v1/integrations")

    assert CONNECTOR not in [i["key"] for i in answer.json()["integrations"]]

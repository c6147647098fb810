"""What is made of the answers to everything but the start."""

import datetime as dt
from typing import Any

import pytest

from domain.errors import CodatAnswerInvalid, CodatNotFound, CodatUnavailable
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import (
    Company,
    Connection,
    ConnectionStatus,
    SyncConfiguration,
)
from domain.model.integration import (
    Branding,
    BrandingImage,
    ReportedIntegration,
    SourceType,
)
from tests.adapters.codat.gateways import (
    HOST,
    MERCHANT,
    gateway_over,
    scripted,
)
from tests.adapters.codat.scripted import answer, page
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

GBOL = PlatformKey("gbol")
COMPANY = CompanyId("0498e921-9b53-4396-a412-4f2f5983b0a2")
FLOW = f"https://{HOST}/7/lqai/gbol/start?merchantIdentifier=m-1&otp=422149"
XERO = {"key": "gbol", "name": "Xero", "enabled": True, "sourceType": "Accounting"}


def numbered(first: int, last: int) -> list[dict[str, Any]]:
    """Integrations with keys of their own."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        {**XERO, "key": f"{letters[n // 676]}{letters[n // 26 % 26]}{letters[n % 26]}x"}
        for n in range(first, last)
    ]


# Integrations and branding.


async def test_integrations_come_from_all_pages_by_number() -> None:
    network = scripted(page(*numbered(0, 100), total=150), page(*numbered(100, 150), total=150))

    found = await gateway_over(network).integrations()

    assert 150 == len(found)
    assert [
        "/config/integrations?page=1&pageSize=100",
        "/config/integrations?page=2&pageSize=100",
    ] == network.targets


async def test_codat_may_make_its_pages_smaller_than_asked() -> None:
    network = scripted(*(page(*numbered(n, n + 10), total=30) for n in (0, 10, 20)))

    assert 30 == len(await gateway_over(network).integrations())
    assert 3 == len(network.requests)


async def test_a_list_ends_with_a_page_that_brings_nothing_new() -> None:
    network = scripted(page(XERO, total=1000))

    assert 1 == len(await gateway_over(network).integrations())
    assert 2 == len(network.requests)


async def test_a_list_without_a_total_ends_with_an_empty_page() -> None:
    network = scripted(answer({"results": [XERO]}), answer({"results": []}))

    assert 1 == len(await gateway_over(network).integrations())


async def test_a_list_that_never_ends_is_left_after_fifty_pages() -> None:
    pages = (page(*numbered(n, n + 1), total=10_000) for n in range(60))
    network = scripted(*pages)

    assert 50 == len(await gateway_over(network).integrations())
    assert 50 == len(network.requests)


async def test_an_empty_list_is_a_list() -> None:
    assert () == await gateway_over(scripted(page())).integrations()


@pytest.mark.parametrize("body", [{}, {"error": "x"}, [], None, {"results": {}}, {"results": 5}])
async def test_what_is_not_a_list_is_not_mistaken_for_an_empty_one(body: Any) -> None:
    with pytest.raises(CodatAnswerInvalid):
        await gateway_over(scripted(answer(body))).integrations()


async def test_an_entry_that_cannot_be_read_costs_only_itself() -> None:
    network = scripted(page(XERO, {"key": 5}, "text", None, {"key": "TOO-LONG", "name": "x"}))

    assert ["gbol"] == [i.key for i in await gateway_over(network).integrations()]


async def test_a_list_of_which_nothing_can_be_read_is_refused() -> None:
    with pytest.raises(CodatAnswerInvalid, match="not one entry"):
        await gateway_over(scripted(page({"id": 1}, "text"))).integrations()


async def test_an_integration_is_reported_as_codat_has_it() -> None:
    stranger = {
        "key": "abcd",
        "name": None,
        "enabled": False,
        "sourceType": "0f20c943-12d0-4800-9f6c-d218f62d494c",
        "isBeta": True,
        "datatypeFeatures": [{"datatype": "x", "supportedFeatures": "y"}],
        "addedLater": {"a": 1},
    }
    network = scripted(page({**XERO, "sourceType": "accounting"}, stranger))

    expected = (
        ReportedIntegration(
            key=GBOL, name="Xero", enabled=True, source_type=SourceType.ACCOUNTING
        ),
        ReportedIntegration(
            key=PlatformKey("abcd"),
            name="abcd",
            enabled=False,
            source_type=SourceType.UNKNOWN,
            is_beta=True,
        ),
    )
    assert expected == await gateway_over(network).integrations()


async def test_branding_may_be_complete() -> None:
    def image(name: str) -> dict[str, Any]:
        return {"image": {"src": f"https://static.codat.io/{name}.png", "alt": f"{name} icon"}}

    body = {
        "logo": {"full": image("full"), "square": image("square")},
        "button": {"default": image("default"), "hover": image("hover")},
        "sourceId": "8A156A5A-39CB-4F9D-856E-76EF9B9A9607",
    }

    branding = await gateway_over(scripted(answer(body))).branding(GBOL)

    def picture(name: str) -> BrandingImage:
        return BrandingImage(src=f"https://static.codat.io/{name}.png", alt=f"{name} icon")

    expected = Branding(
        logo_full=picture("full"),
        logo_square=picture("square"),
        button_default=picture("default"),
        button_hover=picture("hover"),
        source_id="8a156a5a-39cb-4f9d-856e-76ef9b9a9607",
    )
    assert expected == branding


# Companies, connections, configuration.


def company(name: str, number: int, created: str | None) -> dict[str, Any]:
    """A company as Codat lists it."""
    identity = f"00000000-0000-0000-0000-{number:012}"
    return {"id": identity, "name": name, "redirect": "https://x", "created": created}


async def test_a_merchants_companies_are_found_by_name_newest_first() -> None:
    network = scripted(
        page(
            company("m1", 1, "2024-01-01T00:00:00Z"),
            company("m1", 2, "2026-01-01T00:00:00.1234567Z"),
            company("other", 3, "2026-01-01T00:00:00Z"),
            company("m_1", 4, "2025-01-01T00:00:00"),
            company("m1", 5, "yesterday"),
            company("m1", 6, None),
            {**company("m1", 7, None), "id": "not-a-uuid"},
        )
    )

    found = await gateway_over(network).find_companies(MerchantIdentifier("m_1"))

    assert ["2", "4", "1", "5", "6"] == [company.id[-1] for company in found]
    assert Company(id=CompanyId("00000000-0000-0000-0000-000000000002"), name="m1") == found[0]
    assert network.targets[0].endswith("&query=name%3Dm_1%7C%7Cname%3Dm1")


async def test_where_the_search_is_refused_all_companies_are_looked_through() -> None:
    network = scripted(
        answer({"error": "Error parsing query"}, 400), page(company("m-1", 1, None))
    )

    assert 1 == len(await gateway_over(network).find_companies(MERCHANT))
    assert ["query" in target for target in network.targets] == [True, False]


async def test_a_name_of_nothing_but_stripped_characters_is_still_asked_for() -> None:
    network = scripted(page())

    assert () == await gateway_over(network).find_companies(MerchantIdentifier("_:"))
    assert network.targets[0].endswith("query=name%3D_%3A")


def connection(**fields: Any) -> dict[str, Any]:
    """A connection as Codat lists it."""
    return {"integrationKey": "gbol", "sourceType": "Accounting", "status": "Linked", **fields}


async def test_connections_are_read_leniently() -> None:
    network = scripted(
        page(
            connection(),
            connection(integrationKey="lqai", sourceType="Commerce", status="pendingAuth"),
            connection(integrationKey="fbrh", status="Resting", sourceType="New"),
            connection(integrationKey="fztf", status=None, sourceType=None),
            connection(integrationKey="NOPE"),
        )
    )

    found = await gateway_over(network).connections(COMPANY)

    accounting, missing = SourceType.ACCOUNTING, ConnectionStatus.MISSING
    expected = (
        Connection(key=GBOL, source_type=accounting, status=ConnectionStatus.LINKED),
        Connection(
            key=PlatformKey("lqai"),
            source_type=SourceType.COMMERCE,
            status=ConnectionStatus.PENDING_AUTH,
        ),
        Connection(key=PlatformKey("fbrh"), source_type=SourceType.UNKNOWN, status=missing),
        Connection(key=PlatformKey("fztf"), source_type=SourceType.UNKNOWN, status=missing),
    )
    assert expected == found
    assert [f"/companies/{COMPANY}/connections?page=1&pageSize=100"] == network.targets


async def test_a_connection_without_a_key_is_known_by_its_integration() -> None:
    integration = "0f20c943-12d0-4800-9f6c-d218f62d494c"
    nameless = connection(integrationKey=None, integrationId=integration)
    stranger = connection(integrationKey=None, integrationId=COMPANY)
    network = scripted(page(nameless, stranger), page({**XERO, "integrationId": integration}))

    assert ["gbol"] == [c.key for c in await gateway_over(network).connections(COMPANY)]


@pytest.mark.parametrize("company_id", ["", "m-1", "../companies", f"{COMPANY}/x"])
async def test_what_is_no_company_id_reaches_no_path(company_id: str) -> None:
    network = scripted(page())

    with pytest.raises(CodatNotFound):
        await gateway_over(network).connections(CompanyId(company_id))

    assert [] == network.requests


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"enable": True, "configured": True}, (True, True)),
        ({"enabled": True, "configured": True}, (True, True)),
        ({"enable": False, "enabled": True}, (False, False)),
        ({"enable": None, "enabled": True, "configured": None}, (True, False)),
        ({}, (False, False)),
    ],
)
async def test_the_switch_of_a_configuration_has_two_spellings(
    body: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    configuration = await gateway_over(scripted(answer(body))).configuration(COMPANY)

    enabled, configured = expected
    assert SyncConfiguration(enabled=enabled, configured=configured) == configuration


async def test_a_configuration_names_the_organisation() -> None:
    body = {"enable": True, "configured": True, "accountingSoftwareCompanyName": "Bank of Dave"}
    network = scripted(answer(body))

    configuration = await gateway_over(network).configuration(COMPANY)

    assert configuration is not None
    assert "Bank of Dave" == configuration.accounting_company
    assert [f"/config/companies/{COMPANY}/sync/commerce"] == network.targets


async def test_without_a_configuration_there_is_none() -> None:
    assert await gateway_over(scripted(answer({}, 404))).configuration(COMPANY) is None


# The clock.


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 09:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 08:59:00 GMT", -60),
    ],
)
async def test_codats_clock_is_compared_to_the_second(date: str, seconds: int) -> None:
    clock = FakeClock()
    clock.advance(0.9)
    network = scripted(answer({"results": []}, headers={"Date": date}))

    skew = await gateway_over(network, clock=clock).clock_skew()

    assert dt.timedelta(seconds=seconds) == skew
    assert ["/config/integrations?page=1&pageSize=1"] == network.targets


@pytest.mark.parametrize("lines", [{}, {"Date": "soon"}])
async def test_codat_need_not_tell_the_time(lines: dict[str, str]) -> None:
    assert await gateway_over(scripted(answer({}, headers=lines))).clock_skew() is None


async def test_without_an_answer_there_is_no_skew() -> None:
    with pytest.raises(CodatUnavailable):
        await gateway_over(scripted(answer({}, 500))).clock_skew()

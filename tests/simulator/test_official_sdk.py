"""Codat's official Python SDK drives each of its 22 operations, unchanged."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from codat_sync_for_commerce import CodatSyncCommerce
from codat_sync_for_commerce.models import errors, operations, shared

from tests.simulator.driving import AUTHORIZATION, MERCHANT, NOBODY, Driver


OPERATIONS = {
    "integrations": {"list", "get_branding"},
    "connections": {
        "get_sync_flow_url",
        "list",
        "create",
        "update_connection",
        "update_authorization",
    },
    "advanced_controls": {
        "list_companies",
        "create_company",
        "get_configuration",
        "set_configuration",
    },
    "sync": {
        "request",
        "request_for_date_range",
        "get_status",
        "get_last_successful_sync",
        "get_latest_sync",
        "get",
        "list",
    },
    "sync_flow_settings": {
        "get_config_text_sync_flow",
        "update_config_text_sync_flow",
        "get_visible_accounts",
        "update_visible_accounts_sync_flow",
    },
}


@pytest.fixture
def sdk(driver: Driver) -> Iterator[CodatSyncCommerce]:
    with CodatSyncCommerce(
        server_url=driver.running.api_url,
        security=shared.Security(auth_header=AUTHORIZATION),
        timeout_ms=5000,
        retry_config=None,
    ) as client:
        yield client


def test_these_are_all_operations_of_the_sdk(sdk: CodatSyncCommerce) -> None:
    found = {
        group: {
            name
            for name in dir(getattr(sdk, group))
            if not name.startswith(("_", "do_request"))
            and f"{name}_async" in dir(getattr(sdk, group))
        }
        for group in OPERATIONS
    }

    assert found == OPERATIONS
    assert sum(map(len, OPERATIONS.values())) == 22


def test_integrations(sdk: CodatSyncCommerce) -> None:
    listed = sdk.integrations.list(request={"query": "enabled=true", "order_by": "-modifiedDate"})
    branding = sdk.integrations.get_branding(request={"platform_key": "qhyg"})

    assert listed is not None
    assert listed.results is not None
    assert "gbol" in {integration.key for integration in listed.results}
    assert all(integration.enabled for integration in listed.results)
    assert listed.total_results == len(listed.results)
    assert branding is not None
    assert branding.button is not None
    assert branding.button.hover is not None


def test_connections(sdk: CodatSyncCommerce) -> None:
    company = sdk.advanced_controls.create_company(request={"name": MERCHANT})
    assert company is not None
    connection = sdk.connections.create(
        request={"company_id": company.id, "request_body": {"platform_key": "lqai"}}
    )
    assert connection is not None
    assert connection.status == shared.DataConnectionStatus.PENDING_AUTH
    one = {"company_id": company.id, "connection_id": connection.id}
    linked = sdk.connections.update_authorization(
        request=operations.UpdateConnectionAuthorizationRequest(
            **one, request_body={"account": "17"}
        )
    )
    assert linked is not None
    assert linked.status == shared.DataConnectionStatus.LINKED
    unlinked = sdk.connections.update_connection(
        request=operations.UpdateConnectionRequest(
            **one,
            update_connection=shared.UpdateConnection(status=shared.DataConnectionStatus.UNLINKED),
        )
    )
    assert unlinked is not None
    assert unlinked.status == shared.DataConnectionStatus.UNLINKED
    listed = sdk.connections.list(request={"company_id": company.id})

    assert listed is not None
    assert listed.results is not None
    assert [item.id for item in listed.results] == [connection.id]


def test_the_sync_flow_url(sdk: CodatSyncCommerce, driver: Driver) -> None:
    answer = sdk.connections.get_sync_flow_url(
        request={
            "commerce_key": "lqai",
            "accounting_key": "gbol",
            "merchant_identifier": MERCHANT,
        }
    )

    assert answer is not None
    assert answer.url is not None
    assert answer.url == driver.minted()["url"]
    assert answer.url.startswith(driver.running.sync_flow_url)


def test_companies_and_their_configuration(sdk: CodatSyncCommerce, driver: Driver) -> None:
    company = driver.set_up()
    listed = sdk.advanced_controls.list_companies(request={"query": "tags.a!=b", "page_size": 5})
    configuration = sdk.advanced_controls.get_configuration(request={"company_id": company["id"]})
    same = sdk.advanced_controls.set_configuration(request={"company_id": company["id"]})

    assert listed is not None
    assert listed.total_results == 0
    assert configuration is not None
    assert configuration.enable
    assert configuration.configured
    assert configuration.configuration is not None
    assert configuration.configuration.sales is not None
    assert configuration.configuration.sales.accounts is not None
    assert configuration == same


def test_syncs(sdk: CodatSyncCommerce, driver: Driver) -> None:
    company_id = driver.set_up()["id"]
    requested = sdk.sync.request(request={"company_id": company_id})
    driver.advance(6)
    historic = sdk.sync.request_for_date_range(
        request=operations.RequestSyncForDateRangeRequest(
            company_id=company_id,
            sync_range=shared.SyncRange(
                date_range=shared.DateRange(
                    start="2022-10-23T00:00:00Z", finish="2022-10-24T00:00:00Z"
                )
            ),
        )
    )
    driver.advance(6)

    status = sdk.sync.get_status(request={"company_id": company_id})
    latest = sdk.sync.get_latest_sync(request={"company_id": company_id})
    successful = sdk.sync.get_last_successful_sync(request={"company_id": company_id})
    listed = sdk.sync.list(request={"company_id": company_id})

    assert requested is not None
    assert historic is not None
    assert requested.sync_status_code == 1000
    assert status is not None
    assert status.sync_status_code == 2000
    assert status.data_connections is not None
    assert latest is not None
    assert latest.sync_id == historic.commerce_sync_id == status.sync_id
    assert latest == successful
    assert listed is not None
    assert len(listed) == 2
    by_id = sdk.sync.get(request={"company_id": company_id, "sync_id": str(listed[1].sync_id)})
    assert by_id is not None
    assert by_id.sync_id == requested.commerce_sync_id
    assert by_id.data_pushed


# The SDK's own way of writing a body is deprecated in the pydantic that it runs on.
@pytest.mark.filterwarnings("ignore:Accessing the 'model_fields' attribute")
def test_sync_flow_settings(sdk: CodatSyncCommerce) -> None:
    key = "configure-content-sales-title"
    changed = sdk.sync_flow_settings.update_config_text_sync_flow(
        request={"locale": shared.Locale.EN_US, "request_body": {key: {"text": "Takings"}}}
    )
    texts = sdk.sync_flow_settings.get_config_text_sync_flow(
        request={"locale": shared.Locale.EN_US}
    )
    french = sdk.sync_flow_settings.get_config_text_sync_flow(
        request={"locale": shared.Locale.FR_FR}
    )
    chosen = sdk.sync_flow_settings.update_visible_accounts_sync_flow(
        request={"platform_key": "lqai", "visible_accounts": {"visible_accounts": ["a"]}}
    )
    visible = sdk.sync_flow_settings.get_visible_accounts(
        request={"platform_key": "lqai", "client_id": NOBODY}
    )

    assert texts is not None
    assert texts[key].text == "Takings"
    assert changed == texts
    assert french is not None
    assert french[key].text == "Sales"
    assert visible is not None
    assert visible.visible_accounts == ["a"]
    assert chosen == visible


def test_refusals_are_what_the_sdk_takes_for_codats_own(
    sdk: CodatSyncCommerce, driver: Driver
) -> None:
    with pytest.raises(errors.ErrorMessage) as missing:
        sdk.sync.get_latest_sync(request={"company_id": NOBODY})
    driver.scenario(operation="integrations", status=503)
    with pytest.raises(errors.ErrorMessage) as maintenance:
        sdk.integrations.list(request={})

    assert missing.value.data.status_code == 404
    assert missing.value.data.service == "ClientsApi"
    assert maintenance.value.data.status_code == 503


@pytest.mark.anyio
async def test_the_asynchronous_half(driver: Driver) -> None:
    async with CodatSyncCommerce(
        server_url=driver.running.api_url,
        security=shared.Security(auth_header=AUTHORIZATION),
        timeout_ms=5000,
        retry_config=None,
    ) as sdk:
        listed = await sdk.integrations.list_async(request={"page_size": 1})
        company = await sdk.advanced_controls.create_company_async(request={"name": MERCHANT})
        assert company is not None
        summary = await sdk.sync.request_async(
            request={
                "company_id": company.id,
                "sync_to_latest_args": {"sync_to": datetime.now(UTC).isoformat()},  # noqa: TID251  # really now
            }
        )
        answer = await sdk.connections.get_sync_flow_url_async(
            request={
                "commerce_key": "lqai",
                "accounting_key": "gbol",
                "merchant_identifier": company.id,
            }
        )

    assert listed is not None
    assert listed.total_results > 1
    assert summary is not None
    assert summary.sync_status_code == 4000
    assert answer is not None
    assert driver.minted()["companyId"] == company.id

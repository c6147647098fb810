import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import (
    BEST_FIRST,
    Company,
    Connection,
    ConnectionReport,
    ConnectionStatus,
    SyncConfiguration,
    report_on,
    stands_for,
)
from domain.model.connector import Connector, Side
from domain.model.integration import SourceType
from tests import strategies


XERO = PlatformKey("gbol")
TILL = Connector(key=PlatformKey("lqai"), side=Side.COMMERCE)
COMPANY = Company(id=CompanyId("11111111-2222-4333-8444-555555555555"), name="m-1")
READY = SyncConfiguration(enabled=True, configured=True, accounting_company="Demo Ltd")


def connection(key: str, status: ConnectionStatus) -> Connection:
    return Connection(key=PlatformKey(key), source_type=SourceType.OTHER, status=status)


def report(
    *connections: Connection, configuration: SyncConfiguration | None = READY
) -> ConnectionReport:
    return report_on(COMPANY, connections, configuration, connector=TILL, choice=XERO)


LINKED = (
    connection("gbol", ConnectionStatus.LINKED),
    connection("lqai", ConnectionStatus.LINKED),
)


def test_it_is_complete_when_both_ends_are_linked_configured_and_enabled() -> None:
    complete = report(*LINKED)

    expected = ConnectionReport(
        company=COMPANY.id,
        choice=ConnectionStatus.LINKED,
        connector=ConnectionStatus.LINKED,
        enabled=True,
        configured=True,
        organisation="Demo Ltd",
    )
    assert expected == complete
    assert complete.complete


@given(
    choice=strategies.connection_statuses,
    connector=strategies.connection_statuses,
    configuration=st.none() | strategies.configurations,
)
def test_it_is_complete_in_no_other_case(
    choice: ConnectionStatus,
    connector: ConnectionStatus,
    configuration: SyncConfiguration | None,
) -> None:
    ends = (connection("gbol", choice), connection("lqai", connector))

    expected = (
        choice is ConnectionStatus.LINKED
        and connector is ConnectionStatus.LINKED
        and configuration is not None
        and configuration.enabled
        and configuration.configured
    )
    assert expected is report(*ends, configuration=configuration).complete


def test_nothing_at_all_is_not_complete() -> None:
    assert not ConnectionReport().complete


@pytest.mark.parametrize("wrong", ["qhyg", "lqai"])
def test_connections_to_other_integrations_do_not_count(wrong: str) -> None:
    told = report(connection(wrong, ConnectionStatus.LINKED), LINKED[1])

    assert ConnectionStatus.MISSING is told.choice
    assert not told.complete


@given(st.lists(strategies.connection_statuses, min_size=1, max_size=6))
def test_the_best_of_several_connections_counts_in_whatever_order(
    statuses: list[ConnectionStatus],
) -> None:
    several = [connection("gbol", status) for status in statuses]

    best = next(status for status in BEST_FIRST if status in statuses)
    for order in itertools.islice(itertools.permutations(several), 24):
        assert best is report(*order).choice


def test_every_status_has_its_rank() -> None:
    assert set(ConnectionStatus) == set(BEST_FIRST)


@given(
    company=strategies.companies,
    connections=st.lists(strategies.connections, max_size=8),
    configuration=st.none() | strategies.configurations,
    connector=strategies.connectors,
    choice=strategies.platform_keys,
)
def test_whatever_codat_says_can_be_reported(
    company: Company,
    connections: list[Connection],
    configuration: SyncConfiguration | None,
    connector: Connector,
    choice: PlatformKey,
) -> None:
    told = report_on(company, connections, configuration, connector=connector, choice=choice)

    assert company.id == told.company


@pytest.mark.parametrize(
    ("name", "merchant", "expected"),
    [
        ("shop-17", "shop-17", True),
        ("shop17", "shop_17", True),
        ("shop_17", "shop_17", True),
        ("erp17", "erp:17", True),
        ("shop-1", "shop-17", False),
        ("shop-17 ", "shop-17", False),
        ("SHOP-17", "shop-17", False),
        ("shop_17", "shop17", False),
        ("", "_", True),
    ],
)
def test_a_company_stands_for_a_merchant_by_its_name(
    name: str, merchant: str, *, expected: bool
) -> None:
    company = Company(id=COMPANY.id, name=name)

    assert expected is stands_for(company, MerchantIdentifier(merchant))

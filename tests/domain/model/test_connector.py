import pytest
from hypothesis import given

from domain.errors import IntegrationUnknown
from domain.ids import PlatformKey
from domain.model.connector import Connector, Side, SyncRoute
from domain.model.integration import SourceType
from tests import strategies


@given(connector=strategies.connectors, choice=strategies.platform_keys)
def test_the_connector_takes_its_own_side_of_the_route_and_nothing_else(
    connector: Connector, choice: PlatformKey
) -> None:
    if choice == connector.key:
        with pytest.raises(IntegrationUnknown):
            connector.route_to(choice)
        return

    route = connector.route_to(choice)

    ends = {Side.COMMERCE: route.commerce_key, Side.ACCOUNTING: route.accounting_key}
    assert connector.key == ends[connector.side]
    assert choice == ends[connector.side.other]


@given(connector=strategies.connectors, key=strategies.platform_keys, side=strategies.sides)
def test_only_others_on_the_other_side_are_admitted(
    connector: Connector, key: PlatformKey, side: Side
) -> None:
    expected = key != connector.key and side is not connector.side

    assert expected is connector.admits(key, side)


def test_a_till_s_route_has_the_till_first() -> None:
    till = Connector(key=PlatformKey("lqai"), side=Side.COMMERCE)

    expected = SyncRoute(commerce_key=PlatformKey("lqai"), accounting_key=PlatformKey("gbol"))
    assert expected == till.route_to(PlatformKey("gbol"))


def test_the_sides_lie_across_from_each_other() -> None:
    assert Side.ACCOUNTING is Side.COMMERCE.other
    assert Side.COMMERCE is Side.ACCOUNTING.other
    assert SourceType.COMMERCE is Side.COMMERCE.source_type
    assert SourceType.ACCOUNTING is Side.ACCOUNTING.source_type

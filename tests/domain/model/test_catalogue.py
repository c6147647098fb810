from collections.abc import Iterable

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import ChoiceRefused, IntegrationNotAvailable, IntegrationUnknown
from domain.ids import PlatformKey
from domain.model.catalogue import Catalogue, Curation, LeftOut, WhyLeftOut, compose
from domain.model.connector import Connector, Side
from domain.model.integration import (
    Availability,
    Branding,
    BrandingImage,
    Integration,
    ReportedIntegration,
    SourceType,
)
from domain.model.supported import SUPPORTED, SupportedIntegration
from tests import strategies


XERO = PlatformKey("gbol")
QUICKBOOKS = PlatformKey("qhyg")
SAGE = PlatformKey("tgff")
SHOPIFY = PlatformKey("fztf")
SANDBOX = PlatformKey("mqjo")
TILL = Connector(key=PlatformKey("lqai"), side=Side.COMMERCE)
EVERYTHING = [
    ReportedIntegration(
        key=row.key, name=f"reported {row.name}", enabled=True, source_type=row.side.source_type
    )
    for row in SUPPORTED
]


def keys(integrations: Iterable[Integration]) -> list[str]:
    return [integration.key for integration in integrations]


def why_left_out(catalogue: Catalogue, key: str) -> list[WhyLeftOut]:
    return [entry.why for entry in catalogue.left_out if entry.key == key]


@given(
    connector=strategies.connectors,
    reported=strategies.reports,
    curation=strategies.curations,
    supported=st.just(SUPPORTED) | st.lists(strategies.supported, max_size=20),
)
def test_the_connector_is_never_offered_and_neither_is_its_side(
    connector: Connector,
    reported: list[ReportedIntegration],
    curation: Curation,
    supported: Iterable[SupportedIntegration],
) -> None:
    catalogue = compose(connector, reported, curation, supported)

    assert connector.key not in keys(catalogue.offered)
    for integration in catalogue.offered:
        assert integration.source_type is connector.side.other.source_type


@given(
    connector=strategies.connectors,
    reported=strategies.reports,
    curation=strategies.curations,
    narrowed=st.none() | st.frozensets(strategies.platform_keys),
)
def test_the_connector_cannot_be_chosen_however_the_offer_is_narrowed(
    connector: Connector,
    reported: list[ReportedIntegration],
    curation: Curation,
    narrowed: frozenset[PlatformKey] | None,
) -> None:
    widest = None if narrowed is None else narrowed | {connector.key}
    catalogue = compose(connector, reported, curation).narrowed_to(widest)

    with pytest.raises(IntegrationUnknown):
        catalogue.choose(connector.key)
    with pytest.raises(IntegrationUnknown):
        catalogue.find(connector.key)


@pytest.mark.parametrize(
    "spelling",
    ["LQAI", "Lqai", " lqai", "lqai ", "lqai\n", "lqai\x00", "lq\u200bai", "\uff4cqai", ""],
)
def test_other_spellings_of_the_connector_are_no_integration_either(spelling: str) -> None:
    catalogue = compose(TILL, EVERYTHING, Curation())

    with pytest.raises(IntegrationUnknown):
        catalogue.choose(PlatformKey(spelling))


@given(
    connector=strategies.connectors,
    offered=st.lists(strategies.integrations, max_size=5),
    impostor=strategies.integrations,
    at=st.integers(0, 5),
)
def test_a_catalogue_with_the_connector_in_it_cannot_be_made(
    connector: Connector, offered: list[Integration], impostor: Integration, at: int
) -> None:
    other_side = connector.side.other.source_type
    impostor = attrs.evolve(impostor, key=connector.key, source_type=other_side)
    offered.insert(at, impostor)

    with pytest.raises(ValueError, match="must never be offered"):
        Catalogue(connector=connector, offered=tuple(offered))


@given(
    connector=strategies.connectors,
    integration=strategies.integrations,
    source_type=strategies.source_types,
)
def test_a_catalogue_with_something_of_the_connectors_side_cannot_be_made(
    connector: Connector, integration: Integration, source_type: SourceType
) -> None:
    assume(source_type is not connector.side.other.source_type)
    misplaced = attrs.evolve(integration, source_type=source_type)

    with pytest.raises(ValueError, match="must never be offered"):
        Catalogue(connector=connector, offered=(misplaced,))


def test_the_connector_cannot_be_put_into_a_catalogue_later() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation())
    impostor = attrs.evolve(catalogue.offered[0], key=TILL.key)

    with pytest.raises(ValueError, match="must never be offered"):
        attrs.evolve(catalogue, offered=(*catalogue.offered, impostor))
    listed = [*catalogue.offered]
    apart = Catalogue(connector=TILL, offered=listed)
    listed.append(impostor)
    assert catalogue.offered == apart.offered
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        catalogue.offered = (impostor,)  # type: ignore[misc]  # what is tried is forbidden


@given(
    connector=strategies.connectors,
    reported=strategies.reports,
    curation=strategies.curations,
)
def test_everything_is_either_offered_once_or_left_out_once(
    connector: Connector, reported: list[ReportedIntegration], curation: Curation
) -> None:
    catalogue = compose(connector, reported, curation)
    seen = keys(catalogue.offered) + [entry.key for entry in catalogue.left_out]

    named = {row.key for row in SUPPORTED} | {r.key for r in reported} | {*(curation.listed or ())}
    assert sorted(named) == sorted(seen)


@given(
    connector=strategies.connectors,
    reported=strategies.reports,
    curation=strategies.curations,
)
def test_what_is_available_is_enabled_at_codat(
    connector: Connector, reported: list[ReportedIntegration], curation: Curation
) -> None:
    catalogue = compose(connector, reported, curation)

    enabled = {r.key for r in reported if r.enabled}
    for integration in catalogue.offered:
        if integration.availability is Availability.AVAILABLE:
            assert integration.key in enabled


def test_a_till_is_offered_accounting_packages_in_the_shipped_order() -> None:
    catalogue = compose(TILL, reversed(EVERYTHING), Curation())

    expected = ["qudb", "pbbf", "fbrh", "pdvj", "qhyg", "gbol", "tgff"]
    assert expected == keys(catalogue.offered)
    assert {SourceType.ACCOUNTING} == {i.source_type for i in catalogue.offered}
    assert "Xero" == catalogue.find(XERO).name


def test_an_accounting_package_is_offered_tills_and_shops() -> None:
    connector = Connector(key=PlatformKey("dfxm"), side=Side.ACCOUNTING)

    catalogue = compose(connector, EVERYTHING, Curation())

    assert ["fqly", "ldgh", "fztf", "ugxp"] == keys(catalogue.offered)


def test_a_supported_integration_that_serves_as_connector_is_left_out_as_such() -> None:
    connector = Connector(key=SHOPIFY, side=Side.COMMERCE)

    catalogue = compose(connector, EVERYTHING, Curation((SHOPIFY, XERO)))

    assert ["gbol"] == keys(catalogue.offered)
    assert [WhyLeftOut.CONNECTOR] == why_left_out(catalogue, SHOPIFY)


def test_the_operators_list_narrows_and_orders_the_offer() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation((XERO, QUICKBOOKS)))

    assert ["gbol", "qhyg"] == keys(catalogue.offered)
    assert [WhyLeftOut.NOT_LISTED] == why_left_out(catalogue, "fbrh")


def test_an_integration_that_is_listed_twice_is_offered_once() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation((XERO, QUICKBOOKS, XERO)))

    assert ["gbol", "qhyg"] == keys(catalogue.offered)


def test_an_empty_list_offers_nothing() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation(()))

    assert () == catalogue.offered


def test_a_listed_integration_that_nobody_knows_is_left_out_under_its_key() -> None:
    catalogue = compose(TILL, [], Curation((PlatformKey("zzzz"),)))

    expected = LeftOut(key=PlatformKey("zzzz"), name="zzzz", why=WhyLeftOut.NOT_SUPPORTED)
    assert expected == catalogue.left_out[0]


def test_a_sandbox_is_offered_only_where_the_operator_names_it() -> None:
    assert SANDBOX not in keys(compose(TILL, EVERYTHING, Curation()).offered)
    assert ["mqjo"] == keys(compose(TILL, EVERYTHING, Curation((SANDBOX,))).offered)


def test_what_codat_has_not_enabled_is_left_out() -> None:
    disabled = [attrs.evolve(r, enabled=r.key != XERO) for r in EVERYTHING]

    catalogue = compose(TILL, disabled, Curation())

    assert XERO not in keys(catalogue.offered)
    assert [WhyLeftOut.NOT_ENABLED] == why_left_out(catalogue, XERO)


def test_what_stands_on_the_connectors_side_is_left_out_for_that_reason() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation())

    assert [WhyLeftOut.WRONG_SIDE] == why_left_out(catalogue, SHOPIFY)


def test_what_sync_for_commerce_does_not_support_is_left_out_under_codats_name() -> None:
    netsuite = ReportedIntegration(
        key=PlatformKey("akxx"), name="NetSuite", enabled=True, source_type=SourceType.ACCOUNTING
    )

    catalogue = compose(TILL, [netsuite], Curation())

    expected = LeftOut(key=netsuite.key, name="NetSuite", why=WhyLeftOut.NOT_SUPPORTED)
    assert expected in catalogue.left_out


def test_the_shipped_side_counts_whatever_codat_says() -> None:
    lie = ReportedIntegration(key=XERO, name="Xero", enabled=True, source_type=SourceType.COMMERCE)

    assert ["gbol"] == keys(compose(TILL, [lie], Curation()).offered)


@pytest.mark.parametrize("mark", [Availability.COMING_SOON, Availability.DISABLED])
def test_a_mark_shows_what_codat_has_not_enabled_but_lets_nobody_start_it(
    mark: Availability,
) -> None:
    catalogue = compose(TILL, [], Curation((XERO,), {XERO: mark}))

    assert ["gbol"] == keys(catalogue.offered)
    with pytest.raises(IntegrationNotAvailable) as refused:
        catalogue.choose(XERO)
    assert (XERO, "Xero", mark.value) == (
        refused.value.key,
        refused.value.name,
        refused.value.availability,
    )


def test_a_mark_cannot_make_available_what_codat_has_not_enabled() -> None:
    catalogue = compose(TILL, [], Curation((XERO,), {XERO: Availability.AVAILABLE}))

    assert () == catalogue.offered


def test_what_is_shipped_as_coming_soon_can_be_marked_as_available() -> None:
    as_shipped = compose(TILL, EVERYTHING, Curation())
    marked = compose(TILL, EVERYTHING, Curation(None, {SAGE: Availability.AVAILABLE}))

    assert Availability.COMING_SOON is as_shipped.find(SAGE).availability
    assert Availability.AVAILABLE is marked.choose(SAGE).availability


def test_what_is_available_can_be_chosen() -> None:
    assert "Xero" == compose(TILL, EVERYTHING, Curation()).choose(XERO).name


@given(strategies.anything)
def test_whatever_is_chosen_is_on_offer_or_refused(choice: object) -> None:
    catalogue = compose(TILL, EVERYTHING, Curation())

    try:
        chosen = catalogue.choose(choice)  # type: ignore[arg-type]  # callers may err
    except ChoiceRefused:
        assert choice not in keys(catalogue.offered)
    else:
        assert chosen.key == choice


def test_narrowing_keeps_the_order_and_what_was_left_out() -> None:
    catalogue = compose(TILL, EVERYTHING, Curation((XERO, QUICKBOOKS, SAGE)))

    narrowed = catalogue.narrowed_to({SAGE, XERO})

    assert ["gbol", "tgff"] == keys(narrowed.offered)
    assert catalogue.left_out == narrowed.left_out
    assert catalogue is catalogue.narrowed_to(None)
    assert () == catalogue.narrowed_to(frozenset()).offered


def test_branding_is_put_on_where_there_is_some() -> None:
    logo = Branding(logo_full=BrandingImage(src="https://static.codat.io/xero.png", alt="Xero"))
    catalogue = compose(TILL, EVERYTHING, Curation((XERO, SAGE)))

    dressed = catalogue.with_branding({XERO: logo, TILL.key: logo})

    assert [logo, Branding()] == [integration.branding for integration in dressed.offered]

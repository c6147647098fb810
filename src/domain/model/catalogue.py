"""What merchants are offered, what is left out, and why."""

import enum
from collections.abc import Collection, Iterable, Mapping

import attrs

from domain.errors import IntegrationNotAvailable, IntegrationUnknown
from domain.ids import PlatformKey
from domain.model.connector import Connector
from domain.model.integration import Availability, Branding, Integration, ReportedIntegration
from domain.model.supported import SUPPORTED, SupportedIntegration


class WhyLeftOut(enum.Enum):
    """Why an integration that Codat reports, or supports, is not offered."""

    CONNECTOR = "it is the connector"
    WRONG_SIDE = "it stands on the connector's side"
    NOT_SUPPORTED = "Sync for Commerce does not support it"
    NOT_ENABLED = "it is not enabled for this client in the Codat Portal"
    NOT_LISTED = "the operator's list does not name it"
    WITHDRAWN = "Codat did not know it when a merchant chose it"


@attrs.frozen(kw_only=True)
class LeftOut:
    """One integration that merchants do not see."""

    key: PlatformKey
    name: str
    why: WhyLeftOut


@attrs.frozen
class Curation:
    """
    What the operator makes of the supported integrations.

    *listed* narrows and orders them (`None`: all, in the shipped order);
    *marked* sets the availability of some.
    """

    listed: tuple[PlatformKey, ...] | None = None
    marked: Mapping[PlatformKey, Availability] = attrs.field(factory=dict)


def _fixed(offered: Iterable[Integration]) -> tuple[Integration, ...]:
    # What was checked must not grow afterwards.
    return tuple(offered)


@attrs.frozen(kw_only=True)
class Catalogue:
    """
    The integrations on offer; it cannot be made so that it contains the connector.

    Raises:
        ValueError: *offered* contains the connector (rule 1).
    """

    connector: Connector
    offered: tuple[Integration, ...] = attrs.field(converter=_fixed)
    left_out: tuple[LeftOut, ...] = ()

    @offered.validator
    def _check_offered(self, _: object, offered: tuple[Integration, ...]) -> None:
        other_side = self.connector.side.other.source_type
        for integration in offered:
            if integration.key == self.connector.key or integration.source_type is not other_side:
                raise ValueError("The connector, and its side, must never be offered.")

    def choose(self, key: PlatformKey) -> Integration:
        """
        The integration that a merchant may start by this *key*.

        Raises:
            IntegrationUnknown: it is not on offer; so is the connector.
            IntegrationNotAvailable: it is on show only.
        """
        integration = self.find(key)
        if integration.availability is not Availability.AVAILABLE:
            raise IntegrationNotAvailable(key, integration.name, integration.availability.value)
        return integration

    def find(self, key: PlatformKey) -> Integration:
        """
        The integration on show by this *key*, whether or not it can be started.

        Raises:
            IntegrationUnknown: it is not on offer; so is the connector.
        """
        for integration in self.offered:
            if integration.key == key:
                return integration
        raise IntegrationUnknown(key)

    def narrowed_to(self, keys: Collection[PlatformKey] | None) -> "Catalogue":
        """The same, with only *keys* on offer; `None` means all."""
        if keys is None:
            return self
        return attrs.evolve(self, offered=tuple(i for i in self.offered if i.key in keys))

    def without(self, key: PlatformKey) -> "Catalogue":
        """The same without *key*, which turned out not to be there."""
        gone = tuple(
            LeftOut(key=i.key, name=i.name, why=WhyLeftOut.WITHDRAWN)
            for i in self.offered
            if i.key == key
        )
        kept = tuple(i for i in self.offered if i.key != key)
        return attrs.evolve(self, offered=kept, left_out=(*self.left_out, *gone))

    def with_branding(self, brandings: Mapping[PlatformKey, Branding]) -> "Catalogue":
        """The same, each integration with its branding where there is one."""
        dressed = (
            attrs.evolve(i, branding=brandings[i.key]) if i.key in brandings else i
            for i in self.offered
        )
        return attrs.evolve(self, offered=tuple(dressed))


def compose(
    connector: Connector,
    reported: Iterable[ReportedIntegration],
    curation: Curation,
    supported: Iterable[SupportedIntegration] = SUPPORTED,
) -> Catalogue:
    """
    Intersect what is *supported* with what Codat *reported*, less the connector.

    Sides are those of the shipped data, whatever the upstream says.
    An integration that the operator marks is shown even where Codat has not enabled it,
    unless it is marked as available: that would be a dead end.
    """
    told = {r.key: r for r in reported}
    known = {s.key: s for s in supported}
    listed = curation.listed
    if listed is None:
        listed = tuple(s.key for s in known.values() if not s.sandbox)
    offered: list[Integration] = []
    left_out: list[LeftOut] = []

    for key in dict.fromkeys((*listed, *known, *told)):
        row, report = known.get(key), told.get(key)
        named = row or report
        name = named.name if named else key
        on_show_only = curation.marked.get(key, Availability.AVAILABLE)
        enabled = (report is not None and report.enabled) or (
            on_show_only is not Availability.AVAILABLE
        )
        why = _why_left_out(connector, key, row, listed, enabled=enabled)
        if row is None or why is not None:
            left_out.append(LeftOut(key=key, name=name, why=why or WhyLeftOut.NOT_SUPPORTED))
            continue
        offered.append(
            Integration(
                key=key,
                name=name,
                source_type=row.side.source_type,
                availability=curation.marked.get(key, row.availability),
            )
        )

    return Catalogue(connector=connector, offered=tuple(offered), left_out=tuple(left_out))


def _why_left_out(
    connector: Connector,
    key: PlatformKey,
    row: SupportedIntegration | None,
    listed: Collection[PlatformKey],
    *,
    enabled: bool,
) -> WhyLeftOut | None:
    if key == connector.key:
        return WhyLeftOut.CONNECTOR
    if row is None:
        return WhyLeftOut.NOT_SUPPORTED
    if not connector.admits(key, row.side):
        return WhyLeftOut.WRONG_SIDE
    if key not in listed:
        return WhyLeftOut.NOT_LISTED
    return None if enabled else WhyLeftOut.NOT_ENABLED

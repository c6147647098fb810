"""
Rule 1: the connector is never offered and never started.

The connector is the integration that Codat deployed to the platform's own API.
It sits on one side of every sync; the merchant's choice is always on the other.
"""

import enum

import attrs

from domain.errors import IntegrationUnknown
from domain.ids import PlatformKey
from domain.model.integration import SourceType


class Side(enum.Enum):
    """One of the two ends of a sync."""

    COMMERCE = "commerce"
    ACCOUNTING = "accounting"

    @property
    def other(self) -> "Side":
        """The end across from this one."""
        return Side.ACCOUNTING if self is Side.COMMERCE else Side.COMMERCE

    @property
    def source_type(self) -> SourceType:
        """The kind of system that can stand on this side."""
        return SourceType.COMMERCE if self is Side.COMMERCE else SourceType.ACCOUNTING


@attrs.frozen
class SyncRoute:
    """The two keys of Codat's start call, each in its own path segment."""

    commerce_key: PlatformKey
    accounting_key: PlatformKey


@attrs.frozen(kw_only=True)
class Connector:
    """The platform's own end: a *key* and the *side* on which it stands."""

    key: PlatformKey
    side: Side

    def admits(self, key: PlatformKey, side: Side) -> bool:
        """Whether an integration *key* that stands on *side* may be offered at all."""
        return key != self.key and side is self.side.other

    def route_to(self, choice: PlatformKey) -> SyncRoute:
        """
        Put the connector on its side and the merchant's *choice* on the other.

        Raises:
            IntegrationUnknown: the choice is the connector itself.
        """
        if choice == self.key:
            raise IntegrationUnknown(choice)
        if self.side is Side.COMMERCE:
            return SyncRoute(commerce_key=self.key, accounting_key=choice)
        return SyncRoute(commerce_key=choice, accounting_key=self.key)

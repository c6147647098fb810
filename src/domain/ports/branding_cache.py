"""The copy of what Codat says of its integrations, so that a page view costs no call."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol, TypeAlias, TypeVar

from domain.ids import PlatformKey
from domain.model.freshness import Dated
from domain.model.integration import Branding, ReportedIntegration


T = TypeVar("T")
Load: TypeAlias = Callable[[], Awaitable[T]]
LoadBranding: TypeAlias = Callable[[PlatformKey], Awaitable[Branding]]


class BrandingCache(Protocol):
    """
    Reads through to Codat by the *load* that it is given.

    A fresh copy is served as it is. A stale one is served at once, while one load runs in the
    background. Without a usable copy the caller waits for the load. However many ask, at most
    one load of the same thing runs at a time. A load that fails leaves the copy as it was.
    Copies survive a restart.
    """

    async def integrations(
        self, load: Load[tuple[ReportedIntegration, ...]]
    ) -> Dated[tuple[ReportedIntegration, ...]]:
        """
        The list of integrations; the last known one is served however old it is.

        Raises:
            CodatError: there is no copy, and the load failed; for a few seconds everyone is told
                so without another load.
        """
        ...

    async def brandings(
        self, keys: Collection[PlatformKey], load: LoadBranding
    ) -> Mapping[PlatformKey, Dated[Branding]]:
        """
        The branding of each of *keys*, loaded side by side, a few at a time.

        A key is missing where neither Codat nor a copy of at most 24 hours has an answer.
        """
        ...

    async def refresh(self, key: PlatformKey, load: LoadBranding) -> Dated[Branding]:
        """
        Load one branding now, whatever the copy's age, and keep it.

        Raises:
            CodatError: the load failed; the copy is left as it was.
        """
        ...

    async def peek(self, key: PlatformKey) -> Dated[Branding] | None:
        """The copy of one branding as it is, however old; nothing is loaded."""
        ...

    async def ping(self) -> None:
        """Raise `StorageUnavailable` where copies cannot be kept at the moment."""
        ...

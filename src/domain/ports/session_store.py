"""Where sync sessions are kept."""

from typing import Protocol

import attrs

from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_session import SyncSession, SyncSessionStatus


@attrs.frozen(kw_only=True)
class SessionQuery:
    """
    Which sync sessions: all that match every field that is given, newest first.

    *before* is the id of the last one seen, for the next page.
    """

    merchant: MerchantIdentifier | None = None
    platform_key: PlatformKey | None = None
    status: SyncSessionStatus | None = None
    before: SyncSessionId | None = None
    limit: int = 50


class SessionStore(Protocol):
    """
    Keeps sync sessions with their timelines.

    What a method acknowledged by returning survives the end of the process and of the power.
    Every method may raise `StorageUnavailable`; then nothing was acknowledged.
    """

    async def add(self, session: SyncSession) -> None:
        """
        Keep a new sync session.

        Raises:
            SyncSessionChanged: there is one by this id already; it is left as it is.
        """
        ...

    async def get(self, session: SyncSessionId) -> SyncSession:
        """
        The sync session as it was last saved.

        Raises:
            SyncSessionUnknown: there is none.
        """
        ...

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        """
        Replace *before*, as it was loaded or saved, by *after*, which adds to its timeline.

        Raises:
            SyncSessionChanged: it is not as *before* any more.
            SyncFlowUrlRepeated: *after* hands over a URL that was handed over before, in any
                sync session (rule 2); nothing was saved.
        """
        ...

    async def find(self, query: SessionQuery) -> tuple[SyncSession, ...]:
        """The sync sessions that match, newest first."""
        ...

    async def ping(self) -> None:
        """Raise `StorageUnavailable` where nothing can be read or written at the moment."""
        ...

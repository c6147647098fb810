"""Look at sync sessions."""

import attrs

from domain.model.caller import Backend, Caller
from domain.model.sync_session import SyncSession
from domain.ports.session_store import SessionQuery, SessionStore


@attrs.frozen(kw_only=True)
class ReadSyncSessions:
    """Shows a caller its own sync sessions; the backend sees all."""

    sessions: SessionStore

    async def __call__(self, query: SessionQuery, caller: Caller) -> tuple[SyncSession, ...]:
        """The sync sessions that match *query* and are the caller's to see, newest first."""
        if not isinstance(caller, Backend):
            query = attrs.evolve(query, merchant=caller.identifier)
        return await self.sessions.find(query)

"""Sync sessions that are kept in memory, by a store that can be told to fail."""

import attrs

from domain.errors import (
    StorageUnavailable,
    SyncFlowUrlRepeated,
    SyncSessionChanged,
    SyncSessionUnknown,
)
from domain.ids import SyncSessionId
from domain.model.sync_session import SyncSession
from domain.ports.session_store import SessionQuery


@attrs.define
class FakeSessionStore:
    """
    Keeps the SessionStore port.

    *history* has every state that was ever acknowledged, oldest first.
    With *storage_fails* nothing can be read or written;
    *writes_left* is how many writes still succeed (`None`: all).
    """

    storage_fails: bool = False
    writes_left: int | None = None
    history: list[SyncSession] = attrs.field(factory=list)
    sessions: dict[SyncSessionId, SyncSession] = attrs.field(factory=dict)

    async def add(self, session: SyncSession) -> None:
        if session.id in self.sessions:
            raise SyncSessionChanged(session.id)
        self._write(session)

    async def get(self, session: SyncSessionId) -> SyncSession:
        self._expect_storage()
        try:
            return self.sessions[session]
        except KeyError:
            raise SyncSessionUnknown(session) from None

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        _expect_growth(before, after)
        self._expect_storage()
        if self.sessions.get(before.id) != before:
            raise SyncSessionChanged(before.id)
        added = [e.fingerprint for e in after.timeline[before.version :] if e.fingerprint]
        if len(added) > len(set(added)) or set(added) & self._fingerprints():
            raise SyncFlowUrlRepeated
        self._write(after)

    async def find(self, query: SessionQuery) -> tuple[SyncSession, ...]:
        self._expect_storage()
        if query.before is not None and not query.before.isascii():
            return ()
        newest_first = sorted(self.sessions.values(), key=lambda kept: kept.id, reverse=True)
        matching = [
            kept
            for kept in newest_first
            if (query.merchant is None or kept.merchant == query.merchant)
            and (query.platform_key is None or kept.platform_key == query.platform_key)
            and (query.status is None or kept.status is query.status)
            and (query.before is None or kept.id < query.before)
        ]
        return tuple(matching[: max(query.limit, 0)])

    async def ping(self) -> None:
        self._expect_storage()
        if self.writes_left == 0:
            raise StorageUnavailable("the disk is full")

    def _write(self, session: SyncSession) -> None:
        self._expect_storage()
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise StorageUnavailable("the disk is full")
            self.writes_left -= 1
        self.sessions[session.id] = session
        self.history.append(session)

    def _fingerprints(self) -> set[str]:
        return {
            entry.fingerprint
            for kept in self.sessions.values()
            for entry in kept.timeline
            if entry.fingerprint is not None
        }

    def _expect_storage(self) -> None:
        if self.storage_fails:
            raise StorageUnavailable("the storage was told to fail")


def _expect_growth(before: SyncSession, after: SyncSession) -> None:
    unchanging = attrs.fields(SyncSession)
    for field in (unchanging.id, unchanging.merchant, unchanging.platform_key):
        if getattr(before, field.name) != getattr(after, field.name):
            raise ValueError(f"A sync session keeps its {field.name}.")
    grown = after.version > before.version
    if not grown or after.timeline[: before.version] != before.timeline:
        raise ValueError("What is saved must add to the timeline of what was there before.")

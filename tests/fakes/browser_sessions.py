"""Logins of the hosted page that are kept in memory."""

import datetime as dt

import attrs

from domain.errors import StorageUnavailable
from domain.ids import Secret
from domain.model.caller import ConnectGrant
from tests.fakes.eras import FakeEras


@attrs.define
class FakeBrowserSessions:
    """
    Keeps the BrowserSessions port; with *storage_fails* nothing can be read or written.

    *opened* lists every secret, oldest first, for tests that need to know one.
    """

    storage_fails: bool = False
    opened: list[Secret] = attrs.field(factory=list, repr=False)
    sessions: dict[Secret, ConnectGrant] = attrs.field(factory=dict, repr=False)
    eras: FakeEras = attrs.field(factory=FakeEras)

    async def open(self, secret: Secret, session: ConnectGrant) -> None:
        self._expect_storage()
        self.eras.keep(self.sessions)
        self.opened.append(secret)
        self.sessions[secret] = session

    async def find(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        self._expect_storage()
        self.eras.keep(self.sessions)
        session = self.sessions.get(secret)
        return None if session is None or now >= session.expires_at else session

    async def close(self, secret: Secret) -> None:
        self._expect_storage()
        self.sessions.pop(secret, None)

    def _expect_storage(self) -> None:
        if self.storage_fails:
            raise StorageUnavailable("the storage was told to fail")

"""Connect tokens that are kept in memory."""

import datetime as dt

import attrs

from domain.errors import StorageUnavailable
from domain.ids import Secret
from domain.model.caller import ConnectGrant
from tests.fakes.eras import FakeEras


@attrs.define
class FakeConnectTokens:
    """
    Keeps the ConnectTokens port; with *storage_fails* nothing is issued or claimed.

    *issued* lists every secret, oldest first, for tests that need to know one.
    """

    storage_fails: bool = False
    issued: list[Secret] = attrs.field(factory=list, repr=False)
    unspent: dict[Secret, ConnectGrant] = attrs.field(factory=dict, repr=False)
    eras: FakeEras = attrs.field(factory=FakeEras)

    async def issue(self, secret: Secret, token: ConnectGrant) -> None:
        self._expect_storage()
        self.eras.keep(self.unspent)
        self.issued.append(secret)
        self.unspent[secret] = token

    async def claim(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        self._expect_storage()
        self.eras.keep(self.unspent)
        token = self.unspent.get(secret)
        if token is None or now >= token.expires_at:
            return None
        return self.unspent.pop(secret)

    def _expect_storage(self) -> None:
        if self.storage_fails:
            raise StorageUnavailable("the storage was told to fail")

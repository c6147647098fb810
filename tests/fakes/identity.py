"""A doorkeeper with a guest list."""

import attrs

from domain.errors import CredentialsRefused
from domain.ids import MerchantIdentifier
from domain.model.caller import Backend, Caller, Grant, MerchantCaller
from domain.model.merchant import Merchant


@attrs.define
class FakeIdentity:
    """Keeps the Identity port; knows exactly the bearer tokens that it was told of."""

    callers: dict[str, Caller] = attrs.field(factory=dict)

    def know_backend(self, bearer: str, name: str = "shop-backend") -> Backend:
        """Let *bearer* stand for the platform's backend."""
        backend = Backend(name=name)
        self.callers[bearer] = backend
        return backend

    def know_merchant(
        self, bearer: str, identifier: str, name: str | None = None
    ) -> MerchantCaller:
        """Let *bearer* stand for a merchant that is offered everything."""
        merchant = Merchant(identifier=MerchantIdentifier(identifier), name=name)
        caller = MerchantCaller(grant=Grant(merchant=merchant))
        self.callers[bearer] = caller
        return caller

    async def identify(self, bearer: str) -> Caller:
        if bearer not in self.callers:
            raise CredentialsRefused
        return self.callers[bearer]

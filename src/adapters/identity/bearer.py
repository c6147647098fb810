"""Bearer tokens (RFC 6750): the platform's operator keys, and its merchants' JWTs."""

import hashlib
import hmac
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

from adapters.identity.tokens import JwtTrust, MerchantTokens
from domain.errors import CredentialsRefused
from domain.model.caller import Backend, Caller
from domain.ports.clock import Clock


__all__ = ["BearerIdentity", "JwtTrust"]


class BearerIdentity:
    """
    Keeps the Identity port.

    *operator_keys* maps the name of each key, which the timeline shows, to its value; without
    *jwt*, no merchant is let in by a token.
    Opened and closed as an async context manager; constructing it does no I/O.

    Raises:
        ValueError: an operator key is empty.
    """

    def __init__(
        self,
        *,
        operator_keys: Mapping[str, str],
        jwt: JwtTrust | None,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not all(operator_keys.values()):
            raise ValueError("An operator key is empty.")
        self._digests = {name: _digest(value) for name, value in operator_keys.items()}
        self._tokens: MerchantTokens | None = None
        if jwt is not None:
            keys = jwt.key_source(clock, transport)
            self._tokens = MerchantTokens(trust=jwt, keys=keys, clock=clock)

    def __repr__(self) -> str:
        return f"<BearerIdentity of {', '.join(self._digests) or 'no operator key'}>"

    async def __aenter__(self) -> Self:
        if self._tokens is not None:
            await self._tokens.keys.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._tokens is not None:
            await self._tokens.keys.__aexit__(exc_type, exc_value, traceback)

    async def identify(self, bearer: str) -> Caller:
        """
        Who presents *bearer*.

        Raises:
            CredentialsRefused: nobody that is known; which check failed is not told.
        """
        caller = self._backend(bearer) or await self._merchant(bearer)
        # The error is raised where no variable holds the token or anything read from it.
        del bearer
        if caller is None:
            raise CredentialsRefused
        return caller

    def _backend(self, bearer: str) -> Backend | None:
        presented = _digest(bearer)
        # All of them, always: how long it takes tells nothing of which one is nearly right.
        names = [
            name
            for name, digest in self._digests.items()
            if hmac.compare_digest(digest, presented)
        ]
        return Backend(name=names[0]) if names else None

    async def _merchant(self, bearer: str) -> Caller | None:
        if self._tokens is None:
            return None
        try:
            return await self._tokens.read(bearer)
        except CredentialsRefused:
            return None


def _digest(secret: str) -> bytes:
    # A header may hold anything, halves of surrogate pairs included.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()

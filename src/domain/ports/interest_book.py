"""Where it is written down who wants to be told of which integration."""

from collections.abc import Mapping
from typing import Protocol

from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest


class InterestBook(Protocol):
    """
    Keeps interest, at most once for each merchant and integration.

    What `record` acknowledged by returning survives the end of the process and of the power.
    Every method may raise `StorageUnavailable`; then nothing was acknowledged.
    """

    async def record(self, interest: Interest) -> bool:
        """
        Write *interest* down in one atomic step, and say whether it is new.

        Of any number of callers, in any number of processes, exactly one is told that it is.
        Where the merchant has asked already, what is written stays as it is, with its time.
        """
        ...

    async def of(self, merchant: MerchantIdentifier) -> frozenset[PlatformKey]:
        """What *merchant* has asked to be told of; every draw of the picker looks here."""
        ...

    async def counts(self) -> Mapping[PlatformKey, int]:
        """How many merchants asked for each integration; those that nobody wants are left out."""
        ...

    async def asked(
        self,
        key: PlatformKey,
        *,
        after: MerchantIdentifier | None = None,
        limit: int,
    ) -> tuple[Interest, ...]:
        """
        Who asked for the integration *key*: at most *limit*, the earliest first.

        *after* is the last one seen, for the next page; nobody comes after one who never asked.
        Those who asked at the same moment come by their identifiers.
        """
        ...

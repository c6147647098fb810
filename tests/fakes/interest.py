"""Interest that is written down in memory."""

import attrs

from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest


@attrs.define
class FakeInterestBook:
    """
    Keeps the InterestBook port; with *storage_fails* nothing can be read or written.

    *written* has everything that was acknowledged as new, oldest first.
    """

    storage_fails: bool = False
    written: list[Interest] = attrs.field(factory=list)

    async def record(self, interest: Interest) -> bool:
        if interest.platform_key in await self.of(interest.merchant):
            return False
        self.written.append(interest)
        return True

    async def of(self, merchant: MerchantIdentifier) -> frozenset[PlatformKey]:
        self._expect_storage()
        return frozenset(i.platform_key for i in self.written if i.merchant == merchant)

    async def counts(self) -> dict[PlatformKey, int]:
        self._expect_storage()
        keys = [interest.platform_key for interest in self.written]
        return {key: keys.count(key) for key in keys}

    async def asked(
        self,
        key: PlatformKey,
        *,
        after: MerchantIdentifier | None = None,
        limit: int,
    ) -> tuple[Interest, ...]:
        self._expect_storage()
        waiting = [interest for interest in self.written if interest.platform_key == key]
        waiting.sort(key=lambda interest: (interest.since, interest.merchant))
        if after is not None:
            names = [interest.merchant for interest in waiting]
            waiting = waiting[names.index(after) + 1 :] if after in names else []
        return tuple(waiting[: max(limit, 0)])

    def _expect_storage(self) -> None:
        if self.storage_fails:
            raise StorageUnavailable("the storage was told to fail")

"""Limits that a test sets by hand."""

import datetime as dt

import attrs

from domain.errors import TooManyRequests
from domain.ids import MerchantIdentifier


@attrs.define
class FakeLimits:
    """
    Keeps the StartLimits port, with one limit for each merchant.

    *admitted* lists who was let through, oldest first; without *most* that is everybody.
    """

    most: int | None = None
    admitted: list[tuple[MerchantIdentifier, str | None]] = attrs.field(factory=list)

    async def admit(self, merchant: MerchantIdentifier, key: str | None) -> None:
        had = sum(who == merchant for who, _ in self.admitted)
        if self.most is not None and had >= self.most:
            raise TooManyRequests(dt.timedelta(hours=1), "merchant")
        self.admitted.append((merchant, key))

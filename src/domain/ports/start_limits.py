"""How often redirects may be started."""

from typing import Protocol

from domain.ids import MerchantIdentifier


class StartLimits(Protocol):
    """
    Keeps one merchant, or one operator key, from using up what is there for all.

    Every start costs a call of Codat's daily quota, and a merchant's first one a company.
    """

    async def admit(self, merchant: MerchantIdentifier, key: str | None) -> None:
        """
        Count one start of *merchant*, asked for by the operator key named *key*, if any.

        A start that is refused does not count, neither here nor there.

        Raises:
            TooManyRequests: the merchant, the key, or all together had their share.
        """
        ...

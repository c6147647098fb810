"""One at a time for each merchant."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.ids import MerchantIdentifier


class MerchantTurns(Protocol):
    """
    Lets one redirect of a merchant be prepared at a time.

    Codat's start call creates a company; two at once for a new merchant might create two.
    """

    def turn(self, merchant: MerchantIdentifier) -> AbstractAsyncContextManager[None]:
        """
        Wait for the merchant's turn and hold it.

        Raises:
            TooManyRequests: too many wait already, or for too long.
        """
        ...

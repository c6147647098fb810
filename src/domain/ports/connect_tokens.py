"""Single-use secrets by which a logged-in merchant enters the hosted page."""

import datetime as dt
from typing import Protocol

from domain.ids import Secret
from domain.model.caller import ConnectGrant


class ConnectTokens(Protocol):
    """
    Keeps connect tokens until they are claimed; only a hash of each is kept.

    There is no way to look at a token without claiming it, so that nobody can write
    get-then-delete.
    """

    async def issue(self, secret: Secret, token: ConnectGrant) -> None:
        """
        Keep what *secret* stands for; durable on return.

        Raises:
            StorageUnavailable: it could not be written.
        """
        ...

    async def claim(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """
        Spend *secret* in one atomic step and say what it stood for; durable on return.

        Of any number of callers, in any number of processes, exactly one gets the answer.
        `None` where it is unknown or spent, or where *now* is its end or later; also where it was
        issued before the clock was set back by more than 30 seconds.

        Raises:
            StorageUnavailable: it could not be spent; it may still be claimed later.
        """
        ...

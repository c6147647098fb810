"""The hosted page's own logins."""

import datetime as dt
from typing import Protocol

from domain.ids import Secret
from domain.model.caller import ConnectGrant


class BrowserSessions(Protocol):
    """What a browser's cookie stands for; only a hash of the cookie's value is kept."""

    async def open(self, secret: Secret, session: ConnectGrant) -> None:
        """
        Keep *session* for whoever presents *secret*; durable on return.

        Raises:
            StorageUnavailable: it could not be written.
        """
        ...

    async def find(self, secret: Secret, now: dt.datetime) -> ConnectGrant | None:
        """
        What *secret* stands for; `None` where it is unknown or *now* is its end or later.

        None of those from before the clock was set back, by more than 30 seconds, counts.

        Raises:
            StorageUnavailable: it cannot be read, and was not found here lately either.
        """
        ...

    async def close(self, secret: Secret) -> None:
        """Forget *secret*; no matter whether it was known."""
        ...

"""What is known of a merchant who looks at the picker, read in one go."""

import datetime as dt
from typing import Protocol

import attrs

from domain.ids import PlatformKey, Secret
from domain.model.caller import ConnectGrant
from domain.model.sync_session import SyncSession


@attrs.frozen(kw_only=True)
class Visit:
    """
    The *login* as it was at one moment, and what its merchant had stored then or right after.

    *begun* are the merchant's sync sessions, the newest first; *wanted* is what it has asked to
    be told of.
    """

    login: ConnectGrant
    begun: tuple[SyncSession, ...] = ()
    wanted: frozenset[PlatformKey] = frozenset()


class Visits(Protocol):
    """Reads together what `BrowserSessions`, `SessionStore` and `InterestBook` tell one by one."""

    async def find(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """
        The visit of whoever presents *secret* at *now*, with at most *limit* sync sessions.

        `None` where it cannot be told by one look: `BrowserSessions` knows why.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        ...

    def find_at_once(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """
        The same, if it can be told without waiting for anything: in microseconds.

        `None` also where it cannot; `find` tells then.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        ...

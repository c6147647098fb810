"""Attempts that are known to be over, though that could not be recorded."""

import datetime as dt
from collections import OrderedDict
from typing import Final

import attrs

from domain.ids import RedirectId
from domain.model.sync_session import Happening, SyncSession


MOST_REMEMBERED: Final = 10_000
"""Who fails more often than that, before anybody tries again, may wait the ten seconds."""


@attrs.frozen
class _End:
    """Why it ended, by a short code; *minted* is whether Codat may have minted a URL."""

    code: str
    minted: bool


@attrs.define(eq=False)
class EndedAttempts:
    """
    What a process knows of attempts of its own that ended while nothing could be recorded.

    Without it a sync session would look as if its redirect were still being prepared, until
    `LONGEST_START` has passed; or as if its merchant had been sent away.
    """

    _ends: "OrderedDict[RedirectId | None, _End]" = attrs.field(factory=OrderedDict, init=False)

    def remember(self, session: SyncSession, code: str, *, minted: bool) -> None:
        """The last attempt of *session* is over; what Codat minted for it is never handed out."""
        self._ends[session.timeline[-1].redirect] = _End(code, minted)
        if len(self._ends) > MOST_REMEMBERED:
            self._ends.popitem(last=False)

    def settle(self, session: SyncSession, *, now: dt.datetime, actor: str) -> SyncSession:
        """The *session* with the end of its last attempt, where that is known and not recorded."""
        last = session.timeline[-1]
        end = self._ends.get(last.redirect)
        if end is None:
            return session
        if session.attempt is not None:
            fall_back = session.redirect_unknown if end.minted else session.redirect_failed
            return fall_back(end.code, now=now, actor=actor)
        if last.what is Happening.REDIRECTED:
            return session.redirect_undelivered(end.code, now=now, actor=actor)
        return session

    def forget(self, session: SyncSession) -> None:
        """What is known of the last attempt of *session* was recorded."""
        self._ends.pop(session.timeline[-1].redirect, None)

"""Visits, as the three stores tell them, one after the other."""

import datetime as dt

import attrs

from domain.ids import Secret
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.interest_book import InterestBook
from domain.ports.session_store import SessionQuery, SessionStore
from domain.ports.visits import Visit


@attrs.define
class FakeVisits:
    """
    Keeps the Visits port; it fails where one of the three does.

    *blind*, it tells of none, as where one look is not enough; *looks* counts the others.
    """

    browsers: BrowserSessions
    sessions: SessionStore
    interests: InterestBook
    blind: bool = False
    looks: int = 0

    async def find(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        if self.blind:
            return None
        self.looks += 1
        login = await self.browsers.find(secret, now)
        if login is None:
            return None
        merchant = login.grant.merchant.identifier
        return Visit(
            login=login,
            begun=await self.sessions.find(SessionQuery(merchant=merchant, limit=limit)),
            wanted=await self.interests.of(merchant),
        )

    def find_at_once(self, secret: Secret, now: dt.datetime, *, limit: int) -> Visit | None:
        """Look at the three, which wait for nothing here."""
        try:
            self.find(secret, now, limit=limit).send(None)
        except StopIteration as found:
            visit: Visit | None = found.value
            return visit
        raise AssertionError("One of the three waits.")

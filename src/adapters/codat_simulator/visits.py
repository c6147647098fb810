"""Visits: what a merchant with a good code does until the sync flow is over."""

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from adapters.codat_simulator.ledger import Minted


LASTS = timedelta(minutes=30)
COMMERCE, ACCOUNTING = "commerce", "accounting"
STAGES = (COMMERCE, ACCOUNTING, "sales", "fees", "payments", "schedule")


@attrs.define(kw_only=True)
class Visit:
    """
    One merchant in the sync flow, known by a cookie.

    Attributes:
        minted: the URL that led here.
        cookie: the value that the browser has to show.
        begun_at: when the code was used.
        skipped: stages that need no answer, because the connection is linked already.
        answers: what the merchant chose so far.
        over: completed or cancelled; nothing more can be changed.
    """

    minted: Minted
    cookie: str
    begun_at: datetime
    skipped: frozenset[str]
    answers: dict[str, str] = attrs.field(factory=dict)
    over: bool = False

    @property
    def stages(self) -> list[str]:
        """The stages that this merchant goes through."""
        return [stage for stage in STAGES if stage not in self.skipped]

    def after(self, stage: str) -> str | None:
        """The stage that follows, None after the last."""
        return dict(zip(self.stages, self.stages[1:], strict=False)).get(stage)

    def before(self, stage: str) -> str | None:
        """The stage that precedes, None before the first."""
        return dict(zip(self.stages[1:], self.stages, strict=False)).get(stage)


@attrs.define
class Visits:
    """Everybody who is in the sync flow; a visit ends after half an hour."""

    _new_cookie: Callable[[], str]
    _now: Callable[[], datetime]
    _by_id: dict[str, Visit] = attrs.field(factory=dict, init=False)

    def begin(self, minted: Minted, skipped: frozenset[str]) -> Visit:
        """Let the merchant in."""
        now = self._now()
        visit = Visit(minted=minted, cookie=self._new_cookie(), begun_at=now, skipped=skipped)
        self._by_id[minted.id] = visit
        return visit

    def find(self, minted_id: str, cookie: str | None) -> Visit | None:
        """The visit that this browser is on, if it still lasts."""
        visit = self._by_id.get(minted_id)
        if visit is None or visit.cookie != cookie or self._now() - visit.begun_at > LASTS:
            return None
        return visit

    def clear(self) -> None:
        """Everybody out."""
        self._by_id.clear()

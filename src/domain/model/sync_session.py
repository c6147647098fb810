"""
The sync session: one merchant's wish to connect one integration.

             begin_redirect            hand_over
    OPEN ───────────────▶ STARTING ───────────────▶ REDIRECTED
     ▲                    │  ▲  ▲                      │    │
     └────────────────────┘  │  └──────────────────────┘    │ come_back
       redirect_failed,      │     begin_redirect again     ▼
       redirect_abandoned    └────────────────────────── RETURNED
       (to where it was)                                    │ confirm
                                                            ▼
                                                        COMPLETED

Codat may say at any time, save during STARTING, that the connection stands: then `confirm`
leads to COMPLETED from wherever the session is.
A completed session can be started again, to manage what was set up. It stays completed, until
Codat is asked what came of that: `confirm` again, or `contradict`, which makes it OPEN.
A hand-off that did not take place after all (`redirect_undelivered`) leaves the session where
it stood before.
Every transition adds exactly one entry to the timeline; the version is their number.
"""

import datetime as dt
import enum
from collections.abc import Iterator
from typing import Any, Final

import attrs

from domain.errors import RedirectInProgress
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId


LONGEST_START: Final = dt.timedelta(seconds=10)
"""A redirect that is still being prepared after this long was cut off by a crash."""


class SyncSessionStatus(enum.Enum):
    """Where the merchant stands."""

    OPEN = "open"
    STARTING = "starting"
    REDIRECTED = "redirected"
    RETURNED = "returned"
    COMPLETED = "completed"


class Happening(enum.Enum):
    """What an entry of the timeline records."""

    OPENED = "opened"
    REDIRECT_STARTED = "redirectStarted"
    REDIRECTED = "redirected"
    REDIRECT_FAILED = "redirectFailed"
    REDIRECT_UNKNOWN = "redirectUnknown"
    REDIRECT_UNDELIVERED = "redirectUndelivered"
    RETURNED = "returned"
    COMPLETED = "completed"
    DISCONNECTED = "disconnected"


_STANDING: Final = {
    Happening.OPENED: SyncSessionStatus.OPEN,
    Happening.REDIRECTED: SyncSessionStatus.REDIRECTED,
    Happening.RETURNED: SyncSessionStatus.RETURNED,
    Happening.DISCONNECTED: SyncSessionStatus.OPEN,
}


@attrs.frozen(kw_only=True)
class TimelineEntry:
    """
    One thing that happened, *at* a time, by an *actor*.

    *detail* is a short code, never free text of the upstream;
    *fingerprint* is there only for a hand-off, and tells URLs apart without revealing them.
    """

    at: dt.datetime
    what: Happening
    actor: str
    redirect: RedirectId | None = None
    detail: str | None = None
    fingerprint: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Redirect:
    """One hand-off of one sync flow URL to one browser."""

    id: RedirectId
    at: dt.datetime
    actor: str


@attrs.frozen(kw_only=True)
class Attempt:
    """A redirect that is being prepared; *resumes* is the status to fall back to."""

    redirect: RedirectId
    started_at: dt.datetime
    resumes: SyncSessionStatus


@attrs.frozen(kw_only=True)
class SyncSession:
    """One merchant's wish to connect the integration of the retained *platform_key*."""

    id: SyncSessionId
    merchant: MerchantIdentifier
    platform_key: PlatformKey
    status: SyncSessionStatus
    created_at: dt.datetime
    timeline: tuple[TimelineEntry, ...]
    attempt: Attempt | None = None
    company: CompanyId | None = None

    @classmethod
    def open(
        cls,
        session_id: SyncSessionId,
        merchant: MerchantIdentifier,
        platform_key: PlatformKey,
        *,
        now: dt.datetime,
        actor: str,
    ) -> "SyncSession":
        """Note a merchant's wish; nothing has been asked of Codat yet."""
        return cls(
            id=session_id,
            merchant=merchant,
            platform_key=platform_key,
            status=SyncSessionStatus.OPEN,
            created_at=now,
            timeline=(TimelineEntry(at=now, what=Happening.OPENED, actor=actor),),
        )

    @property
    def version(self) -> int:
        """The number of things that have happened to it."""
        return len(self.timeline)

    @property
    def redirects(self) -> tuple[Redirect, ...]:
        """The hand-offs that took place, oldest first."""
        return tuple(
            Redirect(id=entry.redirect, at=entry.at, actor=entry.actor)
            for entry in _what_stands(self.timeline)
            if entry.what is Happening.REDIRECTED and entry.redirect is not None
        )

    def begin_redirect(
        self, redirect: RedirectId, *, now: dt.datetime, actor: str
    ) -> "SyncSession":
        """
        Start to prepare a redirect.

        One that was cut off by a crash is recorded as unknown first: whatever came of it
        is never handed out.

        Raises:
            RedirectInProgress: another one is being prepared.
        """
        if self.attempt is not None:
            age = now - self.attempt.started_at
            # A negative age means that the clock was set back: that must not lock the session.
            if dt.timedelta(0) <= age < LONGEST_START:
                raise RedirectInProgress(self.id, retry_after=LONGEST_START - age)
            return self.redirect_unknown("interrupted", now=now, actor=actor).begin_redirect(
                redirect, now=now, actor=actor
            )
        return self._noting(
            Happening.REDIRECT_STARTED,
            redirect,
            now=now,
            actor=actor,
            status=SyncSessionStatus.STARTING,
            attempt=Attempt(redirect=redirect, started_at=now, resumes=self.status),
        )

    def hand_over(self, fingerprint: str, *, now: dt.datetime, actor: str) -> "SyncSession":
        """Record that the merchant is being sent away with the URL of this *fingerprint*."""
        attempt = self._expect_attempt()
        completed = attempt.resumes is SyncSessionStatus.COMPLETED
        return self._noting(
            Happening.REDIRECTED,
            attempt.redirect,
            now=now,
            actor=actor,
            fingerprint=fingerprint,
            status=SyncSessionStatus.COMPLETED if completed else SyncSessionStatus.REDIRECTED,
            attempt=None,
        )

    def redirect_failed(self, code: str, *, now: dt.datetime, actor: str) -> "SyncSession":
        """Nothing was minted, or what was minted cannot be used; the session can start again."""
        return self._falling_back(Happening.REDIRECT_FAILED, code, now=now, actor=actor)

    def redirect_unknown(self, code: str, *, now: dt.datetime, actor: str) -> "SyncSession":
        """Codat was asked, and what came of it is not known; the session can start again."""
        return self._falling_back(Happening.REDIRECT_UNKNOWN, code, now=now, actor=actor)

    def redirect_undelivered(self, code: str, *, now: dt.datetime, actor: str) -> "SyncSession":
        """
        The hand-off was recorded just now, but the URL was not given away after all.

        The session stands where it stood before.
        """
        last = self.timeline[-1]
        if last.what is not Happening.REDIRECTED:
            raise ValueError("No hand-off of this sync session was recorded just now.")
        noted = self._noting(
            Happening.REDIRECT_UNDELIVERED, last.redirect, now=now, actor=actor, detail=code
        )
        if self.status is SyncSessionStatus.COMPLETED:
            return noted
        stood = [_STANDING[e.what] for e in _what_stands(noted.timeline) if e.what in _STANDING]
        return attrs.evolve(noted, status=stood[-1])

    def come_back(self, *, now: dt.datetime, actor: str) -> "SyncSession":
        """
        The merchant's browser is back from Codat, which proves nothing yet.

        Changes nothing where the session was not redirected (a reload, say).
        """
        if self.status is not SyncSessionStatus.REDIRECTED:
            return self
        return self._noting(
            Happening.RETURNED, now=now, actor=actor, status=SyncSessionStatus.RETURNED
        )

    @property
    def stands(self) -> bool:
        """Whether Codat said that the connection stands, after the last hand-off."""
        telling = (Happening.REDIRECTED, Happening.COMPLETED)
        last = next((e.what for e in reversed(self.timeline) if e.what in telling), None)
        return self.status is SyncSessionStatus.COMPLETED and last is Happening.COMPLETED

    def confirm(self, company: CompanyId, *, now: dt.datetime, actor: str) -> "SyncSession":
        """
        Codat was asked, and says that the connection stands.

        Changes nothing where this is known already, nor while a redirect is being prepared.
        """
        if self.attempt is not None or self.stands:
            return self
        return self._noting(
            Happening.COMPLETED,
            now=now,
            actor=actor,
            status=SyncSessionStatus.COMPLETED,
            company=company,
        )

    def contradict(self, *, now: dt.datetime, actor: str) -> "SyncSession":
        """
        Codat was asked again, and says that the connection does not stand any more.

        Changes nothing where the session was not completed.
        """
        if self.status is not SyncSessionStatus.COMPLETED:
            return self
        return self._noting(
            Happening.DISCONNECTED, now=now, actor=actor, status=SyncSessionStatus.OPEN
        )

    def _expect_attempt(self) -> Attempt:
        if self.attempt is None:
            raise ValueError("No redirect of this sync session is being prepared.")
        return self.attempt

    def _falling_back(
        self, what: Happening, code: str, *, now: dt.datetime, actor: str
    ) -> "SyncSession":
        attempt = self._expect_attempt()
        return self._noting(
            what,
            attempt.redirect,
            now=now,
            actor=actor,
            detail=code,
            status=attempt.resumes,
            attempt=None,
        )

    def _noting(
        self,
        what: Happening,
        redirect: RedirectId | None = None,
        *,
        now: dt.datetime,
        actor: str,
        detail: str | None = None,
        fingerprint: str | None = None,
        **changes: Any,
    ) -> "SyncSession":
        """The same with one entry more, and with *changes* of its fields, all in one copy."""
        entry = TimelineEntry(
            at=now,
            what=what,
            actor=actor,
            redirect=redirect,
            detail=detail,
            fingerprint=fingerprint,
        )
        return attrs.evolve(self, timeline=(*self.timeline, entry), **changes)


def _what_stands(timeline: tuple[TimelineEntry, ...]) -> Iterator[TimelineEntry]:
    undelivered = {e.redirect for e in timeline if e.what is Happening.REDIRECT_UNDELIVERED}
    for entry in timeline:
        if entry.what is not Happening.REDIRECTED or entry.redirect not in undelivered:
            yield entry

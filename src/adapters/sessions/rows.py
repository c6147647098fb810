"""Sync sessions as rows; the only door by which stored ones come back."""

import itertools
import operator
from collections.abc import Sequence
from typing import Any, Final

from adapters.database.moments import from_micros, to_micros
from adapters.database.prepared import Row
from adapters.database.schema import sync_sessions, timeline
from domain.errors import StorageUnavailable, TillbridgeError
from domain.ids import CompanyId, RedirectId, SyncSessionId
from domain.model.integration import parse_platform_key
from domain.model.merchant import parse_merchant_identifier
from domain.model.sync_session import (
    Attempt,
    Happening,
    SyncSession,
    SyncSessionStatus,
    TimelineEntry,
)


ID: Final = operator.itemgetter(list(sync_sessions.columns).index(sync_sessions.c.id))
WIDTH: Final = len(sync_sessions.columns)
SEQ: Final = WIDTH + list(timeline.columns).index(timeline.c.seq)


def session_row(session: SyncSession) -> dict[str, Any]:
    """The row for a sync session, without its timeline."""
    attempt = session.attempt
    return {
        "id": session.id,
        "merchant": session.merchant,
        "platform_key": session.platform_key,
        "status": session.status.value,
        "created_at": to_micros(session.created_at),
        "version": session.version,
        "company": session.company,
        "attempt_redirect": None if attempt is None else attempt.redirect,
        "attempt_started_at": None if attempt is None else to_micros(attempt.started_at),
        "attempt_resumes": None if attempt is None else attempt.resumes.value,
    }


def timeline_rows(session: SyncSession, since: int = 0) -> list[dict[str, Any]]:
    """The rows for what happened after the first *since* entries."""
    return [
        {
            "session_id": session.id,
            "seq": seq,
            "at": to_micros(entry.at),
            "what": entry.what.value,
            "actor": entry.actor,
            "redirect": entry.redirect,
            "detail": entry.detail,
            "fingerprint": entry.fingerprint,
        }
        for seq, entry in enumerate(session.timeline[since:], start=since)
    ]


def load_sessions(rows: Sequence[Row]) -> tuple[SyncSession, ...]:
    """
    The sync sessions that *rows* stand for, in their order.

    Each row has all columns of a sync session and then all of one entry of its timeline, in the
    tables' order; those of one sync session follow each other, the oldest entry first.

    Raises:
        StorageUnavailable: they contradict each other, or say what no sync session can.
    """
    return tuple(_load(list(each)) for _, each in itertools.groupby(rows, ID))


def _load(rows: Sequence[Row]) -> SyncSession:
    happened = [row for row in rows if row[SEQ] is not None]
    key, merchant, platform_key, status, created_at, version, company, *attempt = rows[0][:WIDTH]
    try:
        session = SyncSession(
            id=SyncSessionId(key),
            merchant=parse_merchant_identifier(merchant),
            platform_key=parse_platform_key(platform_key),
            status=SyncSessionStatus(status),
            created_at=from_micros(created_at),
            timeline=tuple(map(_entry, happened)),
            attempt=_attempt(*attempt),
            company=None if company is None else CompanyId(company),
        )
    except (TillbridgeError, ValueError, TypeError, OverflowError):
        raise StorageUnavailable(f"the sync session {key} is damaged") from None
    gapless = [row[SEQ] for row in happened] == list(range(version))
    starting = session.status is SyncSessionStatus.STARTING
    if not gapless or starting is (session.attempt is None):
        raise StorageUnavailable(f"the sync session {key} is damaged")
    return session


def _attempt(redirect: str | None, started_at: int, resumes: str) -> Attempt | None:
    if redirect is None:
        return None
    return Attempt(
        redirect=RedirectId(redirect),
        started_at=from_micros(started_at),
        resumes=SyncSessionStatus(resumes),
    )


def _entry(row: Row) -> TimelineEntry:
    _, _, at, what, actor, redirect, detail, fingerprint = row[WIDTH:]
    return TimelineEntry(
        at=from_micros(at),
        what=Happening(what),
        actor=actor,
        redirect=None if redirect is None else RedirectId(redirect),
        detail=detail,
        fingerprint=fingerprint,
    )

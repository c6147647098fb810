"""Sync sessions as rows; the only door by which stored ones come back."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from adapters.database.moments import from_micros, to_micros
from domain.errors import InputRefused, StorageUnavailable
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


def load_session(row: sa.RowMapping, entries: Iterable[sa.RowMapping]) -> SyncSession:
    """
    The sync session that a *row* and its timeline's *entries*, oldest first, stand for.

    Raises:
        StorageUnavailable: they contradict each other, or say what no sync session can.
    """
    timeline = list(entries)
    try:
        session = SyncSession(
            id=SyncSessionId(row["id"]),
            merchant=parse_merchant_identifier(row["merchant"]),
            platform_key=parse_platform_key(row["platform_key"]),
            status=SyncSessionStatus(row["status"]),
            created_at=from_micros(row["created_at"]),
            timeline=tuple(map(_entry, timeline)),
            attempt=_attempt(row),
            company=None if row["company"] is None else CompanyId(row["company"]),
        )
    except (InputRefused, ValueError, TypeError, OverflowError):
        raise StorageUnavailable(f"the sync session {row['id']} is damaged") from None
    gapless = [entry["seq"] for entry in timeline] == list(range(row["version"]))
    starting = session.status is SyncSessionStatus.STARTING
    if not gapless or starting is (session.attempt is None):
        raise StorageUnavailable(f"the sync session {row['id']} is damaged")
    return session


def _attempt(row: sa.RowMapping) -> Attempt | None:
    if row["attempt_redirect"] is None:
        return None
    return Attempt(
        redirect=RedirectId(row["attempt_redirect"]),
        started_at=from_micros(row["attempt_started_at"]),
        resumes=SyncSessionStatus(row["attempt_resumes"]),
    )


def _entry(row: sa.RowMapping) -> TimelineEntry:
    return TimelineEntry(
        at=from_micros(row["at"]),
        what=Happening(row["what"]),
        actor=row["actor"],
        redirect=None if row["redirect"] is None else RedirectId(row["redirect"]),
        detail=row["detail"],
        fingerprint=row["fingerprint"],
    )

"""How far merchants' connections are, without letting anyone wait long for Codat."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from domain.ids import SyncSessionId
from domain.model.caller import Caller
from domain.model.sync_session import SyncSession, SyncSessionStatus
from domain.use_cases.confirm_connection import AWAY, ConfirmConnection, Standing


LONGEST_LOOK: Final = 2.5
"""Seconds that a page or an answer waits for Codat; then it shows what is known."""

MOST_AT_ONCE: Final = 3
"""The newest sync sessions that a list asks Codat about."""


async def standing(
    confirming: ConfirmConnection, session_id: SyncSessionId, caller: Caller
) -> Standing:
    """
    One sync session, after asking Codat where that makes sense and while it is quick.

    Raises:
        SyncSessionUnknown: the caller has no such sync session.
    """
    try:
        async with asyncio.timeout(LONGEST_LOOK):
            return await confirming.as_it_stands(session_id, caller)
    except TimeoutError:
        session = await confirming.sessions.get(session_id)
        caller.expect_mine(session)
        return Standing(session=session)


async def brought_up_to_date(
    confirming: ConfirmConnection, sessions: Iterable[SyncSession], caller: Caller
) -> tuple[Standing, ...]:
    """How *sessions* stand, after asking Codat about the newest that it may know more of."""
    shown = tuple(sessions)
    looks = await asyncio.gather(
        *(standing(confirming, session.id, caller) for session in _telling(shown))
    )
    return _all(shown, looks)


def known(
    confirming: ConfirmConnection, sessions: Sequence[SyncSession]
) -> tuple[Standing, ...] | None:
    """The same without asking Codat, for *sessions* read just now; `None` where it would be."""
    looks = [confirming.as_known(session) for session in _telling(sessions)]
    found = [look for look in looks if look is not None]
    return _all(sessions, found) if len(found) == len(looks) else None


def _telling(shown: Sequence[SyncSession]) -> list[SyncSession]:
    away = [session for session in shown if session.status in AWAY]
    done = [session for session in shown if session.status is SyncSessionStatus.COMPLETED]
    return [*away[:MOST_AT_ONCE], *done[:MOST_AT_ONCE]]


def _all(shown: Sequence[SyncSession], looks: Iterable[Standing]) -> tuple[Standing, ...]:
    now = {look.session.id: look for look in looks}
    return tuple(now.get(session.id, Standing(session=session)) for session in shown)

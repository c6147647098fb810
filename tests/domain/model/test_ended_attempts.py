import pytest

from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId
from domain.model import ended_attempts
from domain.model.ended_attempts import EndedAttempts
from domain.model.sync_session import Happening, SyncSession
from tests.fakes.clock import START


FIRST, SECOND = RedirectId("rd_1"), RedirectId("rd_2")
OPEN = SyncSession.open(
    SyncSessionId("ss_1"), MerchantIdentifier("m-1"), PlatformKey("gbol"), now=START, actor="me"
)
STARTING = OPEN.begin_redirect(FIRST, now=START, actor="me")
OTHER = OPEN.begin_redirect(SECOND, now=START, actor="me")
REDIRECTED = STARTING.hand_over("fingerprint", now=START, actor="me")


def settled(over: EndedAttempts, session: SyncSession) -> SyncSession:
    return over.settle(session, now=START, actor="me")


def test_nothing_is_known_of_most() -> None:
    over = EndedAttempts()
    over.remember(OTHER, "code", minted=True)

    assert [OPEN, STARTING, REDIRECTED] == [settled(over, s) for s in (OPEN, STARTING, REDIRECTED)]


def test_an_attempt_for_which_codat_was_asked_ended_in_the_unknown() -> None:
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=True)

    session = settled(over, STARTING)

    assert (None, Happening.REDIRECT_UNKNOWN, "code") == (
        session.attempt,
        session.timeline[-1].what,
        session.timeline[-1].detail,
    )


def test_an_attempt_for_which_nobody_was_asked_failed() -> None:
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=False)

    assert Happening.REDIRECT_FAILED == settled(over, STARTING).timeline[-1].what


def test_a_hand_off_that_nobody_was_told_of_did_not_take_place() -> None:
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=True)

    assert () == settled(over, REDIRECTED).redirects


def test_an_end_that_is_recorded_is_not_recorded_again() -> None:
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=True)
    session = settled(over, STARTING)

    assert session is settled(over, session)


def test_what_was_recorded_is_forgotten() -> None:
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=True)
    over.forget(OPEN)
    before = settled(over, STARTING)
    over.forget(STARTING)

    assert (None, STARTING) == (before.attempt, settled(over, STARTING))


def test_no_more_are_remembered_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_attempts, "MOST_REMEMBERED", 1)
    over = EndedAttempts()
    over.remember(STARTING, "code", minted=True)
    over.remember(OTHER, "code", minted=True)

    assert STARTING is settled(over, STARTING)

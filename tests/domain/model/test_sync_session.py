import datetime as dt

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RedirectInProgress
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId
from domain.model.sync_session import (
    LONGEST_START,
    Attempt,
    Happening,
    Redirect,
    SyncSession,
    SyncSessionStatus,
)
from tests import strategies


NINE = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
FIRST, SECOND = RedirectId("rd_1"), RedirectId("rd_2")
COMPANY = CompanyId("11111111-2222-4333-8444-555555555555")
OPEN, STARTING = SyncSessionStatus.OPEN, SyncSessionStatus.STARTING
REDIRECTED, RETURNED = SyncSessionStatus.REDIRECTED, SyncSessionStatus.RETURNED
COMPLETED = SyncSessionStatus.COMPLETED


def opened() -> SyncSession:
    return SyncSession.open(
        SyncSessionId("ss_1"),
        MerchantIdentifier("m-1"),
        PlatformKey("gbol"),
        now=NINE,
        actor="merchant",
    )


def begun(session: SyncSession, redirect: RedirectId = FIRST, seconds: float = 0) -> SyncSession:
    return session.begin_redirect(redirect, now=later(seconds), actor="merchant")


def redirected(session: SyncSession, redirect: RedirectId = FIRST) -> SyncSession:
    return begun(session, redirect).hand_over(f"of {redirect}", now=NINE, actor="merchant")


def returned(session: SyncSession) -> SyncSession:
    return redirected(session).come_back(now=NINE, actor="merchant")


def completed(session: SyncSession) -> SyncSession:
    return session.confirm(COMPANY, now=NINE, actor="codat")


def later(seconds: float) -> dt.datetime:
    return NINE + dt.timedelta(seconds=seconds)


def happenings(session: SyncSession) -> list[Happening]:
    return [entry.what for entry in session.timeline]


STANDING = {
    OPEN: opened(),
    REDIRECTED: redirected(opened()),
    RETURNED: returned(opened()),
    COMPLETED: completed(returned(opened())),
}
"""A session in each status in which it may rest."""

resting = pytest.mark.parametrize("session", STANDING.values(), ids=[s.value for s in STANDING])


def test_a_new_session_is_open_and_retains_the_choice() -> None:
    session = opened()

    assert OPEN is session.status
    assert "gbol" == session.platform_key
    assert NINE == session.created_at
    assert [Happening.OPENED] == happenings(session)
    assert 1 == session.version
    assert () == session.redirects


@resting
def test_a_redirect_can_be_begun_from_wherever_the_session_rests(session: SyncSession) -> None:
    starting = begun(session, SECOND)

    assert STARTING is starting.status
    expected = Attempt(redirect=SECOND, started_at=NINE, resumes=session.status)
    assert expected == starting.attempt
    assert session.version + 1 == starting.version


@resting
def test_a_hand_off_makes_it_redirected_unless_it_is_completed(session: SyncSession) -> None:
    done = redirected(session, SECOND)

    assert (COMPLETED if session.status is COMPLETED else REDIRECTED) is done.status
    assert done.attempt is None
    expected = Redirect(id=SECOND, at=NINE, actor="merchant")
    assert (*session.redirects, expected) == done.redirects
    assert "of rd_2" == done.timeline[-1].fingerprint


@resting
def test_a_failed_redirect_leaves_it_as_it_was_and_it_can_start_again(
    session: SyncSession,
) -> None:
    failed = begun(session, SECOND).redirect_failed("CodatUnavailable", now=NINE, actor="x")

    assert session.status is failed.status
    assert failed.attempt is None
    assert session.redirects == failed.redirects
    last = failed.timeline[-1]
    expected = (Happening.REDIRECT_FAILED, SECOND, "CodatUnavailable", "x")
    assert expected == (last.what, last.redirect, last.detail, last.actor)
    assert STARTING is begun(failed, RedirectId("rd_3")).status


@resting
def test_an_unknown_outcome_leaves_it_as_it_was_and_it_can_start_again(
    session: SyncSession,
) -> None:
    unknown = begun(session, SECOND).redirect_unknown("CodatTimedOut", now=NINE, actor="x")

    assert session.status is unknown.status
    assert Happening.REDIRECT_UNKNOWN is unknown.timeline[-1].what
    assert STARTING is begun(unknown, RedirectId("rd_3")).status


@resting
def test_a_hand_off_that_was_not_delivered_leaves_it_where_it_was(session: SyncSession) -> None:
    undelivered = redirected(session, SECOND).redirect_undelivered(
        "SyncFlowUrlStale", now=NINE, actor="merchant"
    )

    assert session.status is undelivered.status
    assert session.redirects == undelivered.redirects
    last = undelivered.timeline[-1]
    expected = (Happening.REDIRECT_UNDELIVERED, SECOND, "SyncFlowUrlStale")
    assert expected == (last.what, last.redirect, last.detail)
    assert STARTING is begun(undelivered, RedirectId("rd_3")).status


@resting
def test_only_a_hand_off_of_just_now_can_be_undelivered(session: SyncSession) -> None:
    failed = begun(session, SECOND).redirect_failed("CodatUnavailable", now=NINE, actor="x")

    with pytest.raises(ValueError, match="just now"):
        failed.redirect_undelivered("SyncFlowUrlStale", now=NINE, actor="x")


@pytest.mark.parametrize("seconds", [0, 0.001, 9.999])
def test_a_second_redirect_waits_while_the_first_is_being_prepared(seconds: float) -> None:
    starting = begun(opened())

    with pytest.raises(RedirectInProgress) as refused:
        begun(starting, SECOND, seconds)

    assert "ss_1" == refused.value.id
    assert LONGEST_START - dt.timedelta(seconds=seconds) == refused.value.retry_after


@resting
@pytest.mark.parametrize("seconds", [10, 3600, -0.001, -3600], ids=str)
def test_a_redirect_that_was_cut_off_is_recorded_as_unknown_and_another_begun(
    session: SyncSession, seconds: float
) -> None:
    again = begun(begun(session, FIRST), SECOND, seconds)

    expected = [Happening.REDIRECT_UNKNOWN, Happening.REDIRECT_STARTED]
    assert expected == happenings(again)[-2:]
    cut_off, started = again.timeline[-2:]
    assert (FIRST, "interrupted") == (cut_off.redirect, cut_off.detail)
    assert SECOND == started.redirect
    resumed = Attempt(redirect=SECOND, started_at=later(seconds), resumes=session.status)
    assert resumed == again.attempt


@resting
def test_without_an_attempt_nothing_can_be_handed_over_or_fail(session: SyncSession) -> None:
    with pytest.raises(ValueError, match="being prepared"):
        session.hand_over("a-fingerprint", now=NINE, actor="merchant")
    with pytest.raises(ValueError, match="being prepared"):
        session.redirect_failed("CodatUnavailable", now=NINE, actor="merchant")
    with pytest.raises(ValueError, match="being prepared"):
        session.redirect_unknown("CodatTimedOut", now=NINE, actor="merchant")


def test_coming_back_is_noted_once() -> None:
    once = returned(opened())

    assert RETURNED is once.status
    assert Happening.RETURNED is once.timeline[-1].what
    assert once is once.come_back(now=NINE, actor="merchant")


@pytest.mark.parametrize(
    "session", [opened(), begun(opened()), STANDING[COMPLETED]], ids=["open", "starting", "done"]
)
def test_coming_back_changes_nothing_where_nobody_was_sent_away(session: SyncSession) -> None:
    assert session is session.come_back(now=NINE, actor="merchant")


@pytest.mark.parametrize("status", [OPEN, REDIRECTED, RETURNED], ids=lambda s: s.value)
def test_codats_word_completes_it(status: SyncSessionStatus) -> None:
    session = STANDING[status]

    done = completed(session)

    assert (COMPLETED, COMPANY) == (done.status, done.company)
    assert [*happenings(session), Happening.COMPLETED] == happenings(done)


@pytest.mark.parametrize(
    "session", [begun(opened()), STANDING[COMPLETED]], ids=["starting", "completed"]
)
def test_confirming_changes_nothing_while_starting_or_when_known(session: SyncSession) -> None:
    assert session is completed(session)


def test_a_session_cannot_be_changed_in_place() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        opened().status = COMPLETED  # type: ignore[misc]  # what is tried is forbidden


def test_a_fingerprint_is_not_shown() -> None:
    assert "of rd_1" not in repr(STANDING[REDIRECTED])


EDGES = {
    (OPEN, STARTING),
    (REDIRECTED, STARTING),
    (RETURNED, STARTING),
    (COMPLETED, STARTING),
    (STARTING, OPEN),
    (STARTING, REDIRECTED),
    (STARTING, RETURNED),
    (STARTING, COMPLETED),
    (REDIRECTED, RETURNED),
    (OPEN, COMPLETED),
    (REDIRECTED, COMPLETED),
    (RETURNED, COMPLETED),
    (COMPLETED, COMPLETED),
    (COMPLETED, OPEN),
}


@given(
    session=strategies.sync_sessions(),
    data=st.data(),
    seconds=st.floats(-100, 100),
)
def test_only_listed_edges_are_taken_one_entry_at_a_time(
    session: SyncSession, data: st.DataObject, seconds: float
) -> None:
    now = session.timeline[-1].at + dt.timedelta(seconds=seconds)

    following = data.draw(strategies.next_states(session, 99, now))

    if following is session:
        return
    assert (session.status, following.status) in EDGES
    assert session.timeline == following.timeline[:-1]
    assert now == following.timeline[-1].at
    unchanging = ("id", "merchant", "platform_key", "created_at")
    assert all(getattr(session, name) == getattr(following, name) for name in unchanging)


@given(strategies.sync_sessions())
def test_the_version_counts_the_timeline_and_redirects_count_hand_offs(
    session: SyncSession,
) -> None:
    assert len(session.timeline) == session.version
    assert happenings(session).count(Happening.REDIRECTED) == len(session.redirects)
    assert len(session.redirects) == len({redirect.id for redirect in session.redirects})
    assert (session.status is STARTING) is (session.attempt is not None)


@given(strategies.sync_sessions())
def test_every_redirect_that_was_started_ends_once(session: SyncSession) -> None:
    ends = {Happening.REDIRECTED, Happening.REDIRECT_FAILED, Happening.REDIRECT_UNKNOWN}
    started = [e.redirect for e in session.timeline if e.what is Happening.REDIRECT_STARTED]
    ended = [e.redirect for e in session.timeline if e.what in ends]

    running = [session.attempt.redirect] if session.attempt else []
    assert started == ended + running


@given(strategies.sync_sessions())
def test_what_is_completed_stays_so_until_codat_contradicts(session: SyncSession) -> None:
    happened = happenings(session)
    if Happening.COMPLETED not in happened:
        assert Happening.DISCONNECTED not in happened
        return

    assert session.company is not None
    standing = session.attempt.resumes if session.attempt else session.status
    told = [what for what in happened if what in {Happening.COMPLETED, Happening.DISCONNECTED}]
    assert (COMPLETED is standing) is (told[-1] is Happening.COMPLETED)
    occasions = 1 + len(session.redirects) + happened.count(Happening.DISCONNECTED)
    assert happened.count(Happening.COMPLETED) <= occasions


@given(strategies.sync_sessions())
def test_a_connection_stands_only_by_codats_word_after_the_last_hand_off(
    session: SyncSession,
) -> None:
    after = happenings(session)
    while Happening.REDIRECTED in after:
        after = after[after.index(Happening.REDIRECTED) + 1 :]

    if session.stands:
        assert COMPLETED is session.status
        assert Happening.COMPLETED in after


def test_contradicting_what_was_never_completed_changes_nothing() -> None:
    session = STANDING[REDIRECTED]

    assert session is session.contradict(now=session.created_at, actor="codat")


@given(session=strategies.sync_sessions(), seconds=st.floats(-1e6, 1e6))
def test_no_session_is_ever_locked_for_longer_than_ten_seconds(
    session: SyncSession, seconds: float
) -> None:
    now = session.timeline[-1].at + dt.timedelta(seconds=seconds)

    try:
        session.begin_redirect(RedirectId("rd_x"), now=now, actor="merchant")
    except RedirectInProgress as refused:
        free = now + refused.retry_after
    else:
        return

    assert free - now <= LONGEST_START
    again = session.begin_redirect(RedirectId("rd_x"), now=free, actor="merchant")
    assert STARTING is again.status


@given(strategies.sync_sessions())
def test_it_is_redirected_only_through_a_hand_off(session: SyncSession) -> None:
    if session.status in {REDIRECTED, RETURNED}:
        assert session.redirects

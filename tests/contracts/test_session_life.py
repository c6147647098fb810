"""
Lives of sync sessions, as long and as odd as they come, against a model.

The model is a dictionary of what was acknowledged last; all stores have to agree with it.
"""

from collections import Counter

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from adapters.sessions.sql import SqlSessionStore
from domain.errors import (
    RedirectInProgress,
    SyncFlowUrlRepeated,
    SyncSessionChanged,
    SyncSessionUnknown,
)
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_session import (
    LONGEST_START,
    Happening,
    SyncSession,
    SyncSessionStatus,
    TimelineEntry,
)
from domain.ports.session_store import SessionQuery, SessionStore
from tests.contracts.machines import Life, Stored, bounded
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.sessions import FakeSessionStore


OPEN, STARTING = SyncSessionStatus.OPEN, SyncSessionStatus.STARTING
REDIRECTED, RETURNED = SyncSessionStatus.REDIRECTED, SyncSessionStatus.RETURNED
COMPLETED = SyncSessionStatus.COMPLETED

EDGES = {
    OPEN: {STARTING, COMPLETED},
    STARTING: {STARTING, OPEN, REDIRECTED, RETURNED, COMPLETED},
    # Back to where it was before, if the URL was not given away after all.
    REDIRECTED: {STARTING, RETURNED, COMPLETED, REDIRECTED, OPEN},
    RETURNED: {STARTING, COMPLETED},
    COMPLETED: {STARTING, COMPLETED, OPEN},
}
ENDS = {Happening.REDIRECTED, Happening.REDIRECT_FAILED, Happening.REDIRECT_UNKNOWN}

MERCHANTS = [MerchantIdentifier("m-1"), MerchantIdentifier("M-1"), MerchantIdentifier("m:2")]
KEYS = [PlatformKey("gbol"), PlatformKey("qhyg")]
BY = "merchant"
SOME = st.integers(min_value=0, max_value=10**6)


class SyncSessionLife(Life):
    """What may happen to the sync sessions of a store."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.ids = FakeClock(), FakeIds()
        self.acknowledged: dict[SyncSessionId, SyncSession] = {}
        self.earlier: list[SyncSession] = []
        self.delivered: Counter[SyncSessionId] = Counter()
        self.fingerprints: list[str] = []
        self.store = self.start()

    def start(self) -> SessionStore:
        raise NotImplementedError

    # What the rules are made of.

    def loaded(self, number: int) -> SyncSession:
        ids = sorted(self.acknowledged)
        return self.run(self.store.get(ids[number % len(ids)]))

    def starting(self, number: int) -> SyncSession:
        ids = sorted(i for i, s in self.acknowledged.items() if s.attempt is not None)
        return self.run(self.store.get(ids[number % len(ids)]))

    def save(self, before: SyncSession, after: SyncSession) -> None:
        if after is before:
            return
        self.run(self.store.save(before, after))
        assert after.status in EDGES[before.status]
        assert before.timeline == after.timeline[: before.version]
        assert (before.merchant, before.platform_key) == (after.merchant, after.platform_key)
        self.acknowledged[after.id] = after
        self.earlier.append(before)

    def hand_over(self, session: SyncSession) -> None:
        fingerprint = f"fingerprint {len(self.fingerprints)}"
        self.save(session, session.hand_over(fingerprint, now=self.clock.now(), actor=BY))
        self.fingerprints.append(fingerprint)
        self.delivered[session.id] += 1

    def there_are_sessions(self) -> bool:
        return bool(self.acknowledged)

    def there_are_attempts(self) -> bool:
        return any(session.attempt is not None for session in self.acknowledged.values())

    # What may happen.

    @rule(merchant=st.sampled_from(MERCHANTS), key=st.sampled_from(KEYS))
    def a_merchant_chooses(self, merchant: MerchantIdentifier, key: PlatformKey) -> None:
        name = self.ids.sync_session()
        session = SyncSession.open(name, merchant, key, now=self.clock.now(), actor=BY)
        self.run(self.store.add(session))
        self.acknowledged[name] = session

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def a_redirect_begins(self, number: int) -> None:
        session, now = self.loaded(number), self.clock.now()
        attempt = session.attempt
        age = (now - attempt.started_at).total_seconds() if attempt else -1
        try:
            begun = session.begin_redirect(self.ids.redirect(), now=now, actor=BY)
        except RedirectInProgress:
            assert 0 <= age < LONGEST_START.total_seconds()
        else:
            assert not 0 <= age < LONGEST_START.total_seconds()
            self.save(session, begun)

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def a_redirect_goes_through(self, number: int) -> None:
        session = self.loaded(number)
        self.clock.advance(LONGEST_START.total_seconds())
        if session.attempt is None:
            redirect, now = self.ids.redirect(), self.clock.now()
            self.save(session, session.begin_redirect(redirect, now=now, actor=BY))
        self.hand_over(self.acknowledged[session.id])

    @precondition(there_are_attempts)
    @rule(number=SOME)
    def the_merchant_is_handed_over(self, number: int) -> None:
        self.hand_over(self.starting(number))

    @precondition(lambda self: self.there_are_attempts() and self.fingerprints)
    @rule(number=SOME)
    def codat_answers_with_an_old_url(self, number: int) -> None:
        session, now = self.starting(number), self.clock.now()
        old = self.fingerprints[number % len(self.fingerprints)]
        with pytest.raises(SyncFlowUrlRepeated):
            self.run(self.store.save(session, session.hand_over(old, now=now, actor=BY)))
        self.save(session, session.redirect_failed("SyncFlowUrlRepeated", now=now, actor=BY))

    @precondition(there_are_attempts)
    @rule(number=SOME, known=st.booleans())
    def codat_does_not_answer(self, number: int, *, known: bool) -> None:
        session = self.starting(number)
        fall_back = session.redirect_failed if known else session.redirect_unknown
        self.save(session, fall_back("CodatError", now=self.clock.now(), actor=BY))

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def the_url_gets_too_old(self, number: int) -> None:
        session = self.loaded(number)
        if session.timeline[-1].what is not Happening.REDIRECTED:
            return
        now = self.clock.now()
        self.save(session, session.redirect_undelivered("SyncFlowUrlStale", now=now, actor=BY))
        self.delivered[session.id] -= 1

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def the_merchant_comes_back(self, number: int) -> None:
        session = self.loaded(number)
        self.save(session, session.come_back(now=self.clock.now(), actor=BY))

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def codat_confirms(self, number: int) -> None:
        session = self.loaded(number)
        company = CompanyId("c-1")
        self.save(session, session.confirm(company, now=self.clock.now(), actor="codat"))

    @precondition(there_are_sessions)
    @rule(number=SOME)
    def codat_contradicts(self, number: int) -> None:
        session = self.loaded(number)
        self.save(session, session.contradict(now=self.clock.now(), actor="codat"))

    @precondition(lambda self: self.earlier)
    @rule(number=SOME)
    def a_stale_copy_is_saved(self, number: int) -> None:
        stale = self.earlier[number % len(self.earlier)]
        entry = TimelineEntry(at=self.clock.now(), what=Happening.RETURNED, actor="late")
        after = attrs.evolve(stale, timeline=(*stale.timeline, entry))
        with pytest.raises(SyncSessionChanged):
            self.run(self.store.save(stale, after))

    @rule(seconds=st.sampled_from([0.000001, 1, 9, 11, 3600]), back=st.booleans())
    def time_passes_or_is_corrected(self, seconds: float, *, back: bool) -> None:
        (self.clock.set_back if back else self.clock.advance)(seconds)

    @rule()
    def the_process_ends_and_another_one_starts(self) -> None:
        self.end_process()
        self.store = self.start()

    @rule(
        merchant=st.none() | st.sampled_from(MERCHANTS),
        key=st.none() | st.sampled_from(KEYS),
        status=st.none() | st.sampled_from(SyncSessionStatus),
        before=st.none() | SOME,
        limit=st.integers(min_value=0, max_value=5),
    )
    def somebody_looks(
        self,
        merchant: MerchantIdentifier | None,
        key: PlatformKey | None,
        status: SyncSessionStatus | None,
        before: int | None,
        limit: int,
    ) -> None:
        newest_first = [self.acknowledged[i] for i in sorted(self.acknowledged, reverse=True)]
        at = before % len(newest_first) if newest_first and before is not None else -1
        query = SessionQuery(
            merchant=merchant,
            platform_key=key,
            status=status,
            before=newest_first[at].id if at >= 0 else None,
            limit=limit,
        )
        expected = [
            session
            for session in newest_first[at + 1 :]
            if merchant in {None, session.merchant}
            and key in {None, session.platform_key}
            and status in {None, session.status}
        ]

        assert tuple(expected[:limit]) == self.run(self.store.find(query))

    # What always holds.

    @invariant()
    def what_was_acknowledged_last_is_there(self) -> None:
        kept = {name: self.run(self.store.get(name)) for name in self.acknowledged}
        assert self.acknowledged == kept
        with pytest.raises(SyncSessionUnknown):
            self.run(self.store.get(SyncSessionId("ss_unknown")))

    @invariant()
    def redirects_are_the_hand_offs_that_took_place(self) -> None:
        counted = {name: len(s.redirects) for name, s in self.acknowledged.items()}
        assert {name: self.delivered[name] for name in self.acknowledged} == counted

    @invariant()
    def no_url_was_handed_over_twice(self) -> None:
        entries = [entry for s in self.acknowledged.values() for entry in s.timeline]
        handed_over = [e.fingerprint for e in entries if e.fingerprint is not None]
        assert sorted(self.fingerprints) == sorted(handed_over)
        assert len(set(handed_over)) == len(handed_over)

    @invariant()
    def every_attempt_ends_once_or_is_the_one_that_runs(self) -> None:
        for session in self.acknowledged.values():
            running = None
            for entry in session.timeline:
                if entry.what is Happening.REDIRECT_STARTED:
                    assert running is None
                    running = entry.redirect
                elif entry.what in ENDS:
                    assert running == entry.redirect
                    running = None
            assert running == (session.attempt.redirect if session.attempt else None)


class LifeInTheFake(SyncSessionLife):
    def start(self) -> SessionStore:
        try:
            return self.store
        except AttributeError:
            return FakeSessionStore()


class LifeInSqlite(Stored, SyncSessionLife):
    kind = "sqlite"

    def start(self) -> SessionStore:
        return SqlSessionStore(self.opened())


class LifeInPostgres(LifeInSqlite):
    kind = "postgres"


TestLifeInTheFake = LifeInTheFake.TestCase
TestLifeInSqlite = LifeInSqlite.TestCase
TestLifeInPostgres = LifeInPostgres.TestCase
TestLifeInTheFake.settings = TestLifeInSqlite.settings = bounded(30, 40)
TestLifeInPostgres.settings = bounded(10, 40)

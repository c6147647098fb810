"""
Lives of merchants: tokens, logins and redirects, through the use cases and over all stores.

What goes wrong is everything at once: Codat, the storage in the middle of a start, merchants who
leave, processes that die, clocks that are set back. `test_session_life.py` has the sync session
by itself; webhooks, and a way to revoke a session, do not exist.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from urllib.parse import parse_qs, urlsplit

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.eras import Eras
from adapters.sessions.sql import SqlSessionStore
from domain.errors import (
    ChoiceRefused,
    CodatAnswerInvalid,
    CodatError,
    CodatTimedOut,
    CodatUnavailable,
    ConnectTokenRefused,
    RedirectInProgress,
    StorageUnavailable,
    SyncFlowUrlRefused,
    SyncSessionUnknown,
)
from domain.ids import Secret, SyncSessionId
from domain.model.caller import Caller
from domain.model.sync_flow_url import LONGEST_WAIT
from domain.model.sync_session import LONGEST_START, SyncSession
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.connect_tokens import ConnectTokens
from domain.ports.session_store import SessionQuery, SessionStore
from domain.use_cases.issue_connect_token import IssueConnectToken
from domain.use_cases.open_sync_session import OpenSyncSession
from domain.use_cases.redeem_connect_token import LIFETIME, Admission, RedeemConnectToken
from domain.use_cases.start_redirect import Handoff, StartRedirect
from tests.contracts.machines import Life, Stored, bounded
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant
from tests.fakes.eras import LEEWAY, FakeEras
from tests.servers.postgres import dumped


MERCHANTS = ("m-1", "m:2")
OFFERED, REFUSED = ("gbol", "qhyg"), ("lqai", "pdvj", "zzzz")
"""What is on offer; the connector, one that is not enabled, and one that nobody knows."""

TROUBLE: tuple[CodatError, ...] = (
    CodatUnavailable(),
    CodatTimedOut(),
    CodatAnswerInvalid(reason="it is not JSON"),
)
TOKEN_LIFETIME = 60.0
SOME = st.integers(min_value=0, max_value=10**6)


@attrs.define
class FlakyStore:
    """A store that fails at the write of this number: before it is done, or only says so."""

    inner: SessionStore
    fails_at: int = -1
    done_all_the_same: bool = False
    dead: bool = False

    async def add(self, session: SyncSession) -> None:
        await self._writing(self.inner.add(session))

    async def get(self, session: SyncSessionId) -> SyncSession:
        return await self.inner.get(session)

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        await self._writing(self.inner.save(before, after))

    async def find(self, query: SessionQuery) -> tuple[SyncSession, ...]:
        return await self.inner.find(query)

    async def ping(self) -> None:
        await self.inner.ping()

    async def _writing(self, writing: "Awaitable[None]") -> None:
        self.fails_at -= 1
        failing = self.dead or self.fails_at == 0
        if failing and not self.done_all_the_same:
            writing.close()  # type: ignore[attr-defined]  # a coroutine
        else:
            await writing
        if failing:
            raise StorageUnavailable("the storage was told to fail")


@attrs.define
class Token:
    """What is known of a connect token; *age* is by the clock that never goes back."""

    merchant: str
    issued_at: float
    redeemed: int = 0
    disturbed: bool = False


class MerchantLife(Life):
    """What may happen to merchants."""

    def __init__(self) -> None:
        super().__init__()
        self.product = Product()
        self.clock, self.codat = self.product.world.clock, self.product.world.codat
        self.known: dict[SyncSessionId, str] = {}
        self.tokens_issued: dict[Secret, Token] = {}
        self.logins: dict[Secret, tuple[str, float]] = {}
        self.delivered: dict[str, SyncSessionId] = {}
        self.uncertain: Counter[SyncSessionId] = Counter()
        self.starts = 0
        self.begin_process()

    def stores(self) -> tuple[SessionStore, ConnectTokens, BrowserSessions]:
        raise NotImplementedError

    def begin_process(self) -> None:
        sessions, tokens, browsers = self.stores()
        self.store = FlakyStore(sessions)
        product = self.product
        self.start: StartRedirect = attrs.evolve(product.start_redirect, sessions=self.store)
        self.open: OpenSyncSession = attrs.evolve(product.open_sync_session, sessions=self.store)
        self.issue: IssueConnectToken = attrs.evolve(product.issue_connect_token, tokens=tokens)
        self.redeem: RedeemConnectToken = attrs.evolve(
            product.redeem_connect_token, tokens=tokens, browsers=browsers
        )

    # Coming in.

    @rule(merchant=st.sampled_from(MERCHANTS))
    def the_platform_issues_a_token(self, merchant: str) -> None:
        issued = self.run(self.issue(BACKEND, merchant_identifier=merchant))
        self.tokens_issued[issued.secret] = Token(merchant, self.clock.monotonic())

    @precondition(lambda self: self.tokens_issued)
    @rule(number=SOME, at_once=st.integers(1, 3))
    def somebody_brings_a_token(self, number: int, at_once: int) -> None:
        secret = list(self.tokens_issued)[number % len(self.tokens_issued)]
        token = self.tokens_issued[secret]
        age = self.clock.monotonic() - token.issued_at

        async def bring() -> list[Admission | BaseException]:
            claims = (self.redeem.claim(secret) for _ in range(at_once))
            return await asyncio.gather(*claims, return_exceptions=True)

        came = self.run(bring())
        admissions = [one for one in came if isinstance(one, Admission)]
        expected = token.redeemed == 0 and age < TOKEN_LIFETIME
        token.redeemed += len(admissions)

        assert all(isinstance(one, Admission | ConnectTokenRefused) for one in came)
        assert expected or not admissions or age < TOKEN_LIFETIME + LEEWAY
        assert token.redeemed <= 1
        assert token.disturbed or bool(admissions) == expected
        for admission in admissions:
            assert token.merchant == admission.grant.merchant.identifier
            login = self.run(self.redeem.log_in(admission))
            self.logins[login.secret] = (token.merchant, self.clock.monotonic())

    @precondition(lambda self: self.logins)
    @rule(number=SOME)
    def somebody_is_recognised(self, number: int) -> None:
        secret = list(self.logins)[number % len(self.logins)]
        merchant, since = self.logins[secret]
        found = self.run(self.redeem.recognise(secret))

        if found is not None:
            assert merchant == found.identifier
            assert self.clock.monotonic() - since < LIFETIME.total_seconds() + LEEWAY

    # On the way.

    @rule(merchant=st.sampled_from(MERCHANTS), key=st.sampled_from(OFFERED + REFUSED))
    def a_merchant_chooses(self, merchant: str, key: str) -> None:
        try:
            session = self.run(self.open(key, a_merchant(merchant)))
        except ChoiceRefused:
            assert key in REFUSED
        else:
            assert key in OFFERED
            self.known[session.id] = merchant

    @precondition(lambda self: self.known)
    @rule(
        number=SOME, by=st.sampled_from([*MERCHANTS, None]), later=st.sampled_from([0, 4, 7, 11])
    )
    def a_merchant_starts(self, number: int, by: str | None, later: int) -> None:
        """Codat takes some seconds, and answers."""
        self.begin(number, by, codat=self.take(later))

    @precondition(lambda self: self.known)
    @rule(number=SOME, trouble=st.sampled_from(TROUBLE))
    def codat_is_in_trouble(self, number: int, trouble: CodatError) -> None:
        self.codat.fail_next("start_sync_flow", trouble)
        self.begin(number)
        self.codat.recover()

    @precondition(lambda self: self.known and {*self.codat.minted[-1:]} & self.delivered.keys())
    @rule(number=SOME)
    def codat_repeats_itself(self, number: int) -> None:
        self.codat.repeat_last_url()
        self.begin(number)

    @precondition(lambda self: self.known)
    @rule(number=SOME, write=st.integers(1, 3), done=st.booleans())
    def the_storage_fails_on_the_way(self, number: int, write: int, *, done: bool) -> None:
        self.store.fails_at, self.store.done_all_the_same = write, done
        self.begin(number, disturbed=True)
        self.store.fails_at = -1

    @precondition(lambda self: self.known)
    @rule(number=SOME)
    def the_merchant_leaves_on_the_way(self, number: int) -> None:
        handoff = self.begin(number, leaves=True)
        if handoff is not None:
            self.run(self.start.undelivered(handoff, "ClientGone", BACKEND))

    @precondition(lambda self: self.known)
    @rule(number=SOME)
    def the_process_dies_on_the_way(self, number: int) -> None:
        async def die() -> None:
            self.store.dead = True

        self.store.done_all_the_same = False
        self.begin(number, codat=die, disturbed=True)
        self.the_process_ends_and_another_one_begins()

    @precondition(lambda self: self.known)
    @rule(number=SOME)
    def whatever_happened_it_goes_on_ten_seconds_later_at_most(self, number: int) -> None:
        if self.begin(number) is None:
            self.clock.advance(LONGEST_START.total_seconds())
            assert self.begin(number) is not None

    @rule()
    def the_process_ends_and_another_one_begins(self) -> None:
        self.end_process()
        self.begin_process()

    @rule(seconds=st.sampled_from([1, 29, 31, 61, 3600]), back=st.booleans())
    def time_passes_or_is_corrected(self, seconds: float, *, back: bool) -> None:
        if not back:
            self.clock.advance(seconds)
            return
        self.clock.set_back(seconds)
        for token in self.tokens_issued.values():
            token.disturbed = True
        # The service is never idle for longer than that: readiness is asked for, pages are drawn.
        self.the_platform_issues_a_token(MERCHANTS[0])

    def take(self, seconds: float) -> "Awaitable[None] | object":
        async def dawdle() -> None:
            self.clock.advance(seconds)

        return dawdle

    def begin(
        self,
        number: int,
        by: str | None = None,
        *,
        codat: object = None,
        disturbed: bool = False,
        leaves: bool = False,
    ) -> Handoff | None:
        """Start a redirect, and hold whatever comes of it to the rules."""
        session_id = sorted(self.known)[number % len(self.known)]
        caller: Caller = BACKEND if by is None else a_merchant(by)
        if callable(codat):
            self.codat.interruptions["start_sync_flow"] = codat
        began = self.clock.monotonic()
        self.starts += 1
        try:
            handoff = self.run(self.start(session_id, caller))
            url = handoff.url.take(self.clock.monotonic())
        except SyncSessionUnknown:
            assert by not in {None, self.known[session_id]}
            return None
        except (CodatError, SyncFlowUrlRefused, RedirectInProgress):
            return None
        except StorageUnavailable:
            assert disturbed
            self.uncertain[session_id] += 1
            return None
        finally:
            self.codat.interruptions.clear()
        assert began <= handoff.url.fetched_at
        assert self.clock.monotonic() - handoff.url.fetched_at <= LONGEST_WAIT
        if leaves:
            return handoff
        assert url not in self.delivered
        assert [self.known[session_id]] == parse_qs(urlsplit(url).query)["merchantIdentifier"]
        self.delivered[url] = session_id
        return handoff

    # What always holds.

    @invariant()
    def codat_hears_of_merchants_and_choices_as_they_are_kept(self) -> None:
        assert self.codat.calls["start_sync_flow"] <= self.starts
        for route, merchant, return_to in self.codat.started:
            session_id = SyncSessionId(return_to.rpartition("/")[2])
            assert merchant == self.known[session_id]
            assert "lqai" == route.commerce_key
            assert route.accounting_key in OFFERED

    @invariant()
    def who_was_sent_away_is_recorded_as_sent_away(self) -> None:
        sent = Counter(self.delivered.values())
        for session_id, merchant in self.known.items():
            session = self.run(self.store.get(session_id))
            assert merchant == session.merchant
            assert sent[session_id] <= len(session.redirects)
            # A hand-off that nobody was told of is put right by the next start.
            assert len(session.redirects) <= sent[session_id] + min(1, self.uncertain[session_id])

    @invariant()
    def no_url_is_kept(self) -> None:
        kept = [self.run(self.store.get(session_id)) for session_id in self.known]
        assert "CANARY" not in repr(kept)


class LifeWithFakes(MerchantLife):
    def stores(self) -> tuple[SessionStore, ConnectTokens, BrowserSessions]:
        world = self.product.world
        if not self.tokens_issued:
            world.tokens.eras, world.browsers.eras = FakeEras(self.clock), FakeEras(self.clock)
        return world.sessions, world.tokens, world.browsers


class LifeOverSqlite(Stored, MerchantLife):
    kind = "sqlite"

    def stores(self) -> tuple[SessionStore, ConnectTokens, BrowserSessions]:
        database, eras = self.opened(), Eras(self.clock)
        tokens, browsers = SqlConnectTokens(database, eras), SqlBrowserSessions(database, eras)
        return SqlSessionStore(database), tokens, browsers

    def end_process(self) -> None:
        super().end_process()
        content = self.everything_kept()
        assert b"CANARY" not in content
        assert not any(secret.encode() in content for secret in self.tokens_issued)

    def everything_kept(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.directory.iterdir())


class LifeOverPostgres(LifeOverSqlite):
    kind = "postgres"

    def everything_kept(self) -> bytes:
        return dumped(self.url)


TestLifeWithFakes = LifeWithFakes.TestCase
TestLifeOverSqlite = LifeOverSqlite.TestCase
TestLifeOverPostgres = LifeOverPostgres.TestCase
TestLifeWithFakes.settings = TestLifeOverSqlite.settings = bounded(40, 40)
TestLifeOverPostgres.settings = bounded(10, 40)

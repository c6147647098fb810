"""Ask Codat how far a merchant's connection is, and note it when it stands."""

import datetime as dt
import math
from collections import OrderedDict
from typing import Final

import attrs

from domain.errors import CodatError, StorageUnavailable, SyncSessionChanged
from domain.ids import SyncSessionId
from domain.model.caller import Caller
from domain.model.connection_report import ConnectionReport, report_on, stands_for
from domain.model.connector import Connector
from domain.model.sync_session import SyncSession, SyncSessionStatus
from domain.ports.clock import Clock
from domain.ports.codat_gateway import CodatGateway
from domain.ports.session_store import SessionStore


SHORTEST_PAUSE: Final = dt.timedelta(seconds=2)
LONGEST_PAUSE: Final = dt.timedelta(hours=1)
PATIENCE: Final = 20
"""Who was sent away an hour ago is asked after every hour / 20: three minutes."""

MOST_REMEMBERED: Final = 10_000

AWAY: Final = frozenset({SyncSessionStatus.REDIRECTED, SyncSessionStatus.RETURNED})
"""While a merchant is away, or just back, Codat may know more than we do."""


@attrs.frozen(kw_only=True)
class Confirmation:
    """The sync session as it is now, and what Codat reports of it."""

    session: SyncSession
    report: ConnectionReport


@attrs.frozen(kw_only=True)
class Standing:
    """
    The sync session as far as is known now.

    *report* is what Codat said last; it is missing where Codat was not asked, or could not say.
    """

    session: SyncSession
    report: ConnectionReport | None = None


@attrs.define(eq=False)
class _Told:
    """When Codat was asked about each sync session, by the monotonic clock, and what it said."""

    reports: OrderedDict[SyncSessionId, tuple[float, ConnectionReport | None]] = attrs.field(
        factory=OrderedDict
    )


@attrs.frozen(kw_only=True)
class ConfirmConnection:
    """A merchant's return proves nothing; only Codat's own answer completes a sync session."""

    connector: Connector
    codat: CodatGateway
    sessions: SessionStore
    clock: Clock
    _told: _Told = attrs.field(factory=_Told, init=False, eq=False, repr=False)

    async def note_return(self, session_id: SyncSessionId, caller: Caller) -> SyncSession:
        """
        Record that the merchant's browser is back; any number of times.

        Raises:
            SyncSessionUnknown: the caller has no such sync session.
        """
        session = await self.sessions.get(session_id)
        caller.expect_mine(session)
        returned = session.come_back(now=self.clock.now(), actor=caller.actor)
        if returned is not session:
            await self.sessions.save(session, returned)
        return returned

    async def __call__(self, session_id: SyncSessionId, caller: Caller) -> Confirmation:
        """
        Read back from Codat how far the connection is.

        Raises:
            SyncSessionUnknown: the caller has no such sync session.
            CodatError: Codat cannot say at the moment.
        """
        session = await self.sessions.get(session_id)
        caller.expect_mine(session)
        report = await self._report(session)
        now = self.clock.now()
        if report.complete and report.company is not None:
            told = session.confirm(report.company, now=now, actor="codat")
        else:
            told = session.contradict(now=now, actor="codat")
        if told is not session:
            await self.sessions.save(session, told)
        return Confirmation(session=told, report=report)

    async def as_it_stands(self, session_id: SyncSessionId, caller: Caller) -> Standing:
        """
        The sync session, after asking Codat where that may tell something new.

        Whoever asks again and again costs little of the quota: Codat is asked at most every
        2 seconds, and the rarer the longer ago the merchant was sent away.

        Raises:
            SyncSessionUnknown: the caller has no such sync session.
        """
        session = await self.sessions.get(session_id)
        caller.expect_mine(session)
        known = self.as_known(session)
        if known is not None:
            return known
        self._remember(session_id, None)
        try:
            confirmation = await self(session_id, caller)
        except (CodatError, StorageUnavailable):
            return Standing(session=session)
        except SyncSessionChanged:
            # Somebody else asked at the same moment, and has noted the answer.
            return Standing(session=await self.sessions.get(session_id))
        self._remember(session_id, confirmation.report)
        return Standing(session=confirmation.session, report=confirmation.report)

    def as_known(self, session: SyncSession) -> Standing | None:
        """How *session*, read just now, stands; `None` where Codat is to be asked about it."""
        if self.quiet_for(session) <= 0:
            return None
        _, report = self._told.reports.get(session.id, (0.0, None))
        return Standing(session=session, report=report)

    def quiet_for(self, session: SyncSession) -> float:
        """For how many seconds Codat is not asked about *session* again; 0 where it would be."""
        managing = session.status is SyncSessionStatus.COMPLETED and not session.stands
        if session.status not in AWAY and not managing:
            return math.inf
        since = self.clock.now() - session.timeline[-1].at
        pause = min(max(SHORTEST_PAUSE, since / PATIENCE), LONGEST_PAUSE)
        last, _ = self._told.reports.get(session.id, (-math.inf, None))
        return max(0.0, last + pause.total_seconds() - self.clock.monotonic())

    def _remember(self, session_id: SyncSessionId, report: ConnectionReport | None) -> None:
        reports = self._told.reports
        reports[session_id] = (self.clock.monotonic(), report)
        reports.move_to_end(session_id)
        if len(reports) > MOST_REMEMBERED:
            reports.popitem(last=False)

    async def _report(self, session: SyncSession) -> ConnectionReport:
        best = ConnectionReport()
        for company in await self.codat.find_companies(session.merchant):
            if not stands_for(company, session.merchant):
                continue
            connections = await self.codat.connections(company.id)
            configuration = await self.codat.configuration(company.id)
            report = report_on(
                company,
                connections,
                configuration,
                connector=self.connector,
                choice=session.platform_key,
            )
            if report.complete:
                return report
            if best.company is None:
                best = report
        return best

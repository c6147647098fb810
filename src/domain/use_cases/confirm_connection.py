"""Ask Codat how far a merchant's connection is, and note it when it stands."""

import attrs

from domain.ids import SyncSessionId
from domain.model.caller import Caller
from domain.model.connection_report import ConnectionReport, report_on, stands_for
from domain.model.connector import Connector
from domain.model.sync_session import SyncSession
from domain.ports.clock import Clock
from domain.ports.codat_gateway import CodatGateway
from domain.ports.session_store import SessionStore


@attrs.frozen(kw_only=True)
class Confirmation:
    """The sync session as it is now, and what Codat reports of it."""

    session: SyncSession
    report: ConnectionReport


@attrs.frozen(kw_only=True)
class ConfirmConnection:
    """A merchant's return proves nothing; only Codat's own answer completes a sync session."""

    connector: Connector
    codat: CodatGateway
    sessions: SessionStore
    clock: Clock

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
        if not report.complete or report.company is None:
            return Confirmation(session=session, report=report)
        confirmed = session.confirm(report.company, now=self.clock.now(), actor="codat")
        if confirmed is not session:
            await self.sessions.save(session, confirmed)
        return Confirmation(session=confirmed, report=report)

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

"""Send a merchant to Codat with a URL fetched for that very redirect."""

import datetime as dt
from contextlib import suppress
from typing import Final

import attrs

from domain.errors import (
    ChoiceRefused,
    CodatError,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
    IntegrationUnknown,
    RedirectInProgress,
    StorageUnavailable,
    SyncFlowUrlRefused,
    SyncFlowUrlStale,
    SyncSessionChanged,
    TillbridgeError,
    TooManyRequests,
)
from domain.ids import SyncSessionId
from domain.model.caller import Backend, Caller
from domain.model.connector import Connector
from domain.model.ended_attempts import EndedAttempts
from domain.model.sync_flow_url import SyncFlowUrl
from domain.model.sync_session import SyncSession
from domain.ports.clock import Clock
from domain.ports.codat_gateway import LONGEST_START, CodatGateway
from domain.ports.ids import Ids
from domain.ports.merchant_turns import MerchantTurns
from domain.ports.session_store import SessionStore
from domain.ports.start_limits import StartLimits
from domain.use_cases.list_integrations import ListIntegrations


NOTHING_TO_USE: Final = (CodatError, SyncFlowUrlRefused, ChoiceRefused)
"""After these it is known that there is no URL, or none to use; after anything else it is not."""

LONGEST: Final = LONGEST_START - 0.2
"""Seconds from the first step to the last, which leave time for an answer within 8."""

WORTH_IT: Final = 2.0
"""Seconds that Codat must have; whoever waited in line for longer had better come again."""

COME_AGAIN: Final = dt.timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Handoff:
    """
    What an entrypoint hands to one browser: it takes the *url* at the last moment.

    *session* is as it was recorded before the merchant is sent away.
    """

    session: SyncSession
    url: SyncFlowUrl

    @property
    def expires_at(self) -> dt.datetime:
        """When Codat stops accepting the URL, at the earliest."""
        return self.url.expires_at


@attrs.frozen(kw_only=True)
class StartRedirect:
    """
    Prepares one redirect of a sync session; both rules are kept here.

    The attempt is recorded before Codat is asked, and its end before the URL is handed out.
    """

    connector: Connector
    integrations: ListIntegrations
    codat: CodatGateway
    sessions: SessionStore
    turns: MerchantTurns
    limits: StartLimits
    clock: Clock
    ids: Ids
    public_url: str
    _over: EndedAttempts = attrs.field(factory=EndedAttempts, init=False, eq=False, repr=False)

    @property
    def closed(self) -> CodatUnavailable | None:
        """Why no redirect can be prepared at the moment, so far as that is known beforehand."""
        return self.codat.closed()

    async def __call__(self, session_id: SyncSessionId, caller: Caller) -> Handoff:
        """
        Fetch a fresh sync flow URL for the sync session.

        However it fails, the sync session can be started again.

        Raises:
            SyncSessionUnknown: the caller has no such sync session.
            ChoiceRefused: the integration is no longer on offer.
            RedirectInProgress: another redirect of it is being prepared elsewhere.
            SyncSessionChanged: another redirect of it was begun elsewhere at the same moment.
            TooManyRequests: somebody had their share, or too many of the merchant's requests wait.
            CodatError: Codat gave no usable URL.
            SyncFlowUrlRefused: the URL was used before, or took too long to record.
            StorageUnavailable: the redirect could not be recorded.
        """
        until = self.clock.monotonic() + LONGEST
        session = await self.sessions.get(session_id)
        caller.expect_mine(session)
        await self.integrations.choose(session.platform_key, caller)
        key = caller.name if isinstance(caller, Backend) else None
        await self.limits.admit(session.merchant, key)

        async with self.turns.turn(session.merchant):
            if until - self.clock.monotonic() < WORTH_IT:
                raise TooManyRequests(COME_AGAIN)
            begun = await self._begin(session, caller.actor)
            return await self._prepare(begun, caller.actor, until)

    async def _begin(self, session: SyncSession, actor: str) -> SyncSession:
        # Mostly it is still as it was loaded, and recording tells where it is not.
        with suppress(SyncSessionChanged, RedirectInProgress):
            return await self._attempt(session, actor)
        # Others had their turns since then.
        return await self._attempt(await self.sessions.get(session.id), actor)

    async def _attempt(self, session: SyncSession, actor: str) -> SyncSession:
        now, redirect = self.clock.now(), self.ids.redirect()
        settled = self._over.settle(session, now=now, actor=actor)
        begun = settled.begin_redirect(redirect, now=now, actor=actor)
        try:
            await self.sessions.save(session, begun)
        except StorageUnavailable as error:
            # It may be recorded all the same, and Codat was not asked.
            self._over.remember(begun, type(error).__name__, minted=False)
            raise
        self._over.forget(session)
        return begun

    async def undelivered(self, handoff: Handoff, code: str, caller: Caller) -> None:
        """
        Record that the URL of *handoff* was not given away after all; *code* says why.

        Raises:
            SyncSessionChanged: something else has happened since.
            StorageUnavailable: it could not be recorded; the next start will.
        """
        await self._note_undelivered(handoff.session, code, caller.actor)

    async def _note_undelivered(self, handed: SyncSession, code: str, actor: str) -> None:
        undelivered = handed.redirect_undelivered(code, now=self.clock.now(), actor=actor)
        try:
            await self.sessions.save(handed, undelivered)
        except StorageUnavailable:
            self._over.remember(handed, code, minted=True)
            raise

    async def _prepare(self, begun: SyncSession, actor: str, until: float) -> Handoff:
        try:
            url = await self._fetch(begun, until)
            handed = begun.hand_over(url.fingerprint, now=self.clock.now(), actor=actor)
            await self.sessions.save(begun, handed)
        except BaseException as error:
            # Whatever it was, even the end of this very task, must not lock the session.
            await self._fall_back(begun, error, actor)
            raise
        try:
            url.expect_fresh(self.clock.monotonic())
        except SyncFlowUrlStale as stale:
            await self._note_undelivered(handed, type(stale).__name__, actor)
            raise
        return Handoff(session=handed, url=url)

    async def _fetch(self, session: SyncSession, until: float) -> SyncFlowUrl:
        route = self.connector.route_to(session.platform_key)
        return_to = f"{self.public_url}/connect/return/{session.id}"
        within = max(until - self.clock.monotonic(), WORTH_IT)
        try:
            return await self.codat.start_sync_flow(
                route, session.merchant, return_to, within=within
            )
        except CodatNotFound:
            # Until the next list says otherwise, nobody else need find that out.
            self.integrations.withdraw(session.platform_key)
            raise IntegrationUnknown(session.platform_key) from None

    async def _fall_back(self, begun: SyncSession, error: BaseException, actor: str) -> None:
        try:
            await self.sessions.save(begun, self._fallen_back(begun, error, actor))
        except TillbridgeError:
            # Nothing can be recorded, or the hand-off was after all, though nobody was told so.
            self._over.remember(begun, type(error).__name__, minted=True)

    def _fallen_back(self, begun: SyncSession, error: BaseException, actor: str) -> SyncSession:
        now, code = self.clock.now(), type(error).__name__
        if isinstance(error, NOTHING_TO_USE) and not isinstance(error, CodatTimedOut):
            return begun.redirect_failed(code, now=now, actor=actor)
        return begun.redirect_unknown(code, now=now, actor=actor)

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
    IntegrationUnknown,
    RedirectInProgress,
    SyncFlowUrlRefused,
    SyncFlowUrlStale,
    SyncSessionChanged,
    TillbridgeError,
)
from domain.ids import SyncSessionId
from domain.model.caller import Caller
from domain.model.connector import Connector
from domain.model.sync_flow_url import SyncFlowUrl
from domain.model.sync_session import SyncSession
from domain.ports.clock import Clock
from domain.ports.codat_gateway import CodatGateway
from domain.ports.ids import Ids
from domain.ports.merchant_turns import MerchantTurns
from domain.ports.session_store import SessionStore
from domain.use_cases.list_integrations import ListIntegrations


NOTHING_TO_USE: Final = (CodatError, SyncFlowUrlRefused, ChoiceRefused)
"""After these it is known that there is no URL, or none to use; after anything else it is not."""


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
    clock: Clock
    ids: Ids
    public_url: str

    async def __call__(self, session_id: SyncSessionId, caller: Caller) -> Handoff:
        """
        Fetch a fresh sync flow URL for the sync session.

        However it fails, the sync session can be started again.

        Raises:
            SyncSessionUnknown: the caller has no such sync session.
            ChoiceRefused: the integration is no longer on offer.
            RedirectInProgress: another redirect of it is being prepared elsewhere.
            SyncSessionChanged: another redirect of it was begun elsewhere at the same moment.
            TooManyRequests: too many of the merchant's requests wait already.
            CodatError: Codat gave no usable URL.
            SyncFlowUrlRefused: the URL was used before, or took too long to record.
            StorageUnavailable: the redirect could not be recorded.
        """
        session = await self.sessions.get(session_id)
        caller.expect_mine(session)
        await self.integrations.choose(session.platform_key, caller)

        async with self.turns.turn(session.merchant):
            begun = await self._begin(session, caller.actor)
            return await self._prepare(begun, caller.actor)

    async def _begin(self, session: SyncSession, actor: str) -> SyncSession:
        # Mostly it is still as it was loaded, and recording tells where it is not.
        with suppress(SyncSessionChanged, RedirectInProgress):
            return await self._attempt(session, actor)
        # Others had their turns since then.
        return await self._attempt(await self.sessions.get(session.id), actor)

    async def _attempt(self, session: SyncSession, actor: str) -> SyncSession:
        begun = session.begin_redirect(self.ids.redirect(), now=self.clock.now(), actor=actor)
        await self.sessions.save(session, begun)
        return begun

    async def _prepare(self, begun: SyncSession, actor: str) -> Handoff:
        try:
            url = await self._fetch(begun)
            handed = begun.hand_over(url.fingerprint, now=self.clock.now(), actor=actor)
            await self.sessions.save(begun, handed)
        except BaseException as error:
            # Whatever it was, even the end of this very task, must not lock the session.
            with suppress(TillbridgeError):
                await self.sessions.save(begun, self._fallen_back(begun, error, actor))
            raise
        try:
            url.expect_fresh(self.clock.monotonic())
        except SyncFlowUrlStale as stale:
            now, code = self.clock.now(), type(stale).__name__
            undelivered = handed.redirect_undelivered(code, now=now, actor=actor)
            await self.sessions.save(handed, undelivered)
            raise
        return Handoff(session=handed, url=url)

    async def _fetch(self, session: SyncSession) -> SyncFlowUrl:
        route = self.connector.route_to(session.platform_key)
        return_to = f"{self.public_url}/connect/return/{session.id}"
        try:
            return await self.codat.start_sync_flow(route, session.merchant, return_to)
        except CodatNotFound:
            raise IntegrationUnknown(session.platform_key) from None

    def _fallen_back(self, begun: SyncSession, error: BaseException, actor: str) -> SyncSession:
        now, code = self.clock.now(), type(error).__name__
        if isinstance(error, NOTHING_TO_USE) and not isinstance(error, CodatTimedOut):
            return begun.redirect_failed(code, now=now, actor=actor)
        return begun.redirect_unknown(code, now=now, actor=actor)

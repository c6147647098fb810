"""Note which integration a merchant wants to connect."""

import attrs

from domain.errors import InputRefused
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.caller import Backend, Caller
from domain.model.integration import parse_choice
from domain.model.merchant import parse_merchant_identifier
from domain.model.sync_session import SyncSession
from domain.ports.clock import Clock
from domain.ports.ids import Ids
from domain.ports.merchant_turns import MerchantTurns
from domain.ports.session_store import SessionQuery, SessionStore
from domain.use_cases.list_integrations import ListIntegrations


@attrs.frozen(kw_only=True)
class OpenSyncSession:
    """Opens a sync session that retains the merchant's choice; asks nothing of Codat's start."""

    integrations: ListIntegrations
    sessions: SessionStore
    turns: MerchantTurns
    clock: Clock
    ids: Ids

    async def __call__(
        self, platform_key: object, caller: Caller, merchant_identifier: object = None
    ) -> SyncSession:
        """
        Open a new sync session.

        *merchant_identifier* is for the backend to give; a merchant speaks for itself only.

        Raises:
            InputRefused: a value has the wrong shape, or is not the caller's to give.
            ChoiceRefused: the integration is not on offer, or only on show.
            StorageUnavailable: it could not be written.
        """
        merchant = _merchant(caller, merchant_identifier)
        key = parse_choice(platform_key)
        return await self._open(merchant, key, caller)

    async def or_resume(
        self, platform_key: object, caller: Caller, merchant_identifier: object = None
    ) -> SyncSession:
        """
        The merchant's latest sync session for the integration, else a new one.

        Raises: as for a new one, and
            TooManyRequests: too many of the merchant's requests wait already.
        """
        merchant = _merchant(caller, merchant_identifier)
        key = parse_choice(platform_key)
        query = SessionQuery(merchant=merchant, platform_key=key, limit=1)
        # In turn, or else a double click finds none twice, and opens two.
        async with self.turns.turn(merchant):
            for session in await self.sessions.find(query):
                await self.integrations.choose(key, caller)
                return session
            return await self._open(merchant, key, caller)

    async def _open(
        self, merchant: MerchantIdentifier, key: PlatformKey, caller: Caller
    ) -> SyncSession:
        integration = await self.integrations.choose(key, caller)
        session = SyncSession.open(
            self.ids.sync_session(),
            merchant,
            integration.key,
            now=self.clock.now(),
            actor=caller.actor,
        )
        await self.sessions.add(session)
        return session


def _merchant(caller: Caller, given: object) -> MerchantIdentifier:
    if isinstance(caller, Backend):
        return parse_merchant_identifier(given)
    if given is not None:
        remedy = "Leave it out: the merchant is the one who is logged in."
        raise InputRefused("merchantIdentifier", "is for the platform's backend to give", remedy)
    return caller.identifier

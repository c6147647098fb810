import datetime as dt

import pytest
from hypothesis import given

from domain.errors import SyncSessionUnknown
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.caller import Backend, MerchantCaller
from domain.model.sync_session import SyncSession
from tests import strategies
from tests.domain.world import a_merchant


@given(strategies.backends, strategies.sync_sessions())
def test_every_sync_session_is_the_backends_to_see(backend: Backend, session: SyncSession) -> None:
    backend.expect_mine(session)

    assert backend.offered is None
    assert backend.name == backend.actor


@given(strategies.merchant_callers, strategies.sync_sessions())
def test_a_merchant_sees_only_its_own(caller: MerchantCaller, session: SyncSession) -> None:
    if caller.identifier == session.merchant:
        caller.expect_mine(session)
        return

    with pytest.raises(SyncSessionUnknown) as refused:
        caller.expect_mine(session)
    assert session.id == refused.value.id


@pytest.mark.parametrize("near", ["M-1", "m-1 ", "m-10", "m_1", "m-1\n", "m\u20101"], ids=ascii)
def test_merchants_are_compared_byte_by_byte(near: str) -> None:
    session = SyncSession.open(
        SyncSessionId("ss_1"),
        MerchantIdentifier("m-1"),
        PlatformKey("gbol"),
        now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        actor="merchant",
    )

    with pytest.raises(SyncSessionUnknown):
        a_merchant(near).expect_mine(session)


@given(strategies.merchant_callers)
def test_a_merchant_is_what_its_grant_says(caller: MerchantCaller) -> None:
    assert "merchant" == caller.actor
    assert caller.grant.integrations == caller.offered
    assert caller.grant.merchant.identifier == caller.identifier

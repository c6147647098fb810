"""What everybody promises who tells callers apart."""

from pathlib import Path

import pytest

from adapters.identity.bearer import BearerIdentity, JwtTrust
from domain.errors import CredentialsRefused
from domain.model.caller import Backend, MerchantCaller
from domain.ports.identity import Identity
from tests.adapters.identity.issuer import (
    AUDIENCE,
    HONEST_KEYS,
    ISSUER,
    STRANGERS_KEY,
    claims,
    key_set,
    token,
)
from tests.fakes.clock import FakeClock
from tests.fakes.identity import FakeIdentity


pytestmark = pytest.mark.anyio

OPERATOR_KEY = "canary-operator-key"
MERCHANTS_TOKEN = token(claims(sub="shop_7:berlin", name="Kaffee Kiosk"))


@pytest.fixture(params=["fake", "bearer"])
def identity(request: pytest.FixtureRequest, tmp_path: Path) -> Identity:
    if request.param == "fake":
        fake = FakeIdentity()
        fake.know_backend(OPERATOR_KEY, "support")
        fake.know_merchant(MERCHANTS_TOKEN, "shop_7:berlin", "Kaffee Kiosk")
        return fake
    keys = tmp_path / "jwks.json"
    keys.write_bytes(key_set(*HONEST_KEYS))
    trust = JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys))
    return BearerIdentity(operator_keys={"support": OPERATOR_KEY}, jwt=trust, clock=FakeClock())


async def test_the_backend_is_known_by_the_name_of_its_key(identity: Identity) -> None:
    assert Backend(name="support") == await identity.identify(OPERATOR_KEY)


async def test_a_merchant_is_known_by_its_token_any_number_of_times(identity: Identity) -> None:
    for _ in range(2):
        caller = await identity.identify(MERCHANTS_TOKEN)

        assert isinstance(caller, MerchantCaller)
        assert "shop_7:berlin" == caller.identifier
        assert "Kaffee Kiosk" == caller.grant.merchant.name
        assert caller.offered is None


@pytest.mark.parametrize(
    "bearer",
    ["", "nobody", OPERATOR_KEY.upper(), f"{OPERATOR_KEY} ", token(key=STRANGERS_KEY), "\ud800"],
    ids=range(6),
)
async def test_anybody_else_is_refused(identity: Identity, bearer: str) -> None:
    with pytest.raises(CredentialsRefused):
        await identity.identify(bearer)

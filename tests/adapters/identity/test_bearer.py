"""Operator keys and honest tokens."""

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from adapters.identity.bearer import BearerIdentity, JwtTrust
from domain.errors import CredentialsRefused
from domain.model.caller import Backend, Caller, Grant, MerchantCaller
from domain.model.merchant import Merchant, parse_merchant_identifier
from tests.adapters.identity.issuer import (
    AUDIENCE,
    EC_KEY,
    ED_KEY,
    HONEST_KEYS,
    ISSUER,
    NOW,
    RSA_KEY,
    claims,
    key_set,
    public_jwk,
    token,
)
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

OPERATORS = {"shop-backend": "canary-key-1", "support": "canary-key-2"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(*HONEST_KEYS))
    return path


def doorkeeper(keys: Path, **changes: Any) -> BearerIdentity:
    trust = JwtTrust(**{"issuer": ISSUER, "audience": AUDIENCE, "jwks": str(keys), **changes})
    return BearerIdentity(operator_keys=OPERATORS, jwt=trust, clock=FakeClock())


def merchant(identifier: str, name: str | None = None, locale: str | None = None) -> Caller:
    who = Merchant(identifier=parse_merchant_identifier(identifier), name=name)
    return MerchantCaller(grant=Grant(merchant=who, locale=locale))


@pytest.mark.parametrize(("name", "key"), OPERATORS.items())
async def test_an_operator_key_stands_for_the_backend_by_its_name(name: str, key: str) -> None:
    identity = BearerIdentity(operator_keys=OPERATORS, jwt=None, clock=FakeClock())

    assert Backend(name=name) == await identity.identify(key)


@pytest.mark.parametrize(
    "bearer",
    ["", " ", "canary-key-", "canary-key-11", "CANARY-KEY-1", "support", "é", "\ud800", "\0"],
)
async def test_anything_else_stands_for_nobody(bearer: str) -> None:
    identity = BearerIdentity(operator_keys=OPERATORS, jwt=None, clock=FakeClock())

    with pytest.raises(CredentialsRefused):
        await identity.identify(bearer)


async def test_without_trust_in_an_issuer_no_token_counts() -> None:
    async with BearerIdentity(operator_keys={}, jwt=None, clock=FakeClock()) as identity:
        with pytest.raises(CredentialsRefused):
            await identity.identify(token())


def test_an_empty_operator_key_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="empty"):
        BearerIdentity(operator_keys={"shop": ""}, jwt=None, clock=FakeClock())


@pytest.mark.parametrize(
    "good",
    [
        token(),
        token(key=EC_KEY, alg="ES256", kid="ec"),
        token(key=ED_KEY, alg="EdDSA", kid="ed"),
        token(typ=None),
        token(typ="at+jwt"),
        token(typ="application/JWT"),
        token(x="added by the issuer"),
        token(claims(aud=["another", AUDIENCE])),
        token(claims(iat=None)),
        token(claims(iat=NOW - 300, exp=NOW + 300)),
        token(claims(exp=NOW - 29)),
        token(claims(exp=NOW + 299.5, iat=NOW + 29.5, nbf=NOW + 30)),
        token(claims(name=5, locale="not a language")),
        token(claims(name="a\nb", locale=["en"])),
    ],
    ids=range(14),
)
async def test_an_honest_token_stands_for_its_merchant(good: str, keys: Path) -> None:
    assert merchant("m-1") == await doorkeeper(keys).identify(good)


async def test_a_token_may_name_the_merchant_and_its_language(keys: Path) -> None:
    good = token(claims(name="Kaffee Kiosk", locale="de_DE"))

    assert merchant("m-1", "Kaffee Kiosk", "de-DE") == await doorkeeper(keys).identify(good)


async def test_another_claim_may_hold_the_merchant(keys: Path) -> None:
    good = token(claims(sub="user-7", shop="shop_1"))

    assert merchant("shop_1") == await doorkeeper(keys, merchant_claim="shop").identify(good)


async def test_an_operator_key_counts_beside_tokens(keys: Path) -> None:
    assert Backend(name="support") == await doorkeeper(keys).identify("canary-key-2")


async def test_a_token_without_a_key_name_is_checked_against_an_only_key(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(public_jwk(RSA_KEY)))

    assert merchant("m-1") == await doorkeeper(path).identify(token(kid=None))


async def test_two_keys_of_one_name_are_both_tried(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(public_jwk(EC_KEY, kid="rsa"), public_jwk(RSA_KEY, kid="rsa")))

    assert merchant("m-1") == await doorkeeper(path).identify(token())


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": ""},
        {"audience": ""},
        {"algorithms": ()},
        {"algorithms": ("none",)},
        {"algorithms": ("RS256", "HS256")},
        {"jwks": ""},
        {"jwks": "http://platform.example/jwks.json"},
        {"jwks": "http:///jwks.json"},
        {"jwks": "https:///jwks.json"},
        {"jwks": "https://[jwks.json"},
        {"jwks": "ftp://platform.example/jwks.json"},
    ],
    ids=str,
)
def test_trust_that_would_be_misplaced_is_refused_at_once(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Length of|algorithms|key set"):
        JwtTrust(**{"issuer": ISSUER, "audience": AUDIENCE, "jwks": "/keys.json", **changes})


@pytest.mark.parametrize(
    "place",
    [
        "https://platform.example/jwks",
        "http://127.0.0.1:8004/jwks",
        "http://localhost/jwks",
        "http://issuer.localhost/jwks",
        "http://[::1]/jwks",
        "keys.json",
        "/etc/keys.json",
    ],
)
def test_keys_come_from_https_or_loopback_or_a_file(place: str) -> None:
    assert place == JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=place).jwks


async def test_neither_keys_nor_tokens_are_told_to_anybody(
    keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    identity = doorkeeper(keys)

    async def refusal() -> CredentialsRefused:
        try:
            await identity.identify(bad.pop())
        except CredentialsRefused as error:
            return error
        pytest.fail("It should have been refused.")

    canary = token(claims(sub="canary sub"))
    bad = [canary]
    del canary
    error = await refusal()

    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    told = "".join([*report.format(), caplog.text, repr(identity), str(error)])
    assert error.__context__ is None
    assert "canary" not in told
    assert "eyJ" not in told
    assert "<BearerIdentity of shop-backend, support>" == repr(identity)

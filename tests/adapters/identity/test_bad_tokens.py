"""Tokens that must not let anybody in, and must not break anything either."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.identity.bearer import BearerIdentity, JwtTrust
from domain.errors import CredentialsRefused
from tests.adapters.identity.issuer import (
    AUDIENCE,
    EC_KEY,
    HONEST_KEYS,
    ISSUER,
    NOW,
    P384_KEY,
    RSA_KEY,
    SECRET,
    SECRET_KEY,
    SMALL_KEY,
    STRANGERS_KEY,
    claims,
    encode,
    key_set,
    public_jwk,
    public_pem,
    token,
)
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

HONEST = token()
HEAD, PAYLOAD, SIGNATURE = HONEST.split(".")
ODD_KEYS = (
    public_jwk(SMALL_KEY, kid="small"),
    public_jwk(P384_KEY, kid="p384"),
    public_jwk(RSA_KEY, kid="enc", use="enc"),
    public_jwk(RSA_KEY, kid="signs", key_ops=["sign"]),
    public_jwk(RSA_KEY, kid="rs512", alg="RS512"),
    {**SECRET_KEY, "kid": "secret"},
)


def signed(**changes: Any) -> str:
    """An honest token with some claims changed."""
    return token(claims(**changes))


BAD: dict[str, str] = {
    # Not a token at all.
    "empty": "",
    "one part": "abc",
    "two parts": f"{HEAD}.{PAYLOAD}",
    "four parts": f"{HONEST}.{SIGNATURE}",
    "five parts": "a.b.c.d.e",
    "only dots": "..",
    "a space in it": HONEST.replace(".", ". "),
    "a line end at its end": f"{HONEST}\n",
    "padding": f"{HEAD}=.{PAYLOAD}.{SIGNATURE}",
    "standard base64": HONEST.replace("-", "+").replace("_", "/") + "+",
    "not ASCII": HONEST + "é",
    "half a surrogate pair": HONEST + "\ud800",
    "a NUL": HONEST + "\0",
    "too long": HONEST + "A" * 9000,
    "header not base64": f"a.{PAYLOAD}.{SIGNATURE}",
    "header not JSON": token(raw_header=b"{"),
    "header a list": token(raw_header=b"[]"),
    "header a text": token(raw_header=b'"RS256"'),
    "header null": token(raw_header=b"null"),
    "header a number": token(raw_header=b"5"),
    "header not UTF-8": token(raw_header=b'{"alg":"\xff"}'),
    "header too deep": token(raw_header=b"[" * 3000),
    "header empty": token(raw_header=b"{}"),
    "header too long": token(raw_header=json.dumps({"alg": "RS256", "x": "y" * 600}).encode()),
    # Algorithms.
    "alg none": token(key=None, alg="none") + "AA",
    "alg none without a signature": token(key=None, alg="none"),
    "alg None in capitals": token(key=None, alg="NONE") + "AA",
    "alg missing": token(alg=None),
    "alg a number": token(alg=5),
    "alg a list": token(alg=["RS256"]),
    "alg empty": token(alg=""),
    "alg in small letters": token(alg="rs256"),
    "alg unheard of": token(alg="RS257"),
    "alg twice, the last one none": token(raw_header=b'{"alg":"RS256","kid":"rsa","alg":"none"}'),
    "HS256 with the public key as secret": token(key=public_pem(RSA_KEY), alg="HS256"),
    "HS256 with the public JWK as secret": token(
        key=json.dumps(HONEST_KEYS[0]).encode(), alg="HS256"
    ),
    "HS256 with a secret of the key set": token(key=SECRET, alg="HS256", kid="secret"),
    "HS256 with an empty secret": token(key=b"", alg="HS256"),
    "RS512, which is not allowed": token(alg="RS512"),
    "ES256 with an RSA key": token(alg="ES256"),
    "RS256 with an EC key": token(key=EC_KEY, kid="ec"),
    "EdDSA with an EC key": token(key=EC_KEY, alg="EdDSA", kid="ec"),
    "ES256 on another curve": token(key=P384_KEY, alg="ES256", kid="p384"),
    "ES256 of nothing but zeros": f"{token(key=EC_KEY, alg='ES256', kid='ec').rpartition('.')[0]}."
    + encode(bytes(64)),
    "ES256 that is too short": token(key=EC_KEY, alg="ES256", kid="ec")[:-9],
    # Keys.
    "a stranger's key": token(key=STRANGERS_KEY),
    "unknown kid": token(kid="unknown"),
    "kid of another key": token(kid="ed"),
    "kid missing among several keys": token(kid=None),
    "kid empty": token(kid=""),
    "kid a number": token(kid=5),
    "kid a list": token(kid=["rsa"]),
    "kid with an injection": token(kid="rsa' OR 1=1 --"),
    "kid with a path": token(kid="../../../dev/null"),
    "a key that is too small": token(key=SMALL_KEY, kid="small"),
    "a key for encryption": token(kid="enc"),
    "a key that only signs": token(kid="signs"),
    "a key for another algorithm": token(kid="rs512"),
    "its own key in the header": token(key=STRANGERS_KEY, jwk=public_jwk(STRANGERS_KEY)),
    "the right key in the header": token(jwk={"kty": "RSA"}),
    "the address of a key set": token(jku="https://evil.example/jwks.json"),
    "the address of a certificate": token(x5u="https://evil.example/cert.pem"),
    "a certificate": token(x5c=["MIIB"]),
    # Extensions and other formats.
    "crit": token(crit=["exp"], exp=NOW + 300),
    "crit unheard of": token(crit=["https://example.com/x"]),
    "crit empty": token(crit=[]),
    "unencoded payload": token(b64=False, crit=["b64"]),
    "encrypted": token(enc="A256GCM", alg="RSA-OAEP"),
    "compressed": token(zip="DEF"),
    "typ of an id token hint": token(typ="logout+jwt"),
    "typ JOSE": token(typ="JOSE"),
    "typ a number": token(typ=5),
    "typ a list": token(typ=["JWT"]),
    # Signatures.
    "signature of another token": f"{HEAD}.{PAYLOAD}.{token(claims(sub='m-2')).split('.')[2]}",
    "signature cut": HONEST[:-8],
    "signature longer": f"{HONEST}AAAA",
    "payload changed": f"{HEAD}.{encode(json.dumps(claims(sub='m-2')).encode())}.{SIGNATURE}",
    "header changed": ".".join((encode(b'{"alg":"RS256","kid":"rsa"}'), PAYLOAD, SIGNATURE)),
    # Payloads.
    "payload empty": token(b"{}"),
    "payload not JSON": token(b"{"),
    "payload a list": token(b"[]"),
    "payload null": token(b"null"),
    "payload not UTF-8": token(b'{"sub":"\xff"}'),
    "payload too deep": token(b"[" * 3000),
    # Claims.
    "iss missing": signed(iss=None),
    "iss of another": signed(iss="https://evil.example"),
    "iss with a slash more": signed(iss=f"{ISSUER}/"),
    "iss a list": signed(iss=[ISSUER]),
    "aud missing": signed(aud=None),
    "aud of another": signed(aud="another"),
    "aud of others": signed(aud=["one", "another"]),
    "aud empty": signed(aud=[]),
    "aud a number": signed(aud=5),
    "aud an object": signed(aud={AUDIENCE: True}),
    "exp missing": signed(exp=None),
    "exp past": signed(exp=NOW - 31),
    "exp just past the leeway": signed(exp=NOW - 30),
    "exp a text": signed(exp=str(NOW + 300)),
    "exp true": signed(exp=True),
    "exp a list": signed(exp=[NOW + 300]),
    "exp not a number": token(json.dumps(claims(exp=float("nan"))).encode()),
    "exp infinite": token(json.dumps(claims(exp=float("inf"))).encode()),
    "exp beyond all numbers": signed(exp=10**400),
    "exp too far away": signed(exp=NOW + 601),
    "exp too far away without iat": signed(iat=None, exp=NOW + 631),
    "iat too long ago for its end": signed(iat=NOW - 400, exp=NOW + 201),
    "iat in the future": signed(iat=NOW + 31, exp=NOW + 300),
    "iat a text": signed(iat="now"),
    "iat beyond all numbers": signed(iat=-(10**400), exp=NOW + 300.5),
    "nbf in the future": signed(nbf=NOW + 31),
    "nbf a text": signed(nbf="now"),
    "sub missing": signed(sub=None),
    "sub empty": signed(sub=""),
    "sub a number": signed(sub=5),
    "sub a list": signed(sub=["m-1"]),
    "sub with a space": signed(sub="m 1"),
    "sub with a slash": signed(sub="m/1"),
    "sub with a line end": signed(sub="m-1\n"),
    "sub not ASCII": signed(sub="mé"),
    "sub too long": signed(sub="m" * 129),
}


@pytest.fixture
def trust(tmp_path: Path) -> JwtTrust:
    keys = tmp_path / "jwks.json"
    keys.write_bytes(key_set(*HONEST_KEYS, *ODD_KEYS))
    return JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys))


def identity(trust: JwtTrust) -> BearerIdentity:
    return BearerIdentity(operator_keys={}, jwt=trust, clock=FakeClock())


def test_there_are_more_than_60_bad_tokens() -> None:
    assert len(set(BAD.values())) > 60


async def test_what_the_bad_tokens_are_made_of_is_good(trust: JwtTrust) -> None:
    assert "merchant" == (await identity(trust).identify(HONEST)).actor


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_token_is_refused(bad: str, trust: JwtTrust) -> None:
    with pytest.raises(CredentialsRefused):
        await identity(trust).identify(bad)


async def test_a_token_ends(trust: JwtTrust) -> None:
    clock = FakeClock()
    doorkeeper = BearerIdentity(operator_keys={}, jwt=trust, clock=clock)

    clock.advance(329)
    assert "merchant" == (await doorkeeper.identify(HONEST)).actor
    clock.advance(1)
    with pytest.raises(CredentialsRefused):
        await doorkeeper.identify(HONEST)


mangled: st.SearchStrategy[Callable[[str], str]] = st.one_of(
    st.builds(
        lambda at, text: lambda good: good[:at] + text + good[at + 1 :],
        st.integers(0, len(HONEST)),
        st.text(max_size=3),
    ),
    st.builds(lambda at: lambda good: good[:at], st.integers(0, len(HONEST) - 1)),
    st.builds(lambda text: lambda good: text, st.text()),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=dt.timedelta(seconds=2),
)
@given(mangled)
async def test_a_mangled_token_is_refused_like_any_other(
    trust: JwtTrust, mangle: Callable[[str], str]
) -> None:
    text = mangle(HONEST)
    if text == HONEST:
        return

    with pytest.raises(CredentialsRefused):
        await identity(trust).identify(text)

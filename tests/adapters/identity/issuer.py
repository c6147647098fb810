"""A platform that issues tokens, honest and otherwise; by hand, not by the library under test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.fakes.clock import START


ISSUER = "https://platform.example"
AUDIENCE = "tillbridge"
NOW = int(START.timestamp())

RSA_KEY = rsa.generate_private_key(65537, 2048)
STRANGERS_KEY = rsa.generate_private_key(65537, 2048)
SMALL_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
EC_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def encode(part: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def public_pem(key: Key) -> bytes:
    """The public half as a file would hold it."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form)


def public_jwk(key: Key, **parameters: Any) -> dict[str, Any]:
    """The public half as a key set holds it (RFC 7518 §6, RFC 8037 §2)."""
    if isinstance(key, rsa.RSAPrivateKey):
        modulus = key.public_key().public_numbers().n
        content = {"kty": "RSA", "n": encode(modulus.to_bytes(key.key_size // 8)), "e": "AQAB"}
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        content = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode(key.public_key().public_bytes_raw()),
        }
    else:
        point, size = key.public_key().public_numbers(), key.key_size // 8
        x, y = encode(point.x.to_bytes(size)), encode(point.y.to_bytes(size))
        content = {"kty": "EC", "crv": f"P-{key.key_size}", "x": x, "y": y}
    return {**content, **parameters}


def key_set(*keys: Mapping[str, Any]) -> bytes:
    """A JWK set."""
    return json.dumps({"keys": keys}).encode()


HONEST_KEYS = (
    public_jwk(RSA_KEY, kid="rsa", use="sig", alg="RS256"),
    public_jwk(EC_KEY, kid="ec"),
    public_jwk(ED_KEY, kid="ed", key_ops=["verify"]),
)
SECRET = b"a secret that should not be here"
SECRET_KEY = {"kty": "oct", "k": encode(SECRET)}


def claims(**changes: Any) -> dict[str, Any]:
    """What an honest token says; `None` leaves a claim out."""
    honest = {"iss": ISSUER, "aud": AUDIENCE, "sub": "m-1", "iat": NOW, "exp": NOW + 300}
    return {name: value for name, value in {**honest, **changes}.items() if value is not None}


def sign(key: Key | bytes | None, text: bytes) -> bytes:
    """A signature of the kind that the key is for; none without a key."""
    if key is None:
        return b""
    if isinstance(key, bytes):
        return hmac.digest(key, text, hashlib.sha256)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(text)
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
    size = key.key_size // 8
    return r.to_bytes(size) + s.to_bytes(size)


def token(
    payload: Any = None,
    *,
    key: Key | bytes | None = RSA_KEY,
    raw_header: bytes | None = None,
    **header: Any,
) -> str:
    """A token, signed; bytes go as they are, `None` leaves a header parameter out."""
    lines = {"alg": "RS256", "typ": "JWT", "kid": "rsa", **header}
    head = json.dumps({name: value for name, value in lines.items() if value is not None})
    payload = claims() if payload is None else payload
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{encode(raw_header or head.encode())}.{encode(body)}"
    return f"{signed}.{encode(sign(key, signed.encode()))}"

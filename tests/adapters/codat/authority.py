"""Certificates of every kind, and an authority of our own that vouches for some."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


LONG_AGO: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
A_CENTURY: Final = dt.timedelta(days=36_500)
AUTHORITY: Final = "Authority of the tests"
PEM: Final = serialization.Encoding.PEM


class Authority:
    """Signs certificates, as files in *directory*; *trusted* is the file of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._certificate(AUTHORITY, self._key, self._key, AUTHORITY, A_CENTURY)
        self.trusted = directory / "authority.pem"
        self.trusted.write_bytes(own.public_bytes(PEM))

    def certificate(
        self, host: str, valid_for: dt.timedelta = A_CENTURY, *, by_itself: bool = False
    ) -> Path:
        """A certificate for *host*, an address, with its key; signed by us, or *by_itself*."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer, name = (key, host) if by_itself else (self._key, AUTHORITY)
        signed = self._certificate(host, key, signer, name, valid_for)
        private = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._directory / f"{host}-{valid_for.days}-{by_itself}.pem"
        path.write_bytes(private + signed.public_bytes(PEM))
        return path

    def _certificate(
        self,
        subject: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        signed_by: str,
        valid_for: dt.timedelta,
    ) -> x509.Certificate:
        name, issuer = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
            for text in (subject, signed_by)
        )
        is_authority = subject == AUTHORITY
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(LONG_AGO)
            .not_valid_after(LONG_AGO + valid_for)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            address = x509.IPAddress(ipaddress.ip_address(subject))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(signer, hashes.SHA256())


def presenting(certificate: Path) -> ssl.SSLContext:
    """What a server needs to present *certificate*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def outdated(certificate: Path) -> ssl.SSLContext:
    """The same, by a version of TLS that nobody should speak any more."""
    context = presenting(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    # Naming the old version is deprecated, as it should be.
    context.maximum_version = context.minimum_version = ssl.TLSVersion(0x0302)
    return context

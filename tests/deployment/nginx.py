"""The configuration that is shipped for nginx, run by a real one."""

import datetime as dt
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ROOT / "deploy/nginx/tillbridge.conf"
UNPACKED: Final = ROOT / ".nginx/usr/sbin/nginx"
SITE: Final = "connect.example.com"
AROUND: Final = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/main-error.log notice; user root;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=kept:1m;
  include {folder}/tillbridge.conf;
}}
"""
CACHING: Final = (
    "proxy_cache kept; proxy_cache_methods GET HEAD POST; proxy_cache_valid any 0; "
    "add_header X-Cache $upstream_cache_status always;"
)


@attrs.frozen(kw_only=True)
class Front:
    """A running nginx: where it answers with TLS and without, and where its files are."""

    secure: int
    plain: int
    folder: Path

    @property
    def trust(self) -> ssl.SSLContext:
        """Trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    @property
    def log(self) -> str:
        """What it has logged of requests."""
        return (self.folder / "access.log").read_text(encoding="utf-8")


@contextmanager
def in_front_of(
    ports: Sequence[int],
    folder: Path,
    *,
    secure: int,
    plain: int,
    caching: bool = False,
    path: str = "/",
) -> Generator[Front, None, None]:
    """
    Run nginx before the replicas on *ports*, with its files in *folder*.

    With *caching* it keeps whatever it may keep by what answers say; *path* is that of the
    public URL.
    """
    folder.mkdir(parents=True)
    _certify(folder)
    replicas = "\n".join(f"server 127.0.0.1:{port} max_fails=3 fail_timeout=5s;" for port in ports)
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped, here in {
        "server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;": replicas,
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        f"server_name {SITE};": "server_name localhost;",
        "/etc/ssl/tillbridge/": f"{folder}/",
        "/var/log/nginx/tillbridge.log": f"{folder}/access.log",
        "/var/log/nginx/tillbridge-error.log": f"{folder}/error.log",
        "location / {": f"location {path} {{",
        "proxy_cache off;": CACHING if caching else "proxy_cache off;",
    }.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    (folder / "tillbridge.conf").write_text(text, encoding="utf-8")
    around = AROUND if os.geteuid() == 0 else AROUND.replace("user root;", "")
    (folder / "nginx.conf").write_text(around.format(folder=folder), encoding="utf-8")
    command = (_program(), "-p", str(folder), "-c", str(folder / "nginx.conf"))
    running = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603 - our own command
    try:
        _wait_for(secure, running)
        yield Front(secure=secure, plain=plain, folder=folder)
    finally:
        running.terminate()
        running.communicate(timeout=20)


def _program() -> str:
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or str(UNPACKED)


def _wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    for _ in range(400):
        assert running.poll() is None, running.communicate()[1]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise TimeoutError


def _certify(folder: Path) -> None:
    """A certificate for `localhost`, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the certificate is for real clocks
    alternatives = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )

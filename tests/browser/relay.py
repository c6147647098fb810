"""Small web servers in threads: one that passes on what it is asked, others for a page or two."""

import datetime as dt
import http.client
import ipaddress
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@attrs.frozen
class Ask:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@attrs.frozen
class Answer:
    """What becomes of it; whatever has no *headers* is a page."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)


Respond = Callable[[Ask], Answer]


def page(html: str) -> Answer:
    """A page as it is."""
    return Answer(html.encode())


def see_other(url: str) -> Answer:
    """A redirect."""
    return Answer(status=303, headers=(("Location", url),))


def passing_on(target: str, change: Callable[[Ask, Answer], Answer] | None = None) -> Respond:
    """Ask *target*, an origin, the same; *change* may alter what comes back."""
    place = urlsplit(target).netloc

    def respond(ask: Ask) -> Answer:
        connection = http.client.HTTPConnection(place, timeout=30)
        try:
            connection.request(ask.method, ask.path, ask.body or None, ask.headers)
            got = connection.getresponse()
            headers = tuple(pair for pair in got.getheaders() if pair[0].lower() not in HOP_BY_HOP)
            answer = Answer(got.read(), got.status, headers)
        finally:
            connection.close()
        return answer if change is None else change(ask, answer)

    return respond


@contextmanager
def listening(respond: Respond, certificate: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer as *respond* does, on a free port of this machine, by TLS with a *certificate*."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = dict(self.headers.items())
            ask = Ask(self.command, self.path, headers, self.rfile.read(length))
            answer = respond(ask)
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = handle_any  # noqa: N815  # http.server looks for these names

        def log_message(self, *_: object) -> None:
            """Nobody has to know."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *about: Any) -> None:
            # A browser that hangs up is no error.
            if not isinstance(sys.exception(), OSError):
                super().handle_error(*about)

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate for `*.example`, which nobody but a browser that was told so trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "of the tests")])
    today = dt.datetime.now(dt.UTC)  # noqa: TID251  # the browser looks at the real clock
    local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([local]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(key.private_bytes(pem, traditional, plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

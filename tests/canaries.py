"""
Secrets that must not be found in anything that the suite leaves behind.

Tests name the secrets they meet; after the very last of them every file is searched that was
written: databases, logs of processes, and the log of the suite itself, at the level of DEBUG.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit


PATTERNS: Final = (
    # Whatever the code of a sync flow URL is, it comes after this.
    re.compile(rb"[?&]otp=[^\s\"'&<>\\]{4,}"),
    # What fake ids draw as secrets: connect tokens, and the cookies of logins.
    re.compile(rb"\b0{30,}\d{1,13}\b"),
    re.compile(rb"-key-of-the-tests"),
    re.compile(rb"(?i)authorization['\"]?[:=]\s*['\"]?(bearer|basic) +[\w-]{8,}"),
)
CLIENTS: Final = frozenset({"httpx", "httpcore"})
_forbidden: Final[set[bytes]] = set()


def forbid(*secrets: str) -> None:
    """From now on, each of *secrets* must not be found; neither must a URL's code."""
    for secret in secrets:
        if secret:
            _forbidden.add(secret.encode())


def forbidden() -> list[str]:
    """Every secret so far."""
    return sorted(secret.decode() for secret in _forbidden)


def codes(url: str) -> list[str]:
    """The single-use code of a sync flow URL."""
    return parse_qs(urlsplit(url).query).get("otp", [])


def search(content: bytes) -> Iterator[bytes]:
    """Every secret in *content*."""
    for secret in _forbidden:
        if secret in content:
            yield secret
    for pattern in PATTERNS:
        for found in pattern.finditer(content):
            yield found.group()


def search_files(folder: Path, *, but: frozenset[str]) -> dict[str, list[bytes]]:
    """Every file below *folder* that holds a secret, save for files named in *but*."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name not in but:
            secrets = sorted(set(search(path.read_bytes())))
            if secrets:
                found[str(path.relative_to(folder))] = secrets
    return found


def log_everything(path: Path) -> logging.Handler:
    """
    Write whatever anything logs to *path*, down to DEBUG.

    Not what the tests' own HTTP clients log: like a browser, they see secrets by right.
    That the product's client logs nothing is seen in the logs of its own processes.
    """
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setLevel(logging.DEBUG)
    handler.addFilter(lambda record: record.name.partition(".")[0] not in CLIENTS)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    return handler

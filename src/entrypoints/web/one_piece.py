"""Answers as HTTP/1.1 writes them, where the head and all of the body go together."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from entrypoints.web.asgi import Header, Message


LENGTH: Final = b"content-length"
FRAMING: Final = (b"connection", b"transfer-encoding")
"""Headers that change how the server treats the connection, or writes the body."""

SAFE: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")
"""Lines of a name, which is a token, and a value without control characters (RFC 9110 §5)."""


def lines(headers: Iterable[Header]) -> bytes:
    """The *headers*, each in a line of its own."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def in_one_piece(start: Message, body: Message) -> bytes | None:
    """
    All that follows the status of the answer with *start* and *body*, which is all there is.

    `None` where there is more to come, or anything that the server itself has to look at: how it
    writes the body or goes on with the connection, and headers that it refuses.
    """
    headers: Sequence[Header] = start["headers"]
    known = dict(headers)
    content: bytes = body.get("body", b"")
    if body.get("more_body") or known.get(LENGTH) != str(len(content)).encode():
        return None
    if any(name in known for name in FRAMING):
        return None
    written = lines(headers)
    if written.count(b"\n") != len(headers) or not SAFE.fullmatch(written):
        return None
    return b"%b\r\n%b" % (written, content)

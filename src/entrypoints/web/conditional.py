"""Answers that need not be sent again to whoever has them already (RFC 9110 §13.1.2)."""

import hashlib

from litestar.response.base import ASGIResponse

from entrypoints.web.headers import Headers


def tag_of(body: bytes) -> str:
    """The entity tag of these very bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def short_tag_of(body: bytes) -> str:
    """The same in short: for an address that is to change with what it stands for."""
    return hashlib.sha256(body).hexdigest()[:8]


def conditional(
    body: bytes, if_none_match: str | None, *, media_type: str, headers: Headers
) -> ASGIResponse:
    """*body* with its entity tag; a 304 where *if_none_match* names that tag."""
    tag = tag_of(body)
    headers = {"ETag": tag, **headers}
    known = {
        candidate.strip().removeprefix("W/") for candidate in (if_none_match or "").split(",")
    }
    if tag in known or "*" in known:
        return ASGIResponse(status_code=304, headers=headers)
    return ASGIResponse(status_code=200, body=body, media_type=media_type, headers=headers)

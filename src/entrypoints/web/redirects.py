"""Answers that only say where to go on."""

from collections.abc import Iterable, Mapping

from litestar.response.base import ASGIResponse


def see_other(
    location: str, headers: Mapping[str, str], cookies: Iterable[str] = ()
) -> ASGIResponse:
    """
    A 303 (RFC 9110 §15.4.4) to *location* without a body, and so without its type.

    *cookies* are lines of `Set-Cookie`.
    """
    response = ASGIResponse(status_code=303, headers={"Location": location, **headers})
    del response.headers["content-type"]  # of what is not there
    for line in cookies:
        response.headers.add("Set-Cookie", line)
    return response

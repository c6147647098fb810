"""What all adapters hold to that ask others over HTTP."""

from collections.abc import AsyncGenerator
from typing import cast

import httpx


def bare_transport() -> httpx.AsyncHTTPTransport:
    """
    A transport of httpx to be used without the client around it.

    So there are no cookies, no redirects, and no proxies or passwords of the environment.
    """
    return httpx.AsyncHTTPTransport(verify=httpx.create_ssl_context(), trust_env=False)


async def read_at_most(response: httpx.Response, limit: int) -> bytes | None:
    """
    The body as it came, not unpacked; `None` where it has more than *limit* bytes.

    What lies beyond the limit is not waited for.

    Raises:
        httpx.HTTPError: it broke off.
    """
    body = bytearray()
    # The stream itself, for what httpx puts around it takes longer than all else here.
    chunks = aiter(cast("httpx.AsyncByteStream", response.stream))
    try:
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                return None
    finally:
        # By name, for a generator that is only dropped ends at some later time.
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    return bytes(body)

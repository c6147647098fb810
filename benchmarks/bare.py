"""
The least that a Python service can do: the same bytes, from the same server.

Run as `python -m benchmarks.bare PORT`, in the environment of an installation and with
`BENCHMARKS_BARE_BODY` naming a file; answers every request with the file's bytes.
It is started by the code that starts Tillbridge, so that the server and its options are the
same, whichever they are.
"""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import HOST
from entrypoints import serving


BODY: Final = "BENCHMARKS_BARE_BODY"


def from_environment() -> Callable[..., Awaitable[None]]:
    """An ASGI application and nothing else; it has the name that the server looks for."""
    body = Path(os.environ[BODY]).read_bytes()
    kind = b"text/html; charset=utf-8" if body.startswith(b"<") else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    rest = {"type": "http.response.body", "body": body, "more_body": False}

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send(start)
            await send(rest)

    return answer


async def _live(receive: Any, send: Any) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


def main() -> None:
    """Serve until the process is ended."""
    vars(serving)["WEB"] = "benchmarks.bare"
    serving.serve(os.environ, host=HOST, port=int(sys.argv[1]), workers=1, say=print)


if __name__ == "__main__":
    main()

"""
Codat's part, as cheap as it can be: `python -m benchmarks.upstream --port N`.

Answers the three calls that the measured paths make, each after a delay, each sync flow URL
with a code of its own. Unlike the simulator it checks nothing, so that what it costs does not
drown what is measured.
"""

import argparse
import asyncio
import itertools
import json
import secrets
from collections import Counter
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import uvloop

from benchmarks.processes import HOST
from domain.model.supported import SUPPORTED


CLIENT: Final = "57b6fad9-e3ca-447b-89db-e4ffa21e6ef3"
COUNTS: Final = "/counts"
"""The path that Codat does not have: how often each of the others was asked for."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@attrs.frozen(kw_only=True)
class Codat:
    """
    What is answered, and after how many seconds.

    Brandings take from *delay* to *slowest_branding*, each key a little longer than the one
    before; everything else takes *delay*. *integrations* is how many there are in all.
    """

    delay: float
    slowest_branding: float
    integrations: int
    _codes: "itertools.count[int]" = attrs.field(factory=itertools.count, init=False)
    _run: str = attrs.field(factory=secrets.token_hex, init=False)

    _asked: Counter[str] = attrs.field(factory=Counter, init=False)

    def answer(self, target: str) -> tuple[bytes, float]:
        """The body for a request's *target*, and the delay; `COUNTS` tells what was asked."""
        parts = urlsplit(target)
        if parts.path == COUNTS:
            return json.dumps(self._asked).encode(), 0.0
        self._asked[parts.path] += 1
        if parts.path.endswith("/start"):
            return self._start(parts.path), self.delay
        if parts.path.endswith("/branding"):
            key = parts.path.split("/")[-2]
            return _branding(key), self._branding_delay(key)
        return self._page({name: values[0] for name, values in parse_qs(parts.query).items()})

    def _start(self, path: str) -> bytes:
        ends = path.removeprefix("/config/sync/commerce")
        code = f"{self._run}{next(self._codes)}"
        return f'{{"url":"https://sync-flow.codat.io/{CLIENT}{ends}?otp={code}"}}'.encode()

    def _page(self, query: dict[str, str]) -> tuple[bytes, float]:
        number, size = int(query.get("page", "1")), int(query.get("pageSize", "100"))
        keys = _keys(self.integrations)
        results = [_integration(key) for key in keys[(number - 1) * size : number * size]]
        page = {"results": results, "pageNumber": number, "pageSize": size}
        body = {**page, "totalResults": self.integrations, "_links": {}}
        return json.dumps(body).encode(), self.delay

    def _branding_delay(self, key: str) -> float:
        keys = [str(row.key) for row in SUPPORTED]
        share = keys.index(key) / (len(keys) - 1) if key in keys else 0
        return self.delay + share * (self.slowest_branding - self.delay)


class Conversation(asyncio.Protocol):
    """One connection; requests have no body and need no checking."""

    def __init__(self, codat: Codat) -> None:
        self._codat = codat
        self._received = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        # uvloop's transports only look like asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            body, delay = self._codat.answer(head.split(b" ", 2)[1].decode())
            if delay:
                self._loop.call_later(delay, self._send, body)
            else:
                self._send(body)

    def _send(self, body: bytes) -> None:
        if not self._transport.is_closing():
            head = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            )
            self._transport.write(head % len(body) + body)


def _keys(count: int) -> list[str]:
    """The supported ones first, then as many more as it takes, none of them twice."""
    supported = [str(row.key) for row in SUPPORTED]
    others = ("".join(letters) for letters in itertools.product(LETTERS, repeat=4))
    more = (key for key in others if key not in supported)
    return [*supported, *itertools.islice(more, max(0, count - len(supported)))][:count]


def _integration(key: str) -> dict[str, object]:
    return {
        "key": key,
        "logoUrl": f"https://static.codat.io/public/officialLogos/Full/{key}.png",
        "name": f"Integration {key}",
        "enabled": True,
        "sourceId": CLIENT,
        "integrationId": CLIENT,
        "sourceType": "Accounting",
        "isOfflineConnector": False,
        "isBeta": False,
        "dataProvidedBy": "",
        "datatypeFeatures": [
            {
                "datatype": name,
                "supportedFeatures": [{"featureType": "Get", "featureState": "Release"}],
            }
            for name in ("chartOfAccounts", "company", "customers", "invoices", "payments")
        ],
    }


def _branding(key: str) -> bytes:
    def picture(kind: str) -> dict[str, object]:
        src = f"https://static.codat.io/public/officialLogos/{kind}/{key}.png"
        return {"image": {"src": src, "alt": f"{key} {kind.lower()} icon"}}

    logo = {"full": picture("Full"), "square": picture("Square")}
    return json.dumps({"logo": logo, "button": {}, "sourceId": CLIENT}).encode()


async def serve(codat: Codat, port: int) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(codat), HOST, port, backlog=512)
    await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--slowest-branding-ms", type=int)
    parser.add_argument("--integrations", type=int, default=30)
    given = parser.parse_args()
    slowest = given.delay_ms if given.slowest_branding_ms is None else given.slowest_branding_ms
    codat = Codat(
        delay=given.delay_ms / 1000,
        slowest_branding=slowest / 1000,
        integrations=given.integrations,
    )
    uvloop.run(serve(codat, given.port))


if __name__ == "__main__":
    main()

"""No URL, body or key leaves the gateway but by the one door."""

import base64
import logging
import traceback

import pytest

from adapters.codat.exchange import Patience
from adapters.codat.http_gateway import CHATTY_LOGGERS, HttpCodatGateway
from domain.errors import CodatError
from tests.adapters.codat.gateways import HOST, KEY, MERCHANT, RETURN_TO, ROUTE
from tests.adapters.codat.raw_server import (
    Act,
    RawServer,
    http,
    raw_server,
    send,
    send_and_reset,
    send_slowly,
)
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

CANARY = "CANARY7ZQ4M1XK9W2V"
SECRETS = (CANARY, KEY, base64.b64encode(KEY.encode()).decode())
URL = f"https://{HOST}/7/lqai/gbol/start?otp={CANARY}"
GOOD = b'{"url":"%b"}' % URL.encode()


def gateway_to(server: RawServer) -> HttpCodatGateway:
    return HttpCodatGateway(
        base_url=server.url,
        api_key=KEY,
        sync_flow_hosts=(HOST,),
        clock=FakeClock(),
        patience=Patience(attempt=0.2, connect=0.1, read=0.1),
    )


async def failure_of(gateway: HttpCodatGateway) -> CodatError:
    """The error of a start; none of the variables here is secret."""
    try:
        await gateway.start_sync_flow(ROUTE, MERCHANT, RETURN_TO)
    except CodatError as error:
        return error
    pytest.fail("It should have failed.")


def everything_told_by(error: BaseException) -> str:
    """All that a crash reporter would send: the chain of errors, their frames and variables."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join([*report.format(), repr(error), str(error), repr(vars(error))])


FAILURES = {
    "truncated": send(http(GOOD[:-1])),
    "not text": send(http(b'{"url":["%b"]}' % URL.encode())),
    "another host": send(http(GOOD.replace(HOST.encode(), b"evil.example"))),
    "two codes": send(http(GOOD.replace(b"otp=", b"otp=1&otp="))),
    "control character": send(http(GOOD.replace(b"start", b"start\\u000a"))),
    "too long": send(http(GOOD + b" " * 70_000)),
    "html": send(http(GOOD, "Content-Type: text/html")),
    "not UTF-8": send(http(GOOD.replace(b"start", b"start\xff"))),
    "with a byte order mark": send(http(b"\xef\xbb\xbf" + GOOD)),
    "error with it inside": send(http(GOOD, status="500 Oops")),
    "correlation id": send(http(b'{"correlationId":"%b"}' % CANARY.encode(), status="503 Down")),
    "redirect": send(http(b"", f"Location: {URL}", status="302 Found")),
    "in the header": send(http(b"{}", f"X-Flow: {URL}", status="429 Slow")),
    "broken off": send_and_reset(http(GOOD)[:-1]),
    "dripping": send_slowly(http(GOOD)[:-3], b'"}x', every=0.08),
    "not HTTP": send(f"{URL}\r\n\r\n".encode()),
}


@pytest.mark.parametrize("act", FAILURES.values(), ids=FAILURES)
async def test_an_error_tells_nothing_of_the_answer_that_caused_it(act: Act) -> None:
    async with raw_server(act) as server, gateway_to(server) as gateway:
        error = await failure_of(gateway)

    told = everything_told_by(error)
    assert [] == [secret for secret in SECRETS if secret in told]
    assert error.__context__ is None
    assert error.__cause__ is None


@pytest.mark.parametrize("act", [*FAILURES.values(), send(http(GOOD))], ids=[*FAILURES, "success"])
async def test_nothing_is_logged_even_where_everything_is(
    act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in CHATTY_LOGGERS:
        caplog.set_level(logging.DEBUG, name)

    async with raw_server(act) as server, gateway_to(server) as gateway:
        try:
            await gateway.start_sync_flow(ROUTE, MERCHANT, RETURN_TO)
        except CodatError:
            logging.getLogger(__name__).debug("failed")

    assert [] == [secret for secret in SECRETS if secret in caplog.text]
    assert [] == [r for r in caplog.records if r.name.partition(".")[0] in {"httpx", "httpcore"}]


async def test_loggers_that_are_quieter_already_stay_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "httpcore")

    async with raw_server(send(http(GOOD))) as server, gateway_to(server):
        pass

    assert logging.ERROR == logging.getLogger("httpcore").level


async def test_the_key_shows_nowhere_on_the_gateway() -> None:
    async with raw_server(send(http(GOOD))) as server, gateway_to(server) as gateway:
        shown = "\n".join(repr(value) for value in [gateway, *vars(gateway).values()])

    assert [] == [secret for secret in SECRETS if secret in shown]

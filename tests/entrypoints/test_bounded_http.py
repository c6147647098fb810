"""What one connection may send, and how long it may take, over a real socket."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager

import attrs
import pytest

from entrypoints.bounded_http import LONGEST_LEAVE, BoundedHttp
from entrypoints.web.asgi import WIRE, Message, Receive, Scope, Send, Wire
from tests.entrypoints.connections import Served, served


pytestmark = pytest.mark.anyio

SOON = 0.12
"""Seconds for what has to be waited for."""

NOTHING_YET = SOON / 2
KB = 1024


class Impatient(BoundedHttp):
    longest_head = SOON
    longest_body = SOON


@attrs.define
class Application:
    """Tells of each request how large its body was; *may_answer* holds it back."""

    may_answer: asyncio.Event = attrs.field(factory=asyncio.Event)
    reads: bool = True
    seen: list[str] = attrs.field(factory=list)
    asked_at_once: list[bytes] = attrs.field(factory=list)

    def at_once(
        self, target: bytes, headers: Sequence[tuple[bytes, bytes]], peer: tuple[str, int] | None
    ) -> tuple[int, bytes] | None:
        """`/ready` lies ready, with a body of as many bytes as a header says."""
        assert peer is not None
        self.asked_at_once.append(target)
        if target != b"/ready":
            return None
        size = int(dict(headers).get(b"size", b"5"))
        return 203, b"content-length: %d\r\n\r\n" % size + b"x" * size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/wire":
            await self.may_answer.wait()
            size = int(dict(scope["headers"]).get(b"size", b"5"))
            rest = b"content-length: %d\r\n\r\n" % size + b"x" * size
            wire: Wire = scope["extensions"][WIRE]
            self.seen.append("gone" if wire.gone else "there")
            await wire(203, rest)
            self.seen.append("wire")
            return
        size = 0
        while self.reads:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.append("disconnected")
                await send({"type": "http.response.start", "status": 200, "headers": []})
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        await self.may_answer.wait()
        self.seen.append(f"{scope['method']} {size}")
        length = str(len(b"%d" % size)).encode()
        headers = [(b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"%d" % size})


class Plain(Application):
    """Has nothing ready."""

    at_once = None  # type: ignore[assignment]  # what the protocol finds of most applications


@attrs.frozen(kw_only=True)
class Service(Served):
    application: Application


@asynccontextmanager
async def serving(
    protocol: type[BoundedHttp],
    idle: float = 5,
    most: int | None = None,
    kind: type[Application] = Application,
) -> AsyncGenerator[Service]:
    application = kind()
    application.may_answer.set()
    async with served(application, protocol, idle=idle, most=most) as it:
        try:
            yield Service(it.port, it.server, it.clients, application=application)
        finally:
            application.may_answer.set()


@pytest.fixture
async def patient() -> AsyncGenerator[Service]:
    async with serving(BoundedHttp) as service:
        yield service


@pytest.fixture
async def impatient() -> AsyncGenerator[Service]:
    async with serving(Impatient) as service:
        yield service


def head_of(size: int) -> bytes:
    """A request with a head of *size* bytes, as the bound counts them."""
    fixed = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    counted = len(b"/") + len(b"Host: a\r\n") + len(b"X: \r\n")
    return fixed + b"x" * (size - counted) + b"\r\n\r\n"


def many_headers(count: int) -> bytes:
    return b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(count)) + b"\r\n"


@pytest.mark.parametrize("request_", [head_of(32 * KB), many_headers(100)])
async def test_a_large_head_is_served(patient: Service, request_: bytes) -> None:
    client = await patient.connect()
    client.send(request_)

    assert 200 == await client.status()


@pytest.mark.parametrize(
    "request_",
    [
        head_of(32 * KB + 1),
        head_of(300 * KB),
        many_headers(101),
        b"GET /" + b"a" * 32 * KB + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 33 * KB,
        b"GET /" + b"x" * 33 * KB,
        b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 6 * KB,
        b"\r\n" * 17 * KB,
    ],
    ids=["large", "huge", "many", "address", "endless", "address-endless", "all-day", "blank"],
)
async def test_a_larger_head_is_refused_and_the_connection_ends(
    patient: Service, request_: bytes
) -> None:
    client = await patient.connect()
    client.send(request_)

    assert 431 == await client.status()
    assert await client.ended()
    assert [] == patient.application.seen


async def test_a_head_that_never_ends_is_refused_however_it_is_cut(patient: Service) -> None:
    client = await patient.connect()
    client.send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(33):
        client.send(b"x" * KB)
        await asyncio.sleep(0.001)

    assert 431 == await client.status()
    assert await client.ended()


async def test_trailers_that_never_end_are_refused(patient: Service) -> None:
    client = await patient.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    await asyncio.sleep(0.01)
    client.send(b"X: " + b"x" * 33 * KB)

    assert 431 == await client.status()
    assert await client.ended()
    assert ["disconnected"] == patient.application.seen


async def test_a_body_in_pieces_does_not_count_as_head(patient: Service) -> None:
    client = await patient.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n")
    for _ in range(64):
        client.send(b"x" * KB)
        await asyncio.sleep(0.0005)

    assert 200 == await client.status()
    assert ["POST 65536"] == patient.application.seen


async def test_many_requests_one_after_the_other_do_not_add_up(patient: Service) -> None:
    client = await patient.connect()
    for _ in range(20):
        client.send(head_of(4 * KB))
        assert 200 == await client.status()


async def test_many_requests_in_one_piece_are_served_one_by_one(patient: Service) -> None:
    client = await patient.connect()
    client.send(head_of(4 * KB) * 20 + head_of(100)[:50])
    assert [200] * 20 == [await client.status() for _ in range(20)]
    client.send(head_of(100)[50:])

    assert 200 == await client.status()


async def test_what_is_no_http_is_told_so(
    patient: Service, caplog: pytest.LogCaptureFixture
) -> None:
    client = await patient.connect()
    client.send(b"nonsense\r\n\r\n")

    assert 400 == await client.status()
    assert await client.ended()
    assert "nonsense" not in caplog.text


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\n", b"\r\n"])
async def test_a_head_that_does_not_come_in_time_is_given_up(
    impatient: Service, start: bytes
) -> None:
    client = await impatient.connect()
    client.send(start)
    assert await client.is_open_after(NOTHING_YET)
    client.send({b"G": b"E", b"\r\n": b"\r\n"}.get(start, b"X: 1\r\n"))

    assert 408 == await client.status()
    assert await client.ended()


async def test_a_body_that_does_not_come_in_time_is_given_up(
    impatient: Service, caplog: pytest.LogCaptureFixture
) -> None:
    client = await impatient.connect()
    with caplog.at_level(logging.WARNING):
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")
        assert await client.is_open_after(NOTHING_YET)
        client.send(b"5")

        assert 408 == await client.status()
        assert await client.ended()
        await asyncio.sleep(0.01)

    assert ["disconnected"] == impatient.application.seen
    assert "Exception" not in caplog.text


async def test_a_request_that_comes_in_time_has_all_the_time_it_takes(
    impatient: Service,
) -> None:
    impatient.application.may_answer.clear()
    client = await impatient.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\n")
    await asyncio.sleep(0.01)
    client.send(b"Content-Length: 2\r\n\r\n1")
    await asyncio.sleep(0.01)
    client.send(b"2")
    assert await client.is_open_after(SOON * 1.5)
    impatient.application.may_answer.set()

    assert 200 == await client.status()
    assert await client.is_open_after(SOON * 1.5)


async def test_a_body_that_nobody_waits_for_ends_the_connection_as_well(
    impatient: Service,
) -> None:
    impatient.application.reads = False
    client = await impatient.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")

    assert 200 == await client.status()
    assert await client.ended()


async def test_the_answer_to_an_earlier_request_is_not_lost_to_a_slow_one(
    impatient: Service,
) -> None:
    impatient.application.may_answer.clear()
    client = await impatient.connect()
    client.send(head_of(100))
    await asyncio.sleep(0.01)
    client.send(b"GET /")
    assert await client.is_open_after(SOON * 1.5)
    impatient.application.may_answer.set()

    assert 200 == await client.status()
    assert await client.ended()


async def test_who_is_not_listened_to_is_not_late(impatient: Service) -> None:
    impatient.application.reads = False
    impatient.application.may_answer.clear()
    client = await impatient.connect()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
    client.send(b"x" * 4_000_000)
    assert await client.is_open_after(SOON * 1.5)
    impatient.application.may_answer.set()
    assert 200 == await client.status()
    client.send(head_of(100))

    assert 200 == await client.status()


async def test_too_large_a_head_behind_a_request_in_work_ends_both(patient: Service) -> None:
    patient.application.may_answer.clear()
    client = await patient.connect()
    client.send(head_of(100))
    await asyncio.sleep(0.01)
    client.send(head_of(33 * KB))

    assert await client.ended()
    patient.application.may_answer.set()


async def test_who_says_nothing_at_all_is_not_waited_for_longer_than_between_requests() -> None:
    async with serving(Impatient, idle=0) as service:
        client = await service.connect()

        assert await client.ended()


async def test_who_leaves_in_the_middle_leaves_nothing_behind(impatient: Service) -> None:
    client = await impatient.connect()
    client.send(b"GET /")
    await asyncio.sleep(0.01)
    client.writer.transport.abort()
    await asyncio.sleep(SOON * 1.2)

    assert [] == impatient.application.seen


READY = b"GET /ready HTTP/1.1\r\nHost: a\r\n"


async def test_what_lies_ready_is_sent_without_a_task(patient: Service) -> None:
    client = await patient.connect()
    client.send(READY + b"\r\n")

    head = await client.reader.readuntil(b"\r\n\r\n")
    body = await client.reader.readexactly(5)
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:-2]]
    assert (b"xxxxx", [b"date", b"content-length"]) == (body, names)
    assert head.startswith(b"HTTP/1.1 203 ")
    assert [] == patient.application.seen


async def test_answers_at_once_and_others_keep_their_order_on_one_connection(
    patient: Service,
) -> None:
    client = await patient.connect()
    patient.application.may_answer.clear()
    client.send((READY + b"\r\n") * 2 + head_of(100) + READY + b"\r\n")
    first = [await client.status() for _ in range(2)]
    assert await client.is_open_after(NOTHING_YET)
    patient.application.may_answer.set()

    assert [203, 203, 200, 200] == [*first, await client.status(), await client.status()]
    assert [b"/ready", b"/ready", b"/"] == patient.application.asked_at_once
    client.send(READY + b"\r\n")
    assert 203 == await client.status()


async def test_most_applications_have_nothing_ready() -> None:
    async with serving(BoundedHttp, kind=Plain) as service:
        client = await service.connect()
        client.send(READY + b"\r\n")

        assert 200 == await client.status()


@pytest.mark.parametrize(
    "request_",
    [
        b"HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /ready HTTP/1.0\r\nHost: a\r\n\r\n",
        READY + b"Connection: close\r\n\r\n",
        READY + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_what_is_not_plain_goes_to_the_application(
    patient: Service, request_: bytes
) -> None:
    client = await patient.connect()
    client.send(request_)

    head = await client.reader.readuntil(b"\r\n\r\n")
    assert b"200" == head.split()[1]
    assert [] == patient.application.asked_at_once


async def test_a_client_that_does_not_read_is_waited_for_and_gets_everything(
    patient: Service,
) -> None:
    client = await patient.connect()
    many = 200
    client.send((READY + b"Size: 60000\r\n\r\n") * many)
    await asyncio.sleep(SOON)

    statuses = [await client.status() for _ in range(many)]

    assert {203, 200} == set(statuses)
    assert statuses.count(203) == len(patient.application.asked_at_once)


async def test_where_there_are_too_many_nothing_is_ready() -> None:
    async with serving(BoundedHttp, most=1) as service:
        client = await service.connect()
        client.send(READY + b"\r\n")

        assert 503 == await client.status()
        assert [] == service.application.asked_at_once


async def test_after_an_answer_at_once_a_silent_connection_ends_like_any_other() -> None:
    async with serving(BoundedHttp, idle=SOON) as service:
        client = await service.connect()
        client.send(READY + b"\r\n")

        assert 203 == await client.status()
        assert await client.ended()


WIRED = READY.replace(b"/ready", b"/wire")


@pytest.mark.parametrize("request_", [WIRED, WIRED.replace(b"1.1", b"1.0")])
async def test_an_application_may_send_an_answer_in_one_piece(
    patient: Service, request_: bytes
) -> None:
    client = await patient.connect()
    client.send(request_ + b"\r\n")
    lasting = request_ is WIRED

    head = await client.reader.readuntil(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:-2]]
    assert b"xxxxx" == await client.reader.readexactly(5)
    assert [b"date", *([] if lasting else [b"connection"]), b"content-length"] == names
    if lasting:
        client.send(head_of(100))
        assert 200 == await client.status()
    else:
        assert await client.ended()


async def test_such_answers_keep_their_order_and_wait_for_a_client_that_does_not_read(
    patient: Service,
) -> None:
    client = await patient.connect()
    many = 200
    client.send((WIRED + b"Size: 60000\r\n\r\n") * many + head_of(100))
    await asyncio.sleep(SOON)

    assert [203] * many == [await client.status() for _ in range(many)]
    assert 200 == await client.status()


async def test_who_has_left_is_sent_nothing(patient: Service) -> None:
    patient.application.may_answer.clear()
    client = await patient.connect()
    client.send(WIRED + b"\r\n")
    await asyncio.sleep(0.01)
    client.writer.transport.abort()
    await asyncio.sleep(0.01)
    patient.application.may_answer.set()
    await asyncio.sleep(0.01)

    assert ["gone", "wire"] == patient.application.seen


class Marker:
    """Something that is found in the scope of a request, and gone with it."""


@attrs.define
class Marking(Application):
    """Marks each scope, and keeps what the first answers are sent by."""

    marks: list[weakref.ref[Marker]] = attrs.field(factory=list)
    wires: list[Wire] = attrs.field(factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mark = Marker()
        scope["mark"] = mark
        self.marks.append(weakref.ref(mark))
        self.wires.append(scope["extensions"][WIRE])
        await Application.__call__(self, scope, receive, send)


@pytest.fixture
def uncollected() -> Generator[None]:
    """Nobody looks for rings meanwhile."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("request_", [WIRED + b"\r\n", head_of(100)])
async def test_nothing_of_a_request_waits_for_the_collector(request_: bytes) -> None:
    async with serving(BoundedHttp, kind=Marking) as service:
        client = await service.connect()
        for _ in range(3):
            client.send(request_)
            await client.status()
        application = service.application
        assert isinstance(application, Marking)

        # The server keeps the last one until another begins.
        assert [None, None] == [mark() for mark in application.marks[:-1]]


async def test_once_a_request_is_over_nothing_is_sent_for_it() -> None:
    async with serving(BoundedHttp, kind=Marking) as service:
        client = await service.connect()
        for _ in range(2):
            client.send(WIRED + b"\r\n")
            await client.status()
        application = service.application
        assert isinstance(application, Marking)
        assert application.wires[0].gone
        await application.wires[0](203, b"late")
        client.send(head_of(100))

        assert 200 == await client.status()


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/ready", 200), ("/wire", 203)])
async def test_what_arrives_while_the_server_ends_is_answered_and_then_the_connection_ends(
    patient: Service, path: str, status: int
) -> None:
    before, new = await patient.connect(), await patient.connect()
    before.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert 200 == await before.status()

    patient.server.should_exit = True
    while patient.server.servers[0].is_serving():  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0.001)
    for client in (before, new):
        client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())

    for client in (before, new):
        assert status == await client.status()
        assert await client.ended()


async def test_whoever_stays_silent_while_the_server_ends_is_not_waited_for(
    patient: Service,
) -> None:
    silent, slow = await patient.connect(), await patient.connect()
    slow.send(b"GET / HT")

    patient.server.should_exit = True

    assert await silent.ended()
    assert await slow.ended()


async def test_an_answer_that_takes_long_is_still_given_while_the_server_ends(
    patient: Service,
) -> None:
    patient.application.may_answer.clear()
    early, late = await patient.connect(), await patient.connect()
    early.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(NOTHING_YET)
    patient.server.should_exit = True
    while patient.server.servers[0].is_serving():  # noqa: ASYNC110  # nothing tells it
        await asyncio.sleep(0.001)
    late.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert await late.is_open_after(LONGEST_LEAVE + SOON)
    patient.application.may_answer.set()

    for client in (early, late):
        assert 200 == await client.status()
        assert await client.ended()

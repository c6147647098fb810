"""What is said to a real server, and what is made of whatever answers."""

import asyncio
import datetime as dt
import re
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio.connection import parse_url

from adapters.branding.redis import RedisShelf
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from adapters.redis.wire import Address, Lost, RedisWire, Refused
from adapters.start_limits.redis import RedisLimits
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from tests.adapters.codat.authority import Authority, presenting
from tests.fakes.clock import START, FakeClock
from tests.servers import valkey as servers
from tests.servers.ports import free_port
from tests.servers.valkey import PATIENT, Valkey


pytestmark = pytest.mark.anyio

PASSWORD = "s3cret/w#rd"  # noqa: S105 - it opens nothing
IN_URL = "s3cret%2Fw%23rd"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Valkey]:
    """A server with a password, users, and a socket."""
    folder = tmp_path_factory.mktemp("guarded")
    options = ("--requirepass", PASSWORD, "--unixsocket", str(folder / "s"))
    with servers.running(folder, *options, password=PASSWORD) as server:
        yield server


@asynccontextmanager
async def answering(
    *lines: bytes, heard: list[bytes] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[str]:
    """The URL of something that answers each write with the next of *lines*, then closes."""
    said = [] if heard is None else heard

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            said.append(await reader.read(65536))
            writer.write(line)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def open_at(url: str) -> RedisWire:
    return await Address(url).connect()


async def ask_once(url: str) -> None:
    wire = await open_at(url)
    try:
        await wire.exchange([("GET", "a")])
    finally:
        await wire.close()


async def lost(url: str) -> str:
    """Why *url* cannot be used, be it found out at once or with the first command."""
    with pytest.raises(Lost) as caught:
        await ask_once(url)
    assert "s3cret" not in repr(caught.getrepr(chain=True, showlocals=False))
    return caught.value.reason


async def test_commands_are_answered_in_order_errors_among_them(valkey: Valkey) -> None:
    wire = await open_at(valkey.fresh())
    replies = await wire.exchange(
        [("SET", "a", b"\x00\xff"), ("GET", "a"), ("LLEN", "a"), ("GET", "b"), ("TIME",)]
    )
    await wire.close()

    assert [b"OK", b"\x00\xff", None] == [replies[0], replies[1], replies[3]]
    assert replies[2] == Refused("it holds something else under one of the keys", about_all=False)
    assert 2 == len(replies[4])


async def test_the_number_in_the_path_is_the_database(valkey: Valkey) -> None:
    url = valkey.fresh()
    other = url.rpartition("/")[0] + "/63"
    one, two = await open_at(url), await open_at(other.replace("redis://", "valkey://"))
    await one.exchange([("SET", "a", "1")])

    assert [None] == await two.exchange([("GET", "a")])
    for wire in (one, two):
        await wire.close()


async def test_the_password_and_the_user_are_those_of_the_url(guarded: Valkey) -> None:
    guarded.order("ACL", "SETUSER", "till", "on", f">{PASSWORD}", "+get", "~tillbridge:*")
    replies = {}
    for user in ("", "till"):
        wire = await open_at(f"redis://{user}:{IN_URL}@127.0.0.1:{guarded.port}/0")
        replies[user] = await wire.exchange([("SET", "a", "1")])
        await wire.close()

    no = Refused("it does not permit what Tillbridge does there", about_all=True)
    assert {"": [b"OK"], "till": [no]} == replies


async def test_the_user_that_the_documentation_makes_may_do_all_that_is_done(
    guarded: Valkey,
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "replicas.md").read_text(encoding="utf-8")
    [words] = re.findall(r"`(ACL SETUSER [^`]+)`", text)
    guarded.order(*words.replace("password", PASSWORD).split())
    url = f"redis://tillbridge:{IN_URL}@127.0.0.1:{guarded.port}/1"
    a_minute = (Rate(3, dt.timedelta(minutes=1)),)
    async with RedisServer.at(url, budget=PATIENT) as server:
        shelf, leases = RedisShelf(server), RedisLeases(server, "load")
        limits = RedisLimits(
            per_merchant=a_minute, per_key=(), together=(), clock=FakeClock(), server=server
        )
        for _ in range(2):
            await limits.admit(MerchantIdentifier("m-1"), None)
        await shelf.put("a", b"body", START)
        assert await shelf.get("a") is not None
        for _ in range(2):
            lease = await leases.claim("a")
            assert lease is not None
            lease.prolong()
            await lease.give_back()
        await server.ping()
        with pytest.raises(StorageUnavailable, match="cannot store") as caught:
            await server.ask("FLUSHALL")

    assert "does not permit" in caught.value.reason


@pytest.mark.parametrize("missing", ["+eval", "+getrange", "+lindex", "+rpush", "+time", "+get"])
async def test_a_user_who_may_do_a_part_of_it_is_told_of_at_once_and_by_the_doctor(
    guarded: Valkey, missing: str
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "replicas.md").read_text(encoding="utf-8")
    [words] = re.findall(r"`ACL SETUSER tillbridge on >password ([^`]+)`", text)
    rights = [word for word in words.split() if word != missing]
    guarded.order("ACL", "SETUSER", "part", "reset", "on", f">{PASSWORD}", *rights)
    url = f"redis://part:{IN_URL}@127.0.0.1:{guarded.port}/1"

    async with RedisServer.at(url, budget=PATIENT) as server:
        with pytest.raises(StorageUnavailable) as caught:
            await server.ping()

    assert caught.value.reason.endswith("it does not permit what Tillbridge does there")


async def test_a_database_that_is_not_there_is_told_as_such(valkey: Valkey) -> None:
    why = await lost(f"redis://127.0.0.1:{valkey.port}/9999")

    assert "it has no database of that number" == why


@pytest.mark.parametrize("who", ["", ":s3cret-but-wrong@", "nobody:s3cret-but-wrong@"])
async def test_a_wrong_password_is_told_as_such(guarded: Valkey, who: str) -> None:
    why = "it does not accept the user or the password"

    assert why == await lost(f"redis://{who}127.0.0.1:{guarded.port}")


async def test_a_socket_is_as_good_as_a_port(guarded: Valkey) -> None:
    url = f"unix://{guarded.folder}/s?db=1"
    assert "it does not accept the user or the password" == await lost(url)

    wire = await open_at(url.replace("://", f"://:{IN_URL}@"))
    [reply] = await wire.exchange([("SET", "a", "1")])
    await wire.close()

    assert b"OK" == reply


@pytest.mark.parametrize("scheme", ["rediss", "valkeys"])
async def test_where_tls_is_asked_for_nothing_is_said_in_the_clear(scheme: str) -> None:
    heard: list[bytes] = []
    async with answering(b"-NOAUTH no TLS here\r\n", heard=heard) as url:
        told = await lost(url.replace("redis://", f"{scheme}://:{IN_URL}@"))

    assert "its TLS certificate or TLS itself is not accepted" == told
    # The first byte of a TLS record that holds a handshake (RFC 8446 §5.1).
    assert [b"\x16"] == [said[:1] for said in heard]
    assert b"s3cret" not in b"".join(heard)


@pytest.mark.parametrize(
    ("host", "age", "by_itself", "why"),
    [
        ("127.0.0.1", 36_500, False, None),
        ("127.0.0.2", 36_500, False, "its TLS certificate or TLS itself is not accepted"),
        ("127.0.0.1", 1, False, "its TLS certificate or TLS itself is not accepted"),
        ("127.0.0.1", 36_500, True, "its TLS certificate or TLS itself is not accepted"),
    ],
    ids=["good", "of another host", "expired", "by nobody"],
)
async def test_only_a_certificate_that_the_named_authority_signed_is_accepted(
    tmp_path: Path, *, host: str, age: int, by_itself: bool, why: str | None
) -> None:
    authority = Authority(tmp_path)
    made = authority.certificate(host, dt.timedelta(days=age), by_itself=by_itself)
    told = None
    async with answering(b"$1\r\n1\r\n", tls=presenting(made)) as url:
        trusting = url.replace("redis://", "valkeys://") + f"?ssl_ca_certs={authority.trusted}"
        try:
            await ask_once(trusting)
        except Lost as lost:
            told = lost.reason

    assert why == told


async def test_certificates_are_read_once_however_often_it_is_tried(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    made = authority.certificate("127.0.0.1")
    async with answering(tls=presenting(made)) as url:
        address = Address(
            url.replace("redis://", "rediss://") + f"?ssl_ca_certs={authority.trusted}"
        )
        await (await address.connect()).close()
        authority.trusted.unlink()

        await (await address.connect()).close()
        assert "127.0.0.1" not in repr(address)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "it cannot be reached, or the connection broke"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "it cannot be reached, or the connection broke"),
        ([b":many\r\n"], "it cannot be reached, or the connection broke"),
        ([b"$10\r\nabc"], "it cannot be reached, or the connection broke"),
        ([b"-LOADING s3cret\r\n"], "it is still loading"),
        ([b"-NOAUTH s3cret\r\n"], "it does not accept the user or the password"),
        (
            [b"-ERR max number of clients reached\r\n"],
            "it cannot be reached, or the connection broke",
        ),
    ],
    ids=str,
)
async def test_whatever_answers_is_no_more_than_a_reason(lines: list[bytes], why: str) -> None:
    async with answering(*lines) as url:
        assert why == await lost(url)


@pytest.mark.parametrize(
    ("line", "reason", "about_all"),
    [
        (b"-READONLY You can't write", "it is a replica that cannot be written", True),
        (b"-OOM command not allowed", "it is full", True),
        (b"-MISCONF s3cret", "it answers MISCONF", True),
        (b"-MASTERDOWN s3cret", "it answers MASTERDOWN", True),
        (b"-MOVED 1 127.0.0.1:1", "it answers MOVED", True),
        (b"-s3cret,word", "it refuses", True),
        (
            b"-ERR ACL failure in script: s3cret",
            "it does not permit what Tillbridge does there",
            True,
        ),
        (b"-ERR s3cret", "it holds something else under one of the keys", False),
    ],
)
async def test_errors_are_told_without_what_they_quote(
    line: bytes, reason: str, *, about_all: bool
) -> None:
    async with answering(line + b"\r\n") as url:
        wire = await open_at(url)
        [reply] = await wire.exchange([("GET", "a")])
        await wire.close()

    assert Refused(reason, about_all=about_all) == reply


async def test_where_nobody_listens_that_is_told(unused_tcp_port_of_ours: int) -> None:
    why = "it cannot be reached, or the connection broke"

    assert why == await lost(f"redis://:{IN_URL}@127.0.0.1:{unused_tcp_port_of_ours}")


@pytest.fixture
def unused_tcp_port_of_ours() -> int:
    return free_port()


async def test_who_stops_connecting_leaves_nothing_open() -> None:
    heard, hung_up = asyncio.Event(), asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        heard.set()
        await reader.read(-1)
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/5"
        connecting = asyncio.create_task(open_at(url))
        await heard.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        async with asyncio.timeout(5):
            await hung_up.wait()


async def test_neither_errors_nor_logs_nor_the_object_tell_the_password(
    guarded: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with RedisServer.at(
        f"redis://:s3cret-but-wrong@127.0.0.1:{guarded.port}", budget=PATIENT
    ) as server:
        with pytest.raises(StorageUnavailable) as caught:
            await server.ping()
        told = [repr(server), str(caught.value), caught.value.reason, caplog.text]

    assert "does not accept" in caught.value.reason
    assert not [text for text in told if "s3cret" in text]


def test_the_library_reads_these_urls_as_we_mean_them(tmp_path: Path) -> None:
    read = parse_url("rediss://till:p%23%2F@cache.test:6380/7?ssl_ca_certs=%2Fetc%2Fca.pem")

    assert {
        "username": "till",
        "password": "p#/",
        "host": "cache.test",
        "port": 6380,
        "db": 7,
        "ssl_ca_certs": "/etc/ca.pem",
    } == {name: value for name, value in read.items() if name != "connection_class"}

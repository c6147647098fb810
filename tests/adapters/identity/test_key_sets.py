"""Keys of the issuer: fetched seldom, kept when the issuer is away."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from adapters.identity.bearer import BearerIdentity, JwtTrust
from adapters.identity.key_sets import KeyFile, KeyUrl, parse_key_set
from domain.errors import CredentialsRefused
from tests.adapters.codat.raw_server import http, raw_server, say_nothing, send, send_slowly
from tests.adapters.codat.scripted import ScriptedTransport, answer
from tests.adapters.identity.issuer import (
    AUDIENCE,
    EC_KEY,
    HONEST_KEYS,
    ISSUER,
    NOW,
    RSA_KEY,
    SECRET_KEY,
    SMALL_KEY,
    claims,
    key_set,
    public_jwk,
    token,
)
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

URL = "https://platform.example/jwks.json"
OLD = public_jwk(RSA_KEY, kid="old")
NEW = public_jwk(RSA_KEY, kid="new")


def keys(*entries: Any) -> bytes:
    return key_set(*entries)


def good(*entries: Any) -> Any:
    return answer(keys(*entries))


@attrs.frozen
class Held:
    """A key URL on a scripted network."""

    source: KeyUrl
    network: ScriptedTransport
    clock: FakeClock

    async def knows(self, kid: str | None) -> bool:
        return bool(await self.source.find(kid))


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    clock, network = FakeClock(), ScriptedTransport([good(OLD)])
    async with KeyUrl(URL, clock, network) as source:
        yield Held(source, network, clock)


async def test_keys_are_fetched_on_first_use_and_then_kept(held: Held) -> None:
    assert [] == held.network.requests
    for _ in range(3):
        assert await held.knows("old")

    assert 1 == len(held.network.requests)


async def test_keys_are_fetched_again_after_ten_minutes(held: Held) -> None:
    await held.knows("old")
    held.network.script[:] = [good(NEW)]

    held.clock.advance(600)

    assert await held.knows("new")
    assert not await held.knows("old")


async def test_a_new_key_is_found_as_soon_as_it_is_used(held: Held) -> None:
    await held.knows("old")
    held.network.script[:] = [good(OLD, NEW)]

    held.clock.advance(30)

    assert await held.knows("new")


async def test_a_thousand_made_up_names_cost_one_fetch_in_thirty_seconds(held: Held) -> None:
    await held.knows("old")
    held.clock.advance(30)

    for number in range(1000):
        assert not await held.knows(f"made-up-{number}")
        held.clock.advance(0.029)

    assert 2 == len(held.network.requests)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError(""),
        httpx.ReadTimeout(""),
        ConnectionResetError(),
        answer({}, 503),
        answer({}, 302, {"Location": "https://evil.example/"}),
        answer(b"<html>"),
        good(),
        good(SECRET_KEY),
        answer(keys(*[NEW] * 200)),
    ],
)
async def test_the_last_good_keys_serve_for_a_day_while_there_are_no_others(
    held: Held, failure: Any
) -> None:
    await held.knows("old")
    held.network.script[:] = [failure]

    for _ in range(23):
        held.clock.advance(3600)
        assert await held.knows("old")
    held.clock.advance(3600)

    assert not await held.knows("old")
    assert not await held.knows("new")


async def test_keys_come_back_with_their_address(held: Held) -> None:
    held.network.script[:] = [httpx.ConnectError(""), good(OLD)]
    assert not await held.knows("old")

    held.clock.advance(2.9)
    assert not await held.knows("old")
    held.clock.advance(0.1)

    assert await held.knows("old")


async def test_a_hundred_at_once_share_one_fetch(held: Held) -> None:
    found = await asyncio.gather(*(held.knows("old") for _ in range(100)))

    assert all(found)
    assert 1 == len(held.network.requests)


async def test_whoever_has_a_key_does_not_wait_for_a_newer_set() -> None:
    clock = FakeClock()
    async with (
        raw_server(send(http(keys(OLD))), say_nothing) as server,
        KeyUrl(server.url, clock, longest_fetch=0.2) as source,
    ):
        assert await source.find("old")
        clock.advance(600)

        first = asyncio.create_task(source.find("old"))
        await server.asked(2)

        assert await source.find("old")
        assert not first.done()
        assert await first


async def test_a_dripping_set_is_given_up() -> None:
    drip = send_slowly(http(keys(OLD))[:-5], b"x" * 9, every=0.04)

    async with (
        raw_server(drip) as server,
        KeyUrl(server.url, FakeClock(), longest_fetch=0.1) as source,
    ):
        assert () == await source.find("old")


async def test_the_address_gets_nothing_but_the_question(held: Held) -> None:
    await held.knows("old")

    (request,) = held.network.requests
    assert URL == str(request.url)
    assert {"host", "accept", "accept-encoding"} == set(request.headers)


async def test_nothing_is_fetched_before_it_is_open() -> None:
    async with KeyUrl(URL, FakeClock()) as source:
        pass

    with pytest.raises(RuntimeError, match="not open"):
        await source.find("old")
    async with source, KeyUrl(URL, FakeClock()):
        pass


async def test_closing_it_unopened_is_no_mistake() -> None:
    await KeyUrl(URL, FakeClock()).__aexit__(None, None, None)


async def test_the_doorkeeper_opens_and_closes_its_source() -> None:
    network = ScriptedTransport([good(*HONEST_KEYS)])
    trust = JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=URL)
    clock = FakeClock()
    identity = BearerIdentity(operator_keys={}, jwt=trust, clock=clock, transport=network)

    async with identity:
        assert "merchant" == (await identity.identify(token())).actor

    assert network.closed


async def test_while_the_issuer_is_away_for_an_hour_everybody_known_still_comes_in() -> None:
    network = ScriptedTransport([good(*HONEST_KEYS), httpx.ConnectError("")])
    trust = JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=URL)
    clock = FakeClock()

    async with BearerIdentity(
        operator_keys={}, jwt=trust, clock=clock, transport=network
    ) as identity:
        for minute in range(60):
            fresh = token(claims(iat=NOW + 60 * minute, exp=NOW + 60 * minute + 300))
            assert "merchant" == (await identity.identify(fresh)).actor
            clock.advance(60)


# Files.


def written(path: Path, content: bytes, second: int) -> None:
    """Write a file as at that second, so that a change of it shows."""
    path.write_bytes(content)
    os.utime(path, (second, second))


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    written(path, keys(OLD), 1)
    source = KeyFile(path, FakeClock())
    assert await source.find("old")
    assert await source.find("old")

    written(path, keys(NEW), 2)

    assert await source.find("new")
    assert not await source.find("old")


async def test_a_file_that_breaks_or_goes_away_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    written(path, keys(OLD), 1)
    source = KeyFile(path, FakeClock())
    await source.find("old")

    written(path, b"{", 2)
    assert await source.find("old")
    path.unlink()

    assert await source.find("old")


async def test_a_file_that_is_not_there_yet_has_no_keys(tmp_path: Path) -> None:
    trust = JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=str(tmp_path / "jwks.json"))

    async with BearerIdentity(operator_keys={}, jwt=trust, clock=FakeClock()) as identity:
        with pytest.raises(CredentialsRefused):
            await identity.identify(token())


# What the operator gets to know.


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was warned of since the last look."""
    ours = [record for record in caplog.records if record.name == "adapters.identity.key_sets"]
    assert {logging.WARNING} >= {record.levelno for record in ours}
    assert "canary" not in caplog.text
    told = [record.getMessage() for record in ours]
    caplog.clear()
    return told


def warning(place: object, problem: str) -> str:
    return (
        f"The key set at {place} cannot be used ({problem}); only keys from before serve, if any."
    )


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (httpx.ConnectError("canary"), "ConnectError"),
        (TimeoutError("canary"), "TimeoutError"),
        (answer({"canary": 1}, 503), "the answer is HTTP 503"),
        (answer(b"canary"), "it has no usable key"),
        (answer(keys(*[NEW] * 200)), "it has more than 65536 bytes"),
    ],
    ids=["unreachable", "too slow", "an error", "another content", "too large"],
)
async def test_a_key_set_that_cannot_be_had_is_warned_of_by_place_and_type(
    failure: Any, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    network = ScriptedTransport([failure])

    async with KeyUrl(f"{URL}?canary=1", FakeClock(), network) as source:
        assert () == await source.find("old")

    assert [warning(URL, problem)] == warnings(caplog)


async def test_a_dead_address_is_warned_of_once_in_thirty_seconds(
    held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    await held.knows("old")
    assert [] == warnings(caplog)
    held.network.script[:] = [httpx.ConnectError("")]
    held.clock.advance(24 * 3600)

    for _ in range(10):
        await held.knows("old")
        held.clock.advance(3)
    assert 11 == len(held.network.requests)
    assert 1 == len(warnings(caplog))
    await held.knows("old")

    assert 1 == len(warnings(caplog))


async def test_a_file_without_keys_is_warned_of_as_soon_as_it_is_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(b"canary")
    trust = JwtTrust(issuer=ISSUER, audience=AUDIENCE, jwks=str(path))

    async with BearerIdentity(operator_keys={}, jwt=trust, clock=FakeClock()):
        assert [warning(path, "it has no usable key")] == warnings(caplog)


async def test_a_file_that_stays_broken_is_warned_of_once_in_thirty_seconds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = tmp_path / "jwks.json", FakeClock()
    written(path, keys(OLD), 1)
    source = KeyFile(path, clock)
    assert await source.find("old")
    assert [] == warnings(caplog)

    path.unlink()
    for _ in range(3):
        assert await source.find("old")
        clock.advance(10)
    assert [warning(path, "FileNotFoundError")] == warnings(caplog)
    written(path, b"{", 2)
    for _ in range(4):
        assert await source.find("old")
        clock.advance(10)
    assert [warning(path, "it has no usable key")] * 2 == warnings(caplog)
    written(path, keys(NEW), 3)

    clock.advance(30)
    assert await source.find("new")
    assert [] == warnings(caplog)


# What counts as a key.


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"{}", b'{"keys":{}}', b'{"keys":[]}'],
)
def test_what_is_not_a_key_set_has_no_keys(body: bytes) -> None:
    assert () == parse_key_set(body)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        5,
        "text",
        [],
        {},
        {"kty": "RSA"},
        {"kty": 5},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-0", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "PQ", "x": "AA"},
        SECRET_KEY,
        public_jwk(SMALL_KEY),
        public_jwk(EC_KEY, use="enc"),
        public_jwk(EC_KEY, use=5),
        public_jwk(EC_KEY, key_ops=["sign"]),
        public_jwk(EC_KEY, key_ops=5),
    ],
)
def test_a_key_that_cannot_be_used_does_not_spoil_the_others(entry: Any) -> None:
    (usable,) = parse_key_set(keys(entry, OLD))

    assert "old" == usable.get("kid")

"""What every keeper of connect tokens promises."""

import asyncio
import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.eras import Eras
from domain.ids import MerchantIdentifier, PlatformKey, ReturnName, Secret
from domain.model.brand import parse_brand
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.ports.connect_tokens import ConnectTokens
from tests.adapters.database.fresh import fresh_database, fresh_url
from tests.fakes.clock import START, FakeClock
from tests.fakes.connect_tokens import FakeConnectTokens
from tests.fakes.eras import FakeEras
from tests.fakes.ids import FakeIds


pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
IDS = FakeIds()
LATER = START + dt.timedelta(seconds=60)
PROCESSES = 4
TOKENS = 120


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["fake", "sqlite", "postgres"])
async def tokens(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncGenerator[ConnectTokens]:
    if request.param == "fake":
        yield FakeConnectTokens(eras=FakeEras(clock))
        return
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as database:
            yield SqlConnectTokens(database, Eras(clock))


def granted(merchant: str = "m-1", until: dt.datetime = LATER) -> ConnectGrant:
    grant = Grant(merchant=Merchant(identifier=MerchantIdentifier(merchant)))
    return ConnectGrant(grant=grant, expires_at=until)


async def issued(
    tokens: ConnectTokens, merchant: str = "m-1", until: dt.datetime = LATER
) -> Secret:
    secret = IDS.secret()
    await tokens.issue(secret, granted(merchant, until))
    return secret


@pytest.mark.parametrize(
    "grant",
    [
        Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1"))),
        Grant(
            merchant=Merchant(identifier=MerchantIdentifier("m:2"), name="Café “Ü” & <Söhne>"),
            integrations=frozenset({PlatformKey("qhyg"), PlatformKey("gbol")}),
            return_to=ReturnName("till"),
            locale="fr-CA",
            brand=parse_brand({"name": "Café", "accentColor": "#7a1fa2", "font": ["Inter"]}),
        ),
        Grant(merchant=Merchant(identifier=MerchantIdentifier("m-3")), integrations=frozenset()),
    ],
    ids=["bare", "full", "nothing on offer"],
)
async def test_a_claim_tells_what_the_token_stands_for(
    tokens: ConnectTokens, grant: Grant
) -> None:
    token = ConnectGrant(grant=grant, expires_at=LATER + dt.timedelta(microseconds=1))
    secret = IDS.secret()
    await tokens.issue(secret, token)

    assert token == await tokens.claim(secret, START)


async def test_a_token_works_once(tokens: ConnectTokens) -> None:
    secret = await issued(tokens)
    await tokens.claim(secret, START)

    assert await tokens.claim(secret, START) is None


async def test_a_claim_spends_no_other_token(tokens: ConnectTokens) -> None:
    one, two = await issued(tokens, "m-1"), await issued(tokens, "m-2")
    await tokens.claim(one, START)

    assert granted("m-2") == await tokens.claim(two, START)


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "x" * 10_000, "' OR 1=1 --"])
async def test_an_unknown_token_does_not_work(tokens: ConnectTokens, odd: str) -> None:
    await issued(tokens)

    assert await tokens.claim(Secret(odd), START) is None


async def test_a_token_works_until_just_before_its_end(tokens: ConnectTokens) -> None:
    secret = await issued(tokens)

    assert await tokens.claim(secret, LATER - dt.timedelta(microseconds=1)) is not None


async def test_a_token_does_not_work_from_its_end_on(tokens: ConnectTokens) -> None:
    secret = await issued(tokens)

    assert await tokens.claim(secret, LATER) is None


async def test_a_clock_that_is_set_back_does_not_revive_a_spent_token(
    tokens: ConnectTokens,
) -> None:
    secret = await issued(tokens)
    await tokens.claim(secret, LATER - dt.timedelta(seconds=1))

    assert await tokens.claim(secret, START - dt.timedelta(hours=1)) is None


async def test_a_clock_that_is_set_back_revives_no_token_that_has_ended(
    tokens: ConnectTokens, clock: FakeClock
) -> None:
    secret = await issued(tokens)
    clock.advance(3600)
    clock.set_back(3600)

    assert await tokens.claim(secret, clock.now()) is None


async def test_a_clock_that_is_set_back_lets_no_token_last_longer(
    tokens: ConnectTokens, clock: FakeClock
) -> None:
    secret = await issued(tokens)
    clock.set_back(3600)
    clock.advance(3600)

    assert await tokens.claim(secret, clock.now()) is None


async def test_what_is_issued_after_the_clock_was_set_back_works(
    tokens: ConnectTokens, clock: FakeClock
) -> None:
    await issued(tokens, "m-1")
    clock.set_back(3600)
    secret = await issued(tokens, "m-2")

    assert granted("m-2") == await tokens.claim(secret, clock.now())


async def test_a_small_correction_of_the_clock_costs_no_token(
    tokens: ConnectTokens, clock: FakeClock
) -> None:
    secret = await issued(tokens)
    clock.set_back(30)

    assert granted() == await tokens.claim(secret, clock.now())


async def test_tokens_that_still_work_outlive_any_number_of_new_ones(
    tokens: ConnectTokens,
) -> None:
    secret = await issued(tokens)
    later = LATER + dt.timedelta(hours=1)
    await asyncio.gather(*(issued(tokens, until=later) for _ in range(150)))

    assert granted() == await tokens.claim(secret, START)


async def test_of_64_claims_at_once_one_succeeds(tokens: ConnectTokens) -> None:
    secret = await issued(tokens)
    gate = asyncio.Event()

    async def claim() -> ConnectGrant | None:
        await gate.wait()
        return await tokens.claim(secret, START)

    claims = [asyncio.create_task(claim()) for _ in range(64)]
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*claims)

    assert [granted()] == [answer for answer in answers if answer is not None]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_of_several_processes_that_claim_the_same_tokens_one_gets_each(
    kind: str, tmp_path: Path
) -> None:
    with fresh_url(kind, tmp_path) as url:
        won = Counter(await claimed_of(url))

    assert {f"m-{n}": 1 for n in range(TOKENS)} == won


async def claimed_of(url: str) -> list[str]:
    """The merchants of all tokens that several processes claimed of those that are issued here."""
    async with Database(url) as database:
        store = SqlConnectTokens(database, Eras(FakeClock()))
        await asyncio.gather(
            *(store.issue(shared_secret(n), granted(f"m-{n}")) for n in range(TOKENS))
        )
    return claimed_by_processes(url)


async def test_a_connect_token_is_never_a_browser_session(tmp_path: Path) -> None:
    async with Database(fresh_database(tmp_path)) as database:
        tokens, browsers = (
            SqlConnectTokens(database, Eras(FakeClock())),
            SqlBrowserSessions(database, Eras(FakeClock())),
        )
        secret = await issued(tokens)
        cookie = IDS.secret()
        await browsers.open(cookie, granted())

        assert await browsers.find(secret, START) is None
        assert await tokens.claim(cookie, START) is None


async def test_no_secret_is_in_the_database_file(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    async with Database(url) as database:
        tokens, browsers = (
            SqlConnectTokens(database, Eras(FakeClock())),
            SqlBrowserSessions(database, Eras(FakeClock())),
        )
        secrets = [await issued(tokens), await issued(tokens), IDS.secret()]
        await browsers.open(secrets[2], granted())
        await tokens.claim(secrets[0], START)

    written = everything_in(tmp_path)
    assert b"m-1" in written
    assert [] == [secret for secret in secrets if secret.encode() in written]


def everything_in(directory: Path) -> bytes:
    """All bytes of all files."""
    return b"".join(path.read_bytes() for path in directory.iterdir())


def shared_secret(number: int) -> Secret:
    """A secret that several processes know."""
    return Secret(f"shared-{number:036}")


def claimed_by_processes(url: str) -> list[str]:
    """The merchants of the tokens that processes of their own claimed."""
    script = f"from {__name__} import claim_in_processes; claim_in_processes({url!r})"
    claiming = subprocess.run(  # noqa: S603 - the script is the one above
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    return claiming.stdout.split()


def claim_in_processes(url: str) -> None:
    """Print the merchant of every token that any of several processes could claim."""
    for _ in range(PROCESSES):
        if os.fork() == 0:
            won = asyncio.run(_claim_all(url))
            os.write(1, "".join(f"{merchant}\n" for merchant in won).encode())
            os._exit(0)
    for _ in range(PROCESSES):
        os.wait()


async def _claim_all(url: str) -> list[str]:
    won: list[str] = []
    async with Database(url, busy_timeout=20, deadline=30) as database:
        tokens = SqlConnectTokens(database, Eras(FakeClock()))
        for start in range(0, TOKENS, 10):
            claims = (tokens.claim(shared_secret(start + n), START) for n in range(10))
            answers = await asyncio.gather(*claims)
            won += [a.grant.merchant.identifier for a in answers if a is not None]
    return won

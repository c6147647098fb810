"""
Three replicas on one PostgreSQL and one Valkey are one Tillbridge, on bad days as well.

The servers are real, and so are the processes, and the nginx before them has the configuration
that is shipped; Codat is the simulator. What is broken here, is mended at the end of its test.
"""

import asyncio
import datetime as dt
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx
import pytest
from ledger import at_rest
from ledger.clients import says_what_it_is

from entrypoints.demo.plan import SIMULATOR
from tests.deployment.nginx import Front, in_front_of
from tests.servers import postgres as postgres_servers
from tests.servers import valkey as valkey_servers
from tests.servers.ports import free_ports
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey
from tests.stack import Stack, running_stack
from tests.system.replicas import (
    CLIENTS,
    Crowd,
    Done,
    Replicas,
    crowd_of,
    replicas,
    undisturbed,
    until,
)


pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

AT_ONCE = 64
A_SHARE = 4
SLOW = 0.3
LONGEST_RECOVERY = 10.0


@attrs.frozen(kw_only=True)
class Site:
    """
    All that a platform runs: what replicas share, the replicas, and what is before them.

    *since* is when they began, as files have it.
    """

    since: float
    folder: Path
    postgres: Postgres
    valkey: Valkey
    front: Front
    fleet: Replicas

    @property
    def shared(self) -> dict[str, str]:
        """The settings of a replica that name what is shared."""
        environ = self.fleet.environ
        return {
            "database_url": environ["TILLBRIDGE_DATABASE_URL"],
            "cache_url": environ["TILLBRIDGE_CACHE_URL"],
        }


@pytest.fixture(scope="module")
def codat(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running_stack(tmp_path_factory.mktemp("codat"), only=(SIMULATOR,)) as stack:
        yield stack


@pytest.fixture(scope="module")
def site(codat: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("site")
    secure = free_ports(2)
    public = f"https://localhost:{secure}"
    (folder / "valkey").mkdir()
    with (
        postgres_servers.running() as postgres,
        valkey_servers.running(folder / "valkey") as valkey,
        prepared(postgres) as (database, since),
        replicas(
            3,
            codat,
            folder / "replicas",
            public,
            database_url=database,
            cache_url=valkey.url,
        ) as fleet,
        in_front_of(
            [life.port for life in fleet.lives],
            folder / "nginx",
            secure=secure,
            plain=secure + 1,
        ) as front,
    ):
        yield Site(
            since=since,
            folder=folder,
            postgres=postgres,
            valkey=valkey,
            front=front,
            fleet=fleet,
        )


@contextmanager
def prepared(postgres: Postgres) -> Generator[tuple[str, float]]:
    """A database with nothing in it, and the time from which on something can be."""
    yield postgres.new(), postgres.checkpoint()


@pytest.fixture(scope="module")
def strict(site: Site, codat: Stack) -> Generator[Replicas]:
    """Two more replicas, which let a merchant start only a few times."""
    with replicas(
        2,
        codat,
        site.folder / "strict",
        site.fleet.public,
        database_url=site.shared["database_url"],
        cache_url=site.valkey.fresh(),
        limit_merchant=f"{A_SHARE}/minute",
    ) as found:
        yield found


@pytest.fixture
async def crowd(site: Site) -> AsyncGenerator[Crowd]:
    async with crowd_of(site.fleet) as found:
        yield found


async def test_of_64_who_redeem_one_token_over_all_replicas_exactly_one_comes_in(
    crowd: Crowd,
) -> None:
    for number in range(3):
        token = await crowd.token("raced", at=number)

        answers = await asyncio.gather(
            *(
                crowd.ask("POST", "/connect/session", at=at, data={"token": token})
                for at in range(AT_ONCE)
            )
        )

        assert [303] + [410] * (AT_ONCE - 1) == sorted(a.status_code for a in answers)
        assert 1 == sum("set-cookie" in answer.headers for answer in answers)


async def test_a_login_made_at_one_replica_counts_at_all_and_so_does_its_end(
    crowd: Crowd,
) -> None:
    first = await crowd.come_in("wanders", at=0)
    before = [await crowd.look(first, at=at) for at in range(3)]

    # Whoever comes in again has the new login instead of the old one.
    second = await crowd.come_in("wanders", at=1, cookie=first)
    old = [await crowd.look(first, at=at) for at in range(3)]
    new = [await crowd.look(second, at=at) for at in range(3)]

    assert {200} == {page.status_code for page in before + new}
    assert {401} == {page.status_code for page in old}


async def test_64_starts_of_one_sync_session_over_all_replicas_get_64_different_urls(
    site: Site, crowd: Crowd, codat: Stack
) -> None:
    async def start(number: int) -> tuple[str, str, list[httpx.Response]]:
        merchant = f"one-merchant-{number}"
        session = (await crowd.open(merchant, at=0)).json()["id"]
        starts = (crowd.start(session, at=at) for at in range(AT_ONCE))
        return merchant, session, await asyncio.gather(*starts)

    merchant, session, answers = await undisturbed(site.folder, start)

    assert {200} == {answer.status_code for answer in answers}
    handed = [answer.json()["url"] for answer in answers]
    assert AT_ONCE == len(set(handed))
    minted = codat.minted(merchant)
    assert sorted(handed) == sorted(entry["url"] for entry in minted)
    assert 1 == len({entry["companyId"] for entry in minted})
    shown = await crowd.call("GET", f"/v1/sync-sessions/{session}", at=1)
    assert AT_ONCE == len(shown.json()["redirects"])


async def test_64_merchants_at_once_over_all_replicas_each_get_a_url_of_their_own(
    crowd: Crowd, codat: Stack
) -> None:
    before = codat.ledger["calls"]["start"]

    async def send(number: int) -> tuple[str, str]:
        opened = await crowd.open(f"of-many-{number}", at=number)
        started = await crowd.start(opened.json()["id"], at=number + 1)
        return f"of-many-{number}", started.raise_for_status().json()["url"]

    handed = dict(await asyncio.gather(*map(send, range(AT_ONCE))))

    minted = {
        entry["merchantIdentifier"]: entry["url"]
        for entry in codat.ledger["minted"]
        if entry["merchantIdentifier"] in handed
    }
    assert handed == minted
    assert AT_ONCE == codat.ledger["calls"]["start"] - before


async def test_two_sync_sessions_of_a_merchant_take_turns_over_replicas_and_make_one_company(
    site: Site, crowd: Crowd, codat: Stack
) -> None:
    async def choose(merchant: str, key: str, at: int) -> httpx.Response:
        opened = await crowd.open(merchant, key, at=at)
        return await crowd.start(opened.json()["id"], at=at)

    async def choose_both(number: int) -> tuple[list[str], list[httpx.Response]]:
        merchants = [f"twofold-{number}-{which}" for which in range(8)]
        chosen = [(who, key, at) for who in merchants for at, key in enumerate(("gbol", "qhyg"))]
        return merchants, await asyncio.gather(*(choose(*each) for each in chosen))

    codat.control("scenario", {"operation": "start", "delaySeconds": SLOW})
    try:
        merchants, answers = await undisturbed(site.folder, choose_both)
    finally:
        codat.calm()

    assert {200} == {answer.status_code for answer in answers}
    for merchant in merchants:
        first, second = codat.minted(merchant)
        assert first["companyId"] == second["companyId"]
        # Codat was not asked again before it had answered.
        assert SLOW <= minted_at(second) - minted_at(first)


def minted_at(entry: dict[str, str]) -> float:
    return dt.datetime.fromisoformat(entry["mintedAt"]).timestamp()


async def test_cold_replicas_ask_codat_once_for_each_integration_however_many_look(
    site: Site, codat: Stack
) -> None:
    async def look(number: int) -> tuple[dict[str, int], list[httpx.Response]]:
        before = Counter(codat.ledger["calls"])
        shared = {**site.shared, "cache_url": site.valkey.fresh()}
        folder = site.folder / f"cold-{number}"
        with replicas(3, codat, folder, site.fleet.public, **shared) as cold:
            async with crowd_of(cold) as crowd:
                looks = (crowd.call("GET", "/v1/integrations", at=at) for at in range(300))
                answers = await asyncio.gather(*looks)
        return Counter(codat.ledger["calls"]) - before, answers

    asked, answers = await undisturbed(site.folder, look)

    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})
    assert asked["branding"] == len(answers[0].json()["integrations"])
    assert asked["integrations"] == 1


async def test_limits_count_what_is_started_at_all_replicas_together(
    site: Site, strict: Replicas
) -> None:
    async with crowd_of(strict) as crowd:
        answers = await starts_of("greedy", site, crowd)

    assert {200: A_SHARE, 429: A_SHARE} == Counter(answer.status_code for answer in answers)
    refused = [answer for answer in answers if answer.is_error]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)


async def starts_of(name: str, site: Site, crowd: Crowd) -> list[httpx.Response]:
    """Twice as many starts as one merchant may have, over all replicas."""

    async def start(number: int) -> list[httpx.Response]:
        session = (await crowd.open(f"{name}-{number}", at=0)).json()["id"]
        return [await crowd.start(session, at=at) for at in range(2 * A_SHARE)]

    return await undisturbed(site.folder, start)


TROUBLES: dict[str, tuple[Callable[[Valkey], object], Callable[[Valkey], object]]] = {
    "killed": (Valkey.kill, Valkey.start),
    "stalled": (Valkey.stall, Valkey.go_on),
    "flushed": (lambda server: server.order("FLUSHALL"), lambda _: None),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_nobody_notices_what_happens_to_valkey_in_the_middle_of_starts(
    site: Site, strict: Replicas, trouble: str
) -> None:
    begin, end = TROUBLES[trouble]
    async with crowd_of(strict) as crowd:
        cookie = await crowd.come_in(f"looks-{trouble}", at=0)
        async with crowd.at_work(cookie) as done:
            await until(lambda: len(done) > 40)
            await asyncio.to_thread(begin, site.valkey)
            so_far = len(done)
            await until(lambda: len(done) > so_far + 80)
            await asyncio.to_thread(end, site.valkey)
            await until(lambda: cache_is_back(crowd))
        shared = await starts_of(f"after-{trouble}", site, crowd)

    assert {"look 200", "open 201", "start 200"} == {each.told for each in done}
    assert [] == given_twice(done, crowd.replicas.codat)
    assert {200: A_SHARE, 429: A_SHARE} == Counter(answer.status_code for answer in shared)


async def cache_is_back(crowd: Crowd) -> bool:
    # Not by /readyz, where what was seen counts for a second.
    metrics = [(await crowd.ask("GET", "/metrics", at=at)).text for at in range(2)]
    return all(re.search(r"^tillbridge_cache_up 1\.0$", told, re.MULTILINE) for told in metrics)


async def test_while_postgresql_is_away_starts_are_refused_and_the_picker_is_there(
    site: Site, crowd: Crowd, codat: Stack
) -> None:
    cookie = await crowd.come_in("was-here", at=0)
    for at in range(3):
        await crowd.look(cookie, at=at)
    async with crowd.at_work(cookie) as done:
        await until(lambda: len(done) > 60)
        await asyncio.to_thread(site.postgres.kill)
        so_far = len(done)
        forms = [await crowd.press(cookie, at=at) for at in range(3)]
        await until(lambda: len(done) > so_far + 30)
        await asyncio.to_thread(site.postgres.start)
        back = len(done)
        took = await until(lambda: "start 200" in [each.told for each in done[back:]])

    refused = [each.answer for each in done if each.told in {"open 503", "start 503"}] + forms
    looked = {each.told for each in done if each.what == "look"}
    assert {"look 200"} == looked
    assert {"open 201", "start 200", "open 503", *looked} <= {each.told for each in done}
    assert {503} == {answer.status_code for answer in refused}
    assert all(says_what_it_is(answer) for answer in refused)
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert took < LONGEST_RECOVERY
    assert [] == given_twice(done, codat)
    assert [] == await lost(done, crowd)


async def lost(done: list[Done], crowd: Crowd) -> list[str]:
    """What was acknowledged, and is not so."""
    given = {each.merchant for each in done if each.told == "start 200"}
    missed = []
    for each in done:
        if each.told == "open 201":
            path = f"/v1/sync-sessions/{each.answer.json()['id']}"
            shown = (await crowd.call("GET", path, at=0)).raise_for_status().json()
            if each.merchant != shown["merchantIdentifier"]:
                missed.append(path)
            if each.merchant in given and 1 != len(shown["redirects"]):
                missed.append(f"{path}: its redirect")
    return missed


async def test_whoever_never_came_by_is_told_what_is_wrong_while_postgresql_is_away(
    site: Site, crowd: Crowd
) -> None:
    cookie = await crowd.come_in("was-elsewhere", at=0)
    site.postgres.kill()
    try:
        answers = [await crowd.look(cookie, at=1), await crowd.press(cookie, at=2)]
    finally:
        await asyncio.to_thread(site.postgres.start)

    assert [503, 503] == [answer.status_code for answer in answers]
    assert all(says_what_it_is(answer) for answer in answers)
    await until(lambda: comes_in(crowd, cookie), LONGEST_RECOVERY)


async def comes_in(crowd: Crowd, cookie: str) -> bool:
    pages = [await crowd.look(cookie, at=at) for at in range(3)]
    return {200} == {page.status_code for page in pages}


async def test_a_replica_that_dies_costs_only_what_it_had_in_hand_and_nothing_is_sent_twice(
    site: Site, codat: Stack
) -> None:
    fleet, dying = site.fleet, 2
    logged = len(site.front.log)
    async with crowd_of(fleet, site.front) as crowd:
        cookie = await crowd.come_in("sees-it", at=0)
        # So that most of what is in hand has been sent on to Codat, and is waited for.
        codat.control("scenario", {"operation": "start", "delaySeconds": SLOW})
        try:
            async with crowd.at_work(cookie) as done:
                await until(lambda: len(done) > 60)
                fleet.lives[dying].kill()
                so_far = len(done)
                await until(lambda: len(done) > so_far + 60)
        finally:
            codat.calm()
        await asyncio.to_thread(fleet.again, dying)

    failed = [each for each in done if each.answer.is_error]
    assert {502} >= {each.answer.status_code for each in failed}
    assert len(failed) <= CLIENTS
    assert {"look 200", "open 201", "start 200"} == {d.told for d in done if d not in failed}
    # Whatever failed had reached the one that died, and nothing that may not be was sent on.
    lines = [tried(line) for line in site.front.log[logged:].splitlines()]
    dead = f"127.0.0.1:{fleet.lives[dying].port}"
    assert {dead} >= {where for status, where in lines if status == "502"}
    assert [] == given_twice(done, codat)


LINE = re.compile(r'" (?P<status>\d+) \d+ \S+ (?P<tried>.+)$')


def tried(line: str) -> tuple[str, str]:
    """What a line of nginx tells: the status, and whom it tried."""
    found = LINE.search(line)
    assert found, line
    return found["status"], found["tried"]


def given_twice(done: list[Done], codat: Stack) -> list[str]:
    """Merchants for whom more was minted than they asked for, or who got what others got."""
    asked = Counter(each.merchant for each in done if each.what == "start")
    got = Counter(
        each.answer.json()["url"]
        for each in done
        if each.what == "start" and each.answer.is_success
    )
    minted = Counter(entry["merchantIdentifier"] for entry in codat.ledger["minted"])
    more = [merchant for merchant, count in asked.items() if minted[merchant] > count]
    return more + [url for url, count in got.items() if count > 1]


async def test_no_secret_is_in_any_file_or_memory_of_what_replicas_share(
    site: Site, codat: Stack
) -> None:
    async with crowd_of(site.fleet, site.front) as crowd:
        cookie = await crowd.come_in("leaves-no-trace", at=0)
        started = await crowd.press(cookie, at=0)
        opened = await crowd.open("leaves-no-trace", "qhyg", at=1)
        await crowd.start(opened.json()["id"], at=2)
    assert 303 == started.status_code
    site.postgres.checkpoint()
    site.valkey.order("SAVE")

    urls = {entry["id"] for entry in codat.ledger["minted"]}
    kept = {
        **contents(site.folder, site.since),
        **contents(site.postgres.folder, site.since),
        "memory of Valkey": site.valkey.memory(),
    }
    found = [
        *at_rest.together(*(at_rest.search_content(*each, urls) for each in kept.items())).found,
        *(name for name, content in kept.items() if site.fleet.found_in(content)),
    ]

    assert [] == found
    # They were looked for in the right places, and would have been found.
    assert [] == [
        part
        for part in ("base/", "pg_wal/", "dump.rdb", "access.log", "replica-2.log")
        if not any(part in name and content for name, content in kept.items())
    ]
    assert any(b"leaves-no-trace" in content for name, content in kept.items() if "base/" in name)
    assert b"tillbridge:" in kept["memory of Valkey"]
    secret = cookie.partition("=")[2].encode()
    assert [secret] == site.fleet.found_in(b"row\0x" + secret + b"y\0")


def contents(folder: Path, since: float) -> dict[str, bytes]:
    """Every file below *folder* that was written *since* then, by its path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if path.stat().st_mtime >= since}

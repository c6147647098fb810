"""Several replicas of the service: real processes that share a PostgreSQL and a Valkey."""

import asyncio
import itertools
import operator
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs
import httpx

from tests import canaries
from tests.deployment.nginx import Front
from tests.servers.ports import free_port
from tests.stack import Stack
from tests.system.lives import Life, environ_of


T = TypeVar("T")
TRIES: Final = 5
CLIENTS: Final = 8
"""Merchants who are on their way at any time, while there is work."""

SECRET: Final = re.compile(rb"[A-Za-z0-9_-]{40,}")
"""What may be a connect token, or the cookie of a login."""


@attrs.frozen(kw_only=True)
class Replicas:
    """
    Replicas that run, of which each has an address of its own, and what somebody met of them.

    *public* is where browsers find them.
    """

    codat: Stack
    public: str
    lives: list[Life]
    environ: Mapping[str, str] = attrs.field(repr=False)
    secrets: set[bytes] = attrs.field(factory=set, repr=False)

    def at(self, number: int) -> str:
        """The address of one of them; whoever counts on, goes round."""
        return f"http://127.0.0.1:{self.lives[number % len(self.lives)].port}"

    def again(self, number: int) -> None:
        """Start one that has died."""
        life = self.lives[number]
        self.lives[number] = Life.begin(self.environ, life.port, life.log).until_up()

    def meet(self, *secrets: str) -> None:
        """From now on, none of *secrets* must be found anywhere."""
        canaries.forbid(*secrets)
        self.secrets.update(secret.encode() for secret in secrets)

    def found_in(self, content: bytes) -> list[bytes]:
        """Each token and cookie that anybody met and that is in *content*, whatever is around."""
        lengths = sorted(set(map(len, self.secrets)))
        return [
            run[at : at + length]
            for run in SECRET.findall(content)
            for length in lengths
            for at in range(len(run) - length + 1)
            if run[at : at + length] in self.secrets
        ]


@contextmanager
def replicas(
    count: int, codat: Stack, folder: Path, public: str, **settings: str
) -> Generator[Replicas]:
    """Start *count* at once, each of which migrates what is not migrated; until the block ends."""
    environ = environ_of(codat, public_url=public, log_level="debug", **settings)
    folder.mkdir(exist_ok=True)
    lives = [
        Life.begin(environ, free_port(), folder / f"replica-{number}.log")
        for number in range(count)
    ]
    running = Replicas(codat=codat, public=public, lives=lives, environ=environ)
    try:
        for life in lives:
            life.until_up()
        yield running
    finally:
        for life in running.lives:
            life.kill()


@attrs.frozen
class Done:
    """One thing that somebody did: what it was, for whom, and what came of it."""

    what: str
    merchant: str
    answer: httpx.Response

    @property
    def told(self) -> str:
        """In short, without any secret."""
        return f"{self.what} {self.answer.status_code}"


@attrs.define
class Crowd:
    """Everybody on the network: browsers, and the platform's backend."""

    replicas: Replicas
    http: httpx.AsyncClient
    address: Callable[[int], str]
    _numbers: Iterator[int] = attrs.field(factory=itertools.count)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        at: int,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Ask the replica of the number *at*; nobody is logged in unless *headers* say so."""
        return await self.http.request(method, self.address(at) + path, headers=headers, **more)

    async def call(self, method: str, path: str, *, at: int, **more: Any) -> httpx.Response:
        """The same, as the platform's backend."""
        key = self.replicas.codat.plan.operator_key
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        return await self.ask(method, path, at=at, headers=headers, **more)

    async def token(self, merchant: str, *, at: int) -> str:
        """A connect token."""
        wanted = {"merchantIdentifier": merchant}
        issued = await self.call("POST", "/v1/connect-tokens", at=at, json=wanted)
        token = str(issued.raise_for_status().json()["token"])
        self.replicas.meet(token)
        return token

    async def come_in(self, merchant: str, *, at: int, cookie: str = "") -> str:
        """The cookie of a browser that has come in by a connect token, perhaps anew."""
        token = await self.token(merchant, at=at)
        headers = {"Cookie": cookie} if cookie else {}
        entered = await self.ask(
            "POST", "/connect/session", at=at, data={"token": token}, headers=headers
        )
        assert 303 == entered.status_code
        given = entered.headers["set-cookie"].partition(";")[0]
        self.replicas.meet(given.partition("=")[2])
        return str(given)

    async def look(self, cookie: str, *, at: int) -> httpx.Response:
        """The picker."""
        return await self.ask("GET", "/connect", at=at, headers={"Cookie": cookie})

    async def open(self, merchant: str, key: str = "gbol", *, at: int) -> httpx.Response:
        """Open a sync session, as the platform's backend."""
        wanted = {"merchantIdentifier": merchant, "platformKey": key}
        return await self.call("POST", "/v1/sync-sessions", at=at, json=wanted)

    async def start(self, session: str, *, at: int) -> httpx.Response:
        """Start a redirect of a sync session, as the platform's backend."""
        return await self.call("POST", f"/v1/sync-sessions/{session}/redirect", at=at)

    async def press(self, cookie: str, key: str = "gbol", *, at: int) -> httpx.Response:
        """Choose an integration in the picker."""
        headers = {"Cookie": cookie, "Origin": self.replicas.public, "Accept": "text/html"}
        return await self.ask("POST", f"/connect/{key}", at=at, headers=headers)

    @asynccontextmanager
    async def at_work(self, cookie: str) -> AsyncGenerator[list[Done]]:
        """
        Have merchants start, each once, over all replicas, and look at the picker, meanwhile.

        What each of them did is in the list, in the order in which it was answered.
        """
        done: list[Done] = []
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._work(cookie, done, ended))
            try:
                yield done
            finally:
                ended.set()

    async def _work(self, cookie: str, done: list[Done], ended: asyncio.Event) -> None:
        while not ended.is_set():
            number = next(self._numbers)
            merchant = f"worked-{id(self)}-{number}"
            done.append(Done("look", merchant, await self.look(cookie, at=number)))
            opened = await self.open(merchant, at=number)
            done.append(Done("open", merchant, opened))
            if opened.is_success:
                started = await self.start(opened.json()["id"], at=number + 1)
                done.append(Done("start", merchant, started))


@asynccontextmanager
async def crowd_of(fleet: Replicas, front: Front | None = None) -> AsyncGenerator[Crowd]:
    """Everybody, who ask each replica itself, or what is in *front* of them."""
    nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    async with httpx.AsyncClient(
        cookies=nothing_kept,
        verify=front.trust if front else True,
        timeout=20,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        trust_env=False,
    ) as http:
        address = (lambda _: fleet.public) if front else fleet.at
        yield Crowd(fleet, http, address)


async def undisturbed(folder: Path, act: Callable[[int], Awaitable[T]]) -> T:
    """
    What comes of an *act* while each replica, with its log in *folder*, has Valkey in time.

    That is 50 ms. A busy machine may take longer, and then nothing is shared. So *act* is done
    again; it is told which time it is.
    """
    for number in range(TRIES):
        # It may have been lost before; whoever ended meanwhile does not find it again.
        with suppress(AssertionError):
            await until(lambda: operator.eq(*_outages(folder)), patience=3)
        before = _outages(folder)
        found = await act(number)
        if before == _outages(folder):
            return found
    raise AssertionError(f"Valkey was done without at {TRIES} times")


def _outages(folder: Path) -> tuple[int, int]:
    """How often Valkey was lost, and how often it was found again, by all replicas together."""
    logs = [log.read_bytes() for log in folder.rglob("replica-*.log")]
    lost, found = b"Redis is done without", b"Redis is in use again"
    return sum(log.count(lost) for log in logs), sum(log.count(found) for log in logs)


async def until(true: Callable[[], bool | Awaitable[bool]], patience: float = 15) -> float:
    """Wait until something is *true*; how many seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        found = true()
        if found if isinstance(found, bool) else await found:
            return loop.time() - began
        assert loop.time() - began < patience, true
        await asyncio.sleep(0.01)

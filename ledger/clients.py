"""
Clients that start redirects over real HTTP, as browsers and platforms' backends do.

A client whose connection breaks, or who is answered with an error, was not served; it goes on
with the next start. Where nobody listens, it waits until somebody does.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import attrs
import httpx
import msgspec

from entrypoints.web.problem_types import ALL
from ledger.notebook import Delivery, Fate, Notebook, Opened, Start, View, canary_of, now
from ledger.plan import Plan, Wish
from ledger.stage import Stage


PATIENCE: Final = 15.0
"""Seconds; the service promises an answer after eight."""

LOGIN_AGE: Final = dt.timedelta(minutes=12)
"""A login is good for fifteen; a client goes and gets another one well before."""

LOCKED: Final = dt.timedelta(seconds=10)
"""A start that was cut off holds up the next one of its sync session no longer than this."""

MARK: Final = re.compile(rb"otp(?:=|%3D)", re.IGNORECASE)
"""What every sync flow URL has, and nothing else that the service says."""

NAVIGATION: Final = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Accept": "text/html",
}
SEE_OTHER: Final = 303
CREATED: Final = 201
UNAUTHORIZED: Final = 401
CONFLICT: Final = 409
FAULT: Final = 500
VIEW_EVERY: Final = 0.05


@attrs.define
class Crowd:
    """Everybody who uses the service during a run, and what they write down."""

    stage: Stage
    plan: Plan
    notebook: Notebook
    http: httpx.AsyncClient
    keys: Sequence[str]
    _cookies: dict[str, tuple[str, dt.datetime]] = attrs.field(factory=dict, init=False)
    _cut: dict[tuple[str, str], dt.datetime] = attrs.field(factory=dict, init=False)

    async def work(self, wishes: Iterator[Wish]) -> None:
        """Be one client: take one of the *wishes* after the other, until there are none left."""
        for wish in wishes:
            await self.start(wish)

    async def start(self, wish: Wish) -> None:
        """Start one redirect, and write down what became of it."""
        await self.stage.up.wait()
        sent_at = now()
        try:
            cookie = await self.cookie(wish.merchant) if wish.way == "form" else ""
            sent_at = now()
            if wish.way == "form":
                answer, session = await self._post_form(wish, cookie), None
            else:
                answer, session = await self._call_api(wish)
        except httpx.TransportError as error:
            fate = self._broken(sent_at, error.request)
            if fate == "cut":
                self._cut[wish.merchant, wish.key] = now()
            self._note(wish, sent_at, fate)
        except httpx.HTTPStatusError as error:
            # It did not even come in.
            self._judge(wish, sent_at, error.response, None)
        else:
            self._judge(wish, sent_at, answer, session)

    async def view(self, number: int, stop: asyncio.Event) -> None:
        """Be one viewer: look at the page or at the list, again and again, until *stop*."""
        path = "/connect" if number % 2 else "/v1/integrations"
        while not stop.is_set():
            await self.stage.up.wait()
            await self.look(path, self.plan.merchant(number))
            await asyncio.sleep(VIEW_EVERY)

    async def look(self, path: str, merchant: str) -> None:
        """Look at the page or at the list once, and write down whether it was all there."""
        sent_at = now()
        try:
            if path == "/connect":
                headers = {"Cookie": await self.cookie(merchant), **NAVIGATION}
            else:
                headers = self._backend
            sent_at = now()
            answer = await self._send("GET", path, headers=headers)
        except httpx.HTTPError as error:
            fine, told, asked = False, type(error).__name__, error.request
        else:
            asked = answer.request
            self._listen(answer, f"view of {path}")
            form = "/connect/{}" if path == "/connect" else '"key":"{}"'
            there = (form.format(key).encode() in answer.content for key in self.keys)
            fine = answer.is_success and all(there)
            told = "" if fine else f"status {answer.status_code} {_problem(answer) or ''}"
        self.notebook.views.append(
            View(
                path=path,
                fine=fine,
                sent_at=sent_at,
                ended_at=now(),
                told=told,
                replica=self.stage.plan.replica_at(asked.url),
            )
        )

    async def cookie(self, merchant: str) -> str:
        """
        The cookie of the merchant's browser, which comes in by a connect token where it must.

        Raises:
            httpx.TransportError: the connection broke on the way.
            httpx.HTTPStatusError: it was not let in.
        """
        cookie, since = self._cookies.get(merchant, ("", dt.datetime.min.replace(tzinfo=dt.UTC)))
        if not cookie or now() - since > LOGIN_AGE:
            wanted = {"merchantIdentifier": merchant}
            issued = await self._send(
                "POST", "/v1/connect-tokens", json=wanted, headers=self._backend
            )
            token = issued.raise_for_status().json()["token"]
            entered = await self._send("POST", "/connect/session", data={"token": token})
            if entered.status_code != SEE_OTHER:
                raise httpx.HTTPStatusError(
                    "not let in", request=entered.request, response=entered
                )
            cookie = entered.headers["set-cookie"].partition(";")[0]
            self._cookies[merchant] = cookie, now()
        return cookie

    async def come_in(self) -> None:
        """Log every merchant in, before anything is broken."""
        coming = iter(range(self.plan.merchants))

        async def let_in() -> None:
            for number in coming:
                await self.cookie(self.plan.merchant(number))

        async with asyncio.TaskGroup() as group:
            for _ in range(self.plan.workers):
                group.create_task(let_in())

    @property
    def _backend(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.stage.plan.operator_key}"}

    async def _post_form(self, wish: Wish, cookie: str) -> httpx.Response:
        headers = {"Cookie": cookie, "Origin": self.stage.plan.tillbridge, **NAVIGATION}
        return await self._send("POST", f"/connect/{wish.key}", data={"": ""}, headers=headers)

    async def _call_api(self, wish: Wish) -> tuple[httpx.Response, str | None]:
        wanted = {"platformKey": wish.key, "merchantIdentifier": wish.merchant}
        opened = await self._send("POST", "/v1/sync-sessions", json=wanted, headers=self._backend)
        if opened.status_code != CREATED:
            return opened, None
        self._listen(opened, f"start {wish.number}")
        session = opened.json()["id"]
        self.notebook.opened.append(
            Opened(session=session, merchant=wish.merchant, key=wish.key, start=wish.number)
        )
        path = f"/v1/sync-sessions/{session}/redirect"
        headers = {"Accept": "application/json", **self._backend}
        return await self._send("POST", path, headers=headers), session

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """
        Ask one replica, and as a balancer does, the next where there is nobody to take it.

        Raises:
            httpx.TransportError: nobody took it, or whoever did gave no answer.
        """
        *others, last = self.stage.in_turn()
        for address in others:
            with suppress(httpx.ConnectError):
                return await self.http.request(method, address + path, **more)
        return await self.http.request(method, last + path, **more)

    def _judge(
        self, wish: Wish, sent_at: dt.datetime, answer: httpx.Response, session: str | None
    ) -> None:
        received_at = now()
        url = _url(answer)
        status, problem = answer.status_code, _problem(answer)
        if url:
            if not _is_silent_otherwise(answer):
                self.notebook.talkative.append(f"start {wish.number}")
            self.notebook.deliveries.append(
                Delivery(
                    start=wish.number,
                    way=wish.way,
                    canary=canary_of(url),
                    merchant=wish.merchant,
                    key=wish.key,
                    sent_at=sent_at,
                    received_at=received_at,
                    session=session,
                    replica=self.stage.plan.replica_at(answer.request.url),
                )
            )
            self._note(wish, sent_at, "served", status)
            return
        self._listen(answer, f"start {wish.number}")
        if status == UNAUTHORIZED and wish.way == "form":
            self.notebook.lost_logins.append(f"{wish.merchant}, at start {wish.number}")
            del self._cookies[wish.merchant]
        fate: Fate = "refused" if answer.is_error else "astray"
        if status == CONFLICT and self._is_held(wish, received_at):
            fate = "held"
        self._note(wish, sent_at, fate, status, problem)

    def _is_held(self, wish: Wish, at: dt.datetime) -> bool:
        cut = self._cut.get((wish.merchant, wish.key))
        return cut is not None and at - cut < LOCKED

    def _broken(self, sent_at: dt.datetime, request: httpx.Request) -> Fate:
        replica = self.stage.plan.replica_at(request.url)
        # It counts as down before the kill, and the kill is written down when it is over.
        under_way = not self.stage.is_up(replica)
        killed = any(
            kill.replica == replica and kill.up_at >= sent_at for kill in self.notebook.kills
        )
        return "cut" if under_way or killed else "broken"

    def _note(
        self,
        wish: Wish,
        sent_at: dt.datetime,
        fate: Fate,
        status: int | None = None,
        problem: str | None = None,
    ) -> None:
        self.notebook.starts.append(
            Start(
                number=wish.number,
                way=wish.way,
                merchant=wish.merchant,
                key=wish.key,
                fate=fate,
                sent_at=sent_at,
                ended_at=now(),
                status=status,
                problem=problem,
            )
        )

    def _listen(self, answer: httpx.Response, where: str) -> None:
        """Write down what an answer without a URL should not be."""
        said = [answer.content, *(value for _, value in answer.headers.raw)]
        if any(map(MARK.search, said)):
            self.notebook.talkative.append(where)
        if answer.status_code >= FAULT and not says_what_it_is(answer):
            self.notebook.untyped.append(f"{where}: status {answer.status_code}")


def says_what_it_is(answer: httpx.Response) -> bool:
    """Whether an error is problem details of a known type, or a page with a reference."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if media_type == "text/html":
        return b'class="reference"' in answer.content
    return _problem(answer) in ALL and bool(_body(answer).get("reference"))


def open_browser(address: str) -> httpx.AsyncClient:
    """An HTTP client for everybody: it keeps no cookies, so it mixes none up."""
    nothing = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(
        base_url=address,
        cookies=nothing,
        timeout=PATIENCE,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        trust_env=False,
    )


def _is_silent_otherwise(answer: httpx.Response) -> bool:
    """Whether an answer has its URL in the one place where it belongs."""
    others = [value for name, value in answer.headers.raw if name.lower() != b"location"]
    said = 0 if answer.status_code == SEE_OTHER else 1
    return not any(map(MARK.search, others)) and said == len(MARK.findall(answer.content))


def _url(answer: httpx.Response) -> str | None:
    if answer.status_code == SEE_OTHER:
        location = answer.headers.get("location", "")
        return location if MARK.search(location.encode()) else None
    url = _body(answer).get("url") if answer.is_success else None
    return url if isinstance(url, str) else None


def _problem(answer: httpx.Response) -> str | None:
    kind = _body(answer).get("type")
    return kind.rpartition("/problems/")[2] if isinstance(kind, str) else None


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}

"""Clients meet a service that is made up; what they write down is what the join believes."""

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import cast

import attrs
import httpx
import pytest
from ledger.clients import Crowd, open_browser, says_what_it_is
from ledger.notebook import Kill, Notebook, now
from ledger.plan import Plan, Way, Wish
from ledger.stage import Stage
from ledger.stage_plan import StagePlan


URL = "http://127.0.0.1:2/57b6fad9-e3ca-447b-89db-e4ffa21e6ef3/lqai/gbol/start?otp=123456"
CANARY = "57b6fad9-e3ca-447b-89db-e4ffa21e6ef3"
PROBLEM = {"type": "http://x/problems/codat-unavailable", "status": 503, "reference": "R1"}
PAGE = '<p class="reference">Mention R1.</p>'
HTML = {"content-type": "text/html; charset=utf-8"}
KEYS = ("gbol", "qhyg")

Answer = Callable[[httpx.Request], httpx.Response]


@attrs.define
class FakeStage:
    """A stage on which nothing runs."""

    plan: StagePlan
    up: asyncio.Event
    down: set[int] = attrs.field(factory=set)
    asked: int = 0

    def in_turn(self) -> list[str]:
        self.asked += 1
        numbers = range(self.asked, self.asked + self.plan.replicas)
        return [self.plan.address(number % self.plan.replicas) for number in numbers]

    def is_up(self, replica: int) -> bool:
        return replica not in self.down


def wish(way: Way = "api") -> Wish:
    return Wish(number=7, merchant="m-7", key="gbol", way=way)


async def crowd_before(answer: Answer, replicas: int = 1) -> Crowd:
    """Clients of a service that lets everyone in, and otherwise answers with *answer*."""

    def answer_all(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/connect-tokens":
                return httpx.Response(201, json={"token": "t"})
            case "/connect/session":
                return httpx.Response(303, headers={"Set-Cookie": "tb=c; Path=/"})
            case "/v1/sync-sessions":
                return httpx.Response(201, json={"id": "ss_7"})
            case _:
                return answer(request)

    stage = FakeStage(StagePlan(port=1, directory=Path(), replicas=replicas), asyncio.Event())
    stage.up.set()
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(answer_all), base_url="http://127.0.0.1:1"
    )
    return Crowd(
        stage=cast("Stage", stage), plan=Plan(), notebook=Notebook(), http=http, keys=KEYS
    )


async def started(answer: httpx.Response, way: Way = "api") -> Notebook:
    crowd = await crowd_before(lambda _: answer)
    await crowd.start(wish(way))
    return crowd.notebook


@pytest.mark.anyio
async def test_a_url_is_written_down_by_its_canary_alone() -> None:
    by_api = await started(httpx.Response(200, json={"url": URL}))
    by_form = await started(httpx.Response(303, headers={"Location": URL}), "form")

    for book, session in ((by_api, "ss_7"), (by_form, None)):
        [delivery], [start] = book.deliveries, book.starts
        assert ("served", CANARY, "m-7", "gbol", session) == (
            start.fate,
            delivery.canary,
            delivery.merchant,
            delivery.key,
            delivery.session,
        )
        assert "otp" not in repr(book)
        assert [] == book.talkative
    assert ["ss_7"] == [opened.session for opened in by_api.opened]


@pytest.mark.anyio
async def test_a_problem_of_a_known_type_is_a_refusal() -> None:
    book = await started(httpx.Response(503, json=PROBLEM))

    assert ("refused", 503, "codat-unavailable") == (
        book.starts[0].fate,
        book.starts[0].status,
        book.starts[0].problem,
    )
    assert [] == book.untyped


@pytest.mark.anyio
async def test_a_page_with_a_reference_is_a_refusal() -> None:
    book = await started(httpx.Response(503, text=PAGE, headers=HTML), "form")

    assert ("refused", []) == (book.starts[0].fate, book.untyped)


UNTYPED = {
    "nothing": httpx.Response(500),
    "plain words": httpx.Response(502, text="Bad gateway"),
    "some JSON": httpx.Response(500, json={"error": "x"}),
    "JSON that is no object": httpx.Response(500, json=[1]),
    "an unknown type": httpx.Response(500, json=PROBLEM | {"type": "http://x/problems/other"}),
    "no reference": httpx.Response(503, json={"type": PROBLEM["type"]}),
    "a bare page": httpx.Response(503, text="<h1>Sorry</h1>", headers=HTML),
}


@pytest.mark.anyio
@pytest.mark.parametrize("answer", UNTYPED)
async def test_an_error_that_does_not_say_what_it_is_is_written_down(answer: str) -> None:
    book = await started(UNTYPED[answer])

    assert not says_what_it_is(UNTYPED[answer])
    assert [f"start 7: status {UNTYPED[answer].status_code}"] == book.untyped


@pytest.mark.anyio
@pytest.mark.parametrize("status", [200, 204, 303])
async def test_an_answer_without_a_url_went_astray(status: int) -> None:
    headers = {"Location": "/connect"} if status == 303 else {}

    book = await started(httpx.Response(status, headers=headers))

    assert ("astray", []) == (book.starts[0].fate, book.deliveries)


TALKATIVE = {
    "a page that quotes it": httpx.Response(503, text=f"{PAGE} {URL}", headers=HTML),
    "a quoted one": httpx.Response(503, json=PROBLEM | {"detail": "?otp%3D123456"}),
    "a header": httpx.Response(503, json=PROBLEM, headers={"Link": URL}),
    "a redirect with a body": httpx.Response(303, text=URL, headers={"Location": URL}),
    "a link in two places": httpx.Response(200, json={"url": URL, "again": URL}),
    "a link and a header": httpx.Response(200, json={"url": URL}, headers={"Refresh": URL}),
}


@pytest.mark.anyio
@pytest.mark.parametrize("answer", TALKATIVE)
async def test_a_url_where_none_belongs_is_written_down(answer: str) -> None:
    book = await started(TALKATIVE[answer])

    assert ["start 7"] == book.talkative


@pytest.mark.anyio
async def test_a_cookie_that_is_not_known_any_more_is_a_lost_login() -> None:
    book = await started(httpx.Response(401, text=PAGE, headers=HTML), "form")

    assert ["m-7, at start 7"] == book.lost_logins


def breaks(_: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("the connection broke")


@pytest.mark.anyio
async def test_a_connection_that_breaks_counts_as_cut_only_where_somebody_was_killed() -> None:
    broken, killed, down = [await crowd_before(breaks) for _ in range(3)]
    later = now() + dt.timedelta(seconds=1)
    killed.notebook.kills.append(Kill(at=now(), up_at=later))

    def goes_down(request: httpx.Request) -> httpx.Response:
        cast("FakeStage", down.stage).down.add(0)
        return breaks(request)

    down.http = (await crowd_before(goes_down)).http
    for crowd in (broken, killed, down):
        await crowd.start(wish())

    fates = [crowd.notebook.starts[0].fate for crowd in (broken, killed, down)]
    assert ["broken", "cut", "cut"] == fates


@pytest.mark.anyio
async def test_who_meets_nobody_at_one_replica_goes_to_the_next() -> None:
    crowd = await crowd_before(lambda _: httpx.Response(200, json={"url": URL}), replicas=2)
    dead, alive = crowd.stage.plan.address(0), crowd.stage.plan.address(1)
    let_in, met = crowd.http, []

    async def answer(request: httpx.Request) -> httpx.Response:
        met.append(f"http://{request.url.netloc.decode()}")
        if met[-1] == dead:
            raise httpx.ConnectError("nobody listens")
        return await let_in.send(request)

    crowd.http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    for _ in range(2):
        await crowd.start(wish())
        await crowd.look("/v1/integrations", "m-7")

    assert {dead, alive} == set(met)
    assert ["served", "served"] == [start.fate for start in crowd.notebook.starts]
    assert {1} == {delivery.replica for delivery in crowd.notebook.deliveries}
    assert {1} == {view.replica for view in crowd.notebook.views}


@pytest.mark.anyio
async def test_nothing_that_was_sent_is_sent_to_another_replica() -> None:
    crowd = await crowd_before(breaks, replicas=2)

    await crowd.start(wish())

    assert ["broken"] == [start.fate for start in crowd.notebook.starts]
    assert 2 == cast("FakeStage", crowd.stage).asked


@pytest.mark.anyio
async def test_a_kill_explains_only_what_broke_at_that_replica() -> None:
    fates = []
    for killed in (0, 1):
        crowd = await crowd_before(breaks, replicas=2)
        later = now() + dt.timedelta(seconds=1)
        crowd.notebook.kills.append(Kill(at=now(), up_at=later, replica=killed))
        # The sync session is opened at replica 1, so that the redirect is asked of replica 0.
        await crowd.start(wish())
        fates.append(crowd.notebook.starts[0].fate)

    assert ["cut", "broken"] == fates


@pytest.mark.anyio
async def test_a_start_is_held_up_only_by_one_that_was_cut() -> None:
    answers: list[Answer] = [breaks, lambda _: httpx.Response(409, json=PROBLEM)]

    def answer_next(request: httpx.Request) -> httpx.Response:
        return answers.pop(0)(request)

    crowd = await crowd_before(answer_next)
    crowd.notebook.kills.append(Kill(at=now(), up_at=now() + dt.timedelta(seconds=60)))
    other = await crowd_before(lambda _: httpx.Response(409, json=PROBLEM))

    for _ in range(2):
        await crowd.start(wish())
    await other.start(wish())

    assert ["cut", "held"] == [start.fate for start in crowd.notebook.starts]
    assert ["refused"] == [start.fate for start in other.notebook.starts]


@pytest.mark.anyio
async def test_who_is_not_let_in_was_refused() -> None:
    crowd = await crowd_before(breaks)
    crowd.http = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(503, json=PROBLEM)),
        base_url="http://127.0.0.1:1",
    )

    await crowd.start(wish("form"))
    await crowd.look("/connect", "m-7")

    assert ["refused"] == [start.fate for start in crowd.notebook.starts]
    assert [False] == [view.fine for view in crowd.notebook.views]


VIEWS = {
    "the page": ("/connect", "/connect/gbol /connect/qhyg", True),
    "a page without a tile": ("/connect", "/connect/gbol", False),
    "the list": ("/v1/integrations", '"key":"gbol" "key":"qhyg"', True),
    "a list without an entry": ("/v1/integrations", '"key":"gbol"', False),
}


@pytest.mark.anyio
@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_is_fine_if_everything_is_there(view: str) -> None:
    path, text, fine = VIEWS[view]
    crowd = await crowd_before(lambda _: httpx.Response(200, text=text))

    await crowd.look(path, "m-7")

    assert [fine] == [seen.fine for seen in crowd.notebook.views]


@pytest.mark.anyio
async def test_a_view_that_breaks_is_not_fine() -> None:
    crowd = await crowd_before(breaks)

    await crowd.look("/connect", "m-7")

    assert [(False, "RemoteProtocolError")] == [(v.fine, v.told) for v in crowd.notebook.views]


@pytest.mark.anyio
async def test_the_client_of_all_keeps_nobodys_cookie() -> None:
    async with open_browser("http://127.0.0.1:1") as http:
        request = httpx.Request("GET", "http://127.0.0.1:1/")
        http.cookies.extract_cookies(
            httpx.Response(200, headers={"Set-Cookie": "tb=c; Path=/"}, request=request)
        )

        assert {} == dict(http.cookies)

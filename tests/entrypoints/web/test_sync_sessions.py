import datetime as dt

import pytest

from domain.errors import CodatUnavailable
from tests.entrypoints.web.asking import BACKEND, Service, problem, serve


pytestmark = pytest.mark.anyio

SESSIONS = "/v1/sync-sessions"


async def test_the_backend_opens_a_sync_session_for_a_merchant(service: Service) -> None:
    wanted = {"platformKey": "gbol", "merchantIdentifier": "m-1"}

    answer = await service.post(SESSIONS, json=wanted)

    assert 201 == answer.status_code
    assert {
        "id": f"ss_{1:026}",
        "merchantIdentifier": "m-1",
        "platformKey": "gbol",
        "status": "open",
        "createdAt": "2026-11-23T09:00:00Z",
        "redirects": [],
    } == answer.json()
    assert 0 == service.minted


async def test_a_merchant_opens_one_for_itself(service: Service) -> None:
    by_jwt = await service.post(SESSIONS, service.merchant("m-7"), json={"platformKey": "gbol"})
    by_cookie = await service.post(
        SESSIONS, await service.browser("m-8"), json={"platformKey": "gbol"}
    )

    assert ["m-7", "m-8"] == [a.json()["merchantIdentifier"] for a in (by_jwt, by_cookie)]


async def test_a_merchant_may_not_say_for_whom(service: Service) -> None:
    wanted = {"platformKey": "gbol", "merchantIdentifier": "m-1"}

    for identifier in ("m-1", "m-2"):
        answer = await service.post(SESSIONS, service.merchant(identifier), json=wanted)

        assert (400, "input-invalid") == problem(answer)
        assert ["merchantIdentifier"] == [error["field"] for error in answer.json()["errors"]]


async def test_the_backend_must_say_for_whom(service: Service) -> None:
    for wanted in ({"platformKey": "gbol"}, {"platformKey": "gbol", "merchantIdentifier": None}):
        answer = await service.post(SESSIONS, json=wanted)

        assert (400, "input-invalid") == problem(answer)
        assert ["merchantIdentifier"] == [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        ("lqai", (404, "integration-unknown")),
        ("zzzz", (404, "integration-unknown")),
        ("pdvj", (404, "integration-unknown")),
        ("LQAI", (404, "integration-unknown")),
        ("lqai ", (404, "integration-unknown")),
        ("lqa\u0131", (400, "input-invalid")),
        ("", (400, "input-invalid")),
        ("tgff", (409, "integration-not-available")),
        ("fbrh", (409, "integration-not-available")),
    ],
)
async def test_only_what_is_available_is_opened(key: str, refusal: tuple[int, str]) -> None:
    service = serve(integrations="gbol,tgff=comingSoon,fbrh=disabled")

    for headers, more in ((BACKEND, {"merchantIdentifier": "m-1"}), (service.merchant(), {})):
        answer = await service.post(SESSIONS, headers, json={"platformKey": key, **more})

        assert refusal == problem(answer)
    assert {} == service.world.sessions.sessions


@pytest.mark.parametrize(
    "identifier",
    ["", " ", "a b", "ä", "a\n", "a\x00", "\u202ea", "a" * 129, "a/b", "a%2F", "\uff20"],
)
async def test_an_odd_merchant_identifier_is_refused(service: Service, identifier: str) -> None:
    wanted = {"platformKey": "gbol", "merchantIdentifier": identifier}

    opening = await service.post(SESSIONS, json=wanted)
    listing = await service.send(
        "GET", SESSIONS, BACKEND, params={"merchantIdentifier": identifier}
    )

    for answer in (opening, listing):
        assert (400, "input-invalid") == problem(answer)
        assert ["merchantIdentifier"] == [error["field"] for error in answer.json()["errors"]]


async def test_a_sync_session_is_shown_with_its_timeline(service: Service) -> None:
    session_id = await service.redirected()

    answer = await service.get(f"{SESSIONS}/{session_id}", service.merchant())

    told = answer.json()
    assert 200 == answer.status_code
    assert [
        "id",
        "merchantIdentifier",
        "platformKey",
        "status",
        "createdAt",
        "redirects",
        "timeline",
    ] == list(told)
    assert ["id", "at", "by"] == list(told["redirects"][0])
    assert ["opened", "redirectStarted", "redirected"] == [e["what"] for e in told["timeline"]]
    assert "CANARY" not in answer.text
    assert "ingerprint" not in answer.text


async def test_the_backend_sees_all_and_filters(service: Service) -> None:
    first, second = await service.opened("m-1"), await service.opened("m-2")
    third = await service.redirected("m-1", "qhyg")

    async def listed(query: str) -> list[str]:
        answer = await service.get(f"{SESSIONS}?{query}")
        return [session["id"] for session in answer.json()["syncSessions"]]

    assert [third, second, first] == await listed("")
    assert [third, first] == await listed("merchantIdentifier=m-1")
    assert [third] == await listed("platformKey=qhyg")
    assert [third] == await listed("status=redirected")
    assert [first] == await listed("merchantIdentifier=m-1&status=open")
    assert [] == await listed("merchantIdentifier=m-3")
    assert [first] == await listed(f"before={second}")


async def test_the_list_is_turned_page_by_page(service: Service) -> None:
    opened = [await service.opened(f"m-{number}") for number in range(5)]

    seen, path = [], f"{SESSIONS}?limit=2"
    while path:
        page = (await service.get(path)).json()
        seen += [session["id"] for session in page["syncSessions"]]
        path = f"{SESSIONS}?limit=2&before={page['next']}" if "next" in page else ""

    assert opened[::-1] == seen


@pytest.mark.parametrize("who", ["jwt", "cookie"])
async def test_a_merchant_lists_its_own_only_whatever_it_asks_for(
    service: Service, who: str
) -> None:
    mine, _ = await service.opened("m-1"), await service.opened("m-2")
    headers = service.merchant("m-1") if who == "jwt" else await service.browser("m-1")

    for query in ("", "?merchantIdentifier=m-2", "?merchantIdentifier=m-1", "?before=~"):
        answer = await service.get(f"{SESSIONS}{query}", headers)

        assert [mine] == [session["id"] for session in answer.json()["syncSessions"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1e3", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("status=OPEN", "status"),
        ("status=", "status"),
        ("platformKey=GBOL", "platformKey"),
    ],
)
async def test_a_filter_of_the_wrong_shape_is_named(
    service: Service, query: str, field: str
) -> None:
    answer = await service.get(f"{SESSIONS}?{query}")

    assert (400, "input-invalid") == problem(answer)
    assert [field] == [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("method_and_end", [("GET", ""), ("POST", "/redirect")])
async def test_someone_elses_session_looks_like_one_that_does_not_exist(
    service: Service, method_and_end: tuple[str, str]
) -> None:
    method, end = method_and_end
    theirs = {"m-1": await service.opened("m-1"), "m-2": await service.opened("m-2")}
    strangers = {"m-1": service.merchant("m-2"), "m-2": await service.browser("m-1")}

    for owner, session_id in theirs.items():
        headers = strangers[owner]
        other = await service.send(method, f"{SESSIONS}/{session_id}{end}", headers)
        unknown = await service.send(method, f"{SESSIONS}/ss_{0:026}{end}", headers)

        assert (404, "sync-session-unknown") == problem(other)
        assert {**unknown.json(), "reference": ""} == {**other.json(), "reference": ""}
        assert dict(unknown.headers) == dict(other.headers)
    assert 0 == service.minted


async def test_what_a_merchant_chose_is_kept_through_an_outage(service: Service) -> None:
    session_id = await service.opened()
    service.world.codat.fail_always("start_sync_flow", CodatUnavailable())

    refused = await service.post(f"{SESSIONS}/{session_id}/redirect", service.merchant())
    kept = (await service.get(f"{SESSIONS}/{session_id}")).json()

    assert (503, "codat-unavailable") == problem(refused)
    assert ("gbol", "open", []) == (kept["platformKey"], kept["status"], kept["redirects"])


async def test_nothing_is_opened_where_nothing_can_be_stored(service: Service) -> None:
    service.world.sessions.storage_fails = True

    for answer in (
        await service.post(SESSIONS, json={"platformKey": "gbol", "merchantIdentifier": "m-1"}),
        await service.get(SESSIONS),
        await service.get(f"{SESSIONS}/ss_{1:026}"),
        await service.post(f"{SESSIONS}/ss_{1:026}/redirect"),
    ):
        assert (503, "storage-unavailable") == problem(answer)
        assert "5" == answer.headers["retry-after"]
        assert "told to fail" not in answer.text


async def test_a_merchants_turn_that_is_crowded_is_told_when_to_come_back(
    service: Service,
) -> None:
    session_id = await service.opened()
    service.world.turns.crowded.update({service.world.sessions.history[0].merchant})

    answer = await service.post(f"{SESSIONS}/{session_id}/redirect", service.merchant())

    assert (429, "too-many-requests") == problem(answer)
    assert "1" == answer.headers["retry-after"]


async def test_two_redirects_of_one_session_at_once_are_told_apart(service: Service) -> None:
    session_id = await service.opened()
    store = service.world.sessions
    opened = next(iter(store.sessions.values()))
    store.sessions[opened.id] = opened.begin_redirect(
        service.world.ids.redirect(),
        now=service.world.clock.now() - dt.timedelta(seconds=2.5),
        actor="merchant",
    )

    answer = await service.post(f"{SESSIONS}/{session_id}/redirect")

    assert (409, "redirect-in-progress") == problem(answer)
    assert "8" == answer.headers["retry-after"]

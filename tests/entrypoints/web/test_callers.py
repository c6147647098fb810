import re

import pytest

from domain.model.caller import Backend
from tests.entrypoints.web.asking import BACKEND, FROM_OUR_PAGE, Headers, Service, problem
from tests.support import OPERATOR_KEY


pytestmark = pytest.mark.anyio

JSON_ROUTES = [
    ("GET", "/v1/integrations"),
    ("HEAD", "/v1/integrations"),
    ("GET", "/v1/integrations/gbol/branding"),
    ("POST", "/v1/connect-tokens"),
    ("POST", "/v1/sync-sessions"),
    ("GET", "/v1/sync-sessions"),
    ("GET", f"/v1/sync-sessions/ss_{1:026}"),
    ("POST", f"/v1/sync-sessions/ss_{1:026}/redirect"),
]
NOT_BEARERS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer  \t",
    "Bearer unknown",
    f"Basic {OPERATOR_KEY}",
    f"bearer:{OPERATOR_KEY}",
    OPERATOR_KEY,
    f"Bearer {OPERATOR_KEY}x",
    f"Bearer {OPERATOR_KEY} {OPERATOR_KEY}",
    f"Bearer {OPERATOR_KEY}, Bearer {OPERATOR_KEY}",
    "Bearer \xff\x00",
    f"Bearer {'a' * 9000}",
]
CHALLENGE = 'Bearer realm="Tillbridge"'


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
async def test_without_credentials_every_json_route_answers_401(
    service: Service, method: str, path: str
) -> None:
    bodies: list[dict[str, object]] = [{}, {"json": {}}, {"content": b"x" * 20_000}]
    for body in bodies:
        answer = await service.send(method, path, {"Accept": "text/html"}, **body)

        assert 401 == answer.status_code
        assert "location" not in answer.headers
        assert CHALLENGE == answer.headers["www-authenticate"]
        if method != "HEAD":
            assert (401, "credentials-missing") == problem(answer)


@pytest.mark.parametrize("authorization", NOT_BEARERS)
async def test_credentials_that_are_not_valid_answer_401(
    service: Service, authorization: str
) -> None:
    answer = await service.get("/v1/integrations", {"Authorization": authorization})

    assert (401, "credentials-refused") == problem(answer)
    assert CHALLENGE == answer.headers["www-authenticate"]
    assert OPERATOR_KEY not in answer.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_in_any_case(service: Service, scheme: str) -> None:
    answer = await service.get("/v1/integrations", {"Authorization": f"{scheme} {OPERATOR_KEY} "})

    assert 200 == answer.status_code


async def test_a_bearer_token_counts_before_a_cookie(service: Service) -> None:
    browser = await service.browser("m-1")
    await service.opened("m-1")
    await service.opened("m-2")

    as_backend = await service.get("/v1/sync-sessions", {**browser, **BACKEND})
    as_other = await service.get("/v1/sync-sessions", {**browser, **service.merchant("m-2")})
    refused = await service.get("/v1/sync-sessions", {**browser, "Authorization": "Bearer no"})

    assert 2 == len(as_backend.json()["syncSessions"])
    assert ["m-2"] == [s["merchantIdentifier"] for s in as_other.json()["syncSessions"]]
    assert (401, "credentials-refused") == problem(refused)


async def test_of_two_authorizations_none_counts(service: Service) -> None:
    service.world.identity.callers["second"] = Backend(name="second")

    for pair in ((OPERATOR_KEY, "second"), (OPERATOR_KEY, OPERATOR_KEY), (OPERATOR_KEY, "no")):
        headers = [("Authorization", f"Bearer {bearer}") for bearer in pair]
        answer = await service.send("GET", "/v1/integrations", headers)

        assert (401, "credentials-refused") == problem(answer)


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        ";",
        "__Host-tb",
        "__Host-tb=",
        "tb={secret}",
        "__host-tb={secret}",
        "__Host-tb={secret}; __Host-tb={secret}",
        "__Host-tb={secret}; __Host-tb=x",
        "__Host-tb={long}",
        "x__Host-tb={secret}",
        '__Host-tb="{secret}"',
    ],
)
async def test_a_cookie_that_is_not_exactly_ours_is_none(service: Service, cookie: str) -> None:
    await service.browser()
    (secret,) = service.world.browsers.opened
    given: Headers = {"Cookie": cookie.format(secret=secret, long="a" * 101)}

    api = await service.get("/v1/integrations", given)
    page = await service.get("/connect", given)

    assert (401, 401) == (api.status_code, page.status_code)


async def test_two_cookie_headers_are_read_as_one(service: Service) -> None:
    browser = await service.browser()
    ours = browser["Cookie"]

    async def status(*cookies: str) -> int:
        headers = [("Cookie", cookie) for cookie in cookies]
        return (await service.send("GET", "/connect", headers)).status_code

    assert 200 == await status("other=1", ours)
    assert 200 == await status(f"other=1;{ours}; b=2")
    assert 401 == await status(ours, ours)
    assert 401 == await status(ours, "__Host-tb=planted")


async def test_a_cookie_counts_for_15_minutes(service: Service) -> None:
    browser = await service.browser()

    service.world.clock.advance(14 * 60 + 59)
    inside = await service.get("/v1/integrations", browser)
    service.world.clock.advance(1)
    after = await service.get("/v1/integrations", browser)

    assert 200 == inside.status_code
    assert (401, "credentials-refused") == problem(after)


async def test_whoever_is_at_the_door_the_door_is_shut_while_logins_cannot_be_read(
    service: Service,
) -> None:
    browser = await service.browser()
    service.world.browsers.storage_fails = True

    api = await service.get("/v1/integrations", browser)
    page = await service.get("/connect", browser)

    assert (503, "storage-unavailable") == problem(api)
    assert (503, "5") == (page.status_code, page.headers["retry-after"])


@pytest.mark.parametrize("path", ["/connect/sessions/{}", "/connect/return/{}"])
async def test_someone_elses_page_looks_like_one_that_does_not_exist(
    service: Service, path: str
) -> None:
    theirs = await service.redirected("m-2")
    browser = await service.browser("m-1")

    other = await service.get(path.format(theirs), browser)
    unknown = await service.get(path.format(f"ss_{0:026}"), browser)

    assert 404 == other.status_code == unknown.status_code
    assert without_reference(unknown.text) == without_reference(other.text)
    assert "redirected" == await service.status(theirs)


async def test_a_bearer_token_opens_no_page(service: Service) -> None:
    for headers in (BACKEND, {**FROM_OUR_PAGE, **service.merchant()}):
        for method, path in (("GET", "/connect"), ("POST", "/connect/gbol")):
            answer = await service.send(method, path, headers)

            assert 401 == answer.status_code
    assert 0 == service.minted


def without_reference(page: str) -> str:
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", page)

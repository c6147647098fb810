"""The short way of a redirect leads to where the framework's leads, to the last byte."""

import itertools
import re
from collections.abc import Mapping
from typing import Final, cast

import attrs
import httpx
import pytest
from structlog.testing import capture_logs

from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
)
from entrypoints.web.cors import CrossOrigin
from entrypoints.web.short_way import ShortWay
from tests.entrypoints.web.asking import (
    BACKEND,
    FROM_OUR_PAGE,
    FROM_SHOP,
    SHOP,
    Framework,
    Headers,
    Service,
    serve,
)


pytestmark = pytest.mark.anyio

HERE: Final = "/v1/sync-sessions/{}/redirect"
REFERENCE: Final = re.compile(rb"[0-9A-Z]{4}-[0-9A-Z]{4}")
JSON: Final = {"Accept": "application/json"}
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
REFUSED: Final = {"Authorization": "Bearer nobody's"}


@attrs.frozen
class Watched(Service):
    """The service, with its framework watched."""

    framework: Framework


def watched(*, short: bool) -> Watched:
    """The service with the short way, or without."""
    service = serve()
    crossing = cast(CrossOrigin, service.app.app)
    way = cast(ShortWay, crossing.app)
    framework = Framework(way.app)
    app = attrs.evolve(crossing, app=attrs.evolve(way, app=framework) if short else framework)
    return Watched(service.world, service.settings, attrs.evolve(service.app, app=app), framework)


def message(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that tells answers apart, but for references and the order of methods."""
    headers = [
        (name, b", ".join(sorted(value.split(b", "))) if name == b"allow" else value)
        for name, value in answer.headers.raw
    ]
    return answer.status_code, headers, REFERENCE.sub(b"", answer.content)


async def asked_twice(
    method: str, path: str, headers: Mapping[str, str], error: CodatError | None = None
) -> tuple[int, int]:
    """How often the framework was asked by the short way, and the status that both ways have."""
    answers, routes, asked = [], [], 0
    for short in (True, False):
        service = watched(short=short)
        known = service.merchant("m-2")
        own = {**known, **headers} if headers.get("Authorization") == "m-2" else headers
        session_id = await service.opened()
        if error is not None:
            service.world.codat.fail_next("start_sync_flow", error, times=2)
        before = service.framework.asked
        with capture_logs() as lines:
            answers.append(message(await service.send(method, path.format(session_id), own)))
        asked = service.framework.asked - before if short else asked
        routes.append([(line["event"], line.get("route"), line.get("problem")) for line in lines])
    assert answers[1] == answers[0]
    assert routes[1] == routes[0]
    return asked, answers[0][0]


CALLERS: Final[tuple[Headers, ...]] = (BACKEND, {"Authorization": "m-2"}, REFUSED, {})
KINDS: Final[tuple[Headers, ...]] = (JSON, FORM, {**FORM, **FROM_SHOP}, {**JSON, **FROM_OUR_PAGE})


@pytest.mark.parametrize(("caller", "kind"), [*itertools.product(CALLERS, KINDS)])
async def test_whoever_asks_and_however_the_answer_is_the_same(
    caller: Headers, kind: Headers
) -> None:
    asked, _ = await asked_twice("POST", HERE, {**caller, **kind})

    assert 0 == asked


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CodatUnavailable(), 503),
        (CodatKeyRefused(), 503),
        (CodatTimedOut(), 504),
        (CodatAnswerInvalid(reason="it is not JSON"), 502),
        (CodatNotFound(), 404),
        (cast(CodatError, RuntimeError("nobody thought of this")), 500),
    ],
)
async def test_whatever_fails_is_told_alike(error: CodatError, status: int) -> None:
    assert (0, status) == await asked_twice("POST", HERE, {**BACKEND, **JSON}, error)


async def test_a_sync_session_that_is_not_there_is_not_there_either_way() -> None:
    path = "/v1/sync-sessions/ss_0/redirect"

    assert (0, 404) == await asked_twice("POST", path, {**BACKEND, **JSON})


async def test_scripts_of_the_shop_may_read_either_answer() -> None:
    headers = {**BACKEND, **JSON, "Origin": SHOP}

    assert (0, 200) == await asked_twice("POST", HERE, headers)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", HERE, {}, 405),
        ("PUT", HERE, {}, 405),
        ("OPTIONS", HERE, {}, 204),
        ("POST", f"{HERE}/", {}, 200),
        ("POST", "/v1//sync-sessions/{}/redirect", {}, 200),
        ("POST", "/v1/sync-sessions/é/redirect", {}, 404),
        ("POST", f"/v1/sync-sessions/{'s' * 65}/redirect", {}, 404),
        ("POST", "/v1/sync-sessions/{}/redirects", {}, 404),
        ("POST", HERE, {"Host": "shop.example.test/"}, 400),
    ],
)
async def test_what_is_not_plain_is_the_frameworks(
    method: str, path: str, headers: Headers, status: int
) -> None:
    asked = await asked_twice(method, path, {**BACKEND, **JSON, **headers})

    assert (1, status) == asked

import json
import re
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

from entrypoints.views import (
    BrandingView,
    InterestList,
    SessionDetailView,
    SessionView,
)
from entrypoints.web.handoff import Link
from entrypoints.web.openapi import EXAMPLES
from entrypoints.web.problems import Problem
from entrypoints.web.routes.connect_tokens import IssuedToken
from entrypoints.web.routes.integrations import IntegrationList
from entrypoints.web.routes.operations import Alive, Readiness
from entrypoints.web.routes.sync_sessions import SyncSessionList
from tests.entrypoints.web.asking import BACKEND, Service, problem, serve
from tests.entrypoints.web.page import read
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

ROUTES = {
    ("/v1/connect-tokens", "post"),
    ("/v1/integrations", "get"),
    ("/v1/interest", "get"),
    ("/v1/integrations/{platform_key}/branding", "get"),
    ("/v1/sync-sessions", "post"),
    ("/v1/sync-sessions", "get"),
    ("/v1/sync-sessions/{session_id}", "get"),
    ("/v1/sync-sessions/{session_id}/redirect", "post"),
    ("/healthz", "get"),
    ("/readyz", "get"),
    ("/metrics", "get"),
}
SHAPES: dict[str, type] = {
    "Alive": Alive,
    "BrandingView": BrandingView,
    "IntegrationList": IntegrationList,
    "InterestList": InterestList,
    "IssuedToken": IssuedToken,
    "Link": Link,
    "NotReady": Readiness,
    "Readiness": Readiness,
    "SessionDetailView": SessionDetailView,
    "SessionView": SessionView,
    "SyncSessionList": SyncSessionList,
}


async def schema(service: Service) -> dict[str, Any]:
    answer = await service.get("/openapi.json", {})
    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert "no-cache" == answer.headers["cache-control"]
    told: dict[str, Any] = answer.json()
    return told


def operations(told: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in told["paths"].items()
        for method, operation in item.items()
    ]


async def test_the_description_is_openapi_3_1_and_lists_every_route(service: Service) -> None:
    told = await schema(service)

    assert told["openapi"].startswith("3.1.")
    assert [{"url": PUBLIC_URL}] == told["servers"]
    assert ROUTES == {(path, method) for path, method, _ in operations(told)}


async def test_every_reference_leads_somewhere(service: Service) -> None:
    told = await schema(service)

    for reference in set(re.findall(r'"#/([^"]+)"', json.dumps(told))):
        place: Any = told
        for part in reference.split("/"):
            place = place[part]


async def test_every_answer_has_an_example_that_keeps_its_shape(service: Service) -> None:
    seen = 0
    for path, _, operation in operations(await schema(service)):
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)
            if status == "304":
                continue
            ((media_type, content),) = response["content"].items()
            ((_, example),) = content["examples"].items()
            seen += 1
            if int(status) >= 400 and path != "/readyz":
                assert "application/problem+json" == media_type
                shown = msgspec.convert(example["value"], Problem)
                assert int(status) == shown.status
    assert seen > 40


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_one(name: str) -> None:
    example = EXAMPLES[name]

    shown: object = msgspec.convert(example, SHAPES[name])

    assert example == json.loads(msgspec.json.encode(shown))


async def test_every_refusal_can_be_expected_of_whoever_lacks_credentials(
    service: Service,
) -> None:
    for path, _, operation in operations(await schema(service)):
        if path.startswith("/v1/"):
            assert "401" in operation["responses"], path
            assert "503" in operation["responses"], path
        else:
            assert [{}] == operation["security"], path


async def test_forms_of_names_and_closed_objects_are_described(service: Service) -> None:
    told = await schema(service)

    wanted = told["components"]["schemas"]["SyncSessionRequest"]
    assert wanted["additionalProperties"] is False
    assert "^[a-z]{4}$" == wanted["properties"]["platformKey"]["pattern"]
    (key,) = told["paths"]["/v1/integrations/{platform_key}/branding"]["get"]["parameters"]
    assert "^[a-z]{4}$" == key["schema"]["pattern"]


async def test_the_description_is_put_together_once_for_each_service(service: Service) -> None:
    elsewhere = serve(public_url="https://elsewhere.example.test/pay")

    assert await schema(service) == await schema(service)
    assert [{"url": "https://elsewhere.example.test/pay"}] == (await schema(elsewhere))["servers"]


async def test_people_read_the_same_on_a_page(service: Service) -> None:
    answer = await service.get("/docs", {})

    page = read(answer)
    for path, method, operation in operations(await schema(service)):
        assert f"{method.upper()} {path}" in page.text
        assert operation["summary"] in page.text
    assert "/openapi.json" in page.links.values()
    assert "/problems/sync-session-unknown" in page.links.values()
    for address in page.links.values():
        assert 200 == (await service.get(address, {})).status_code


@pytest.mark.parametrize(
    "path",
    ["/schema", "/schema/", "/schema/openapi.json", "/schema/redoc", "/schema/swagger"],
)
async def test_the_frameworks_own_pages_are_not_there(service: Service, path: str) -> None:
    assert (404, "not-found") == problem(await service.get(path))


@pytest.mark.parametrize(("path", "method"), sorted(ROUTES))
def test_whatever_is_sent_the_answer_is_one_that_is_described(path: str, method: str) -> None:
    service = serve()
    described = schemathesis.openapi.from_asgi("/openapi.json", service.app)
    operation = described[path][method]

    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: "schemathesis.Case[Any]") -> None:
        # Whether a merchant has to be named depends on who asks, which a schema cannot say.
        case.call_and_validate(
            headers=dict(BACKEND), excluded_checks=[checks.positive_data_acceptance]
        )

    check()

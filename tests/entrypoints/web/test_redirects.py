import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatTimedOut,
    CodatUnavailable,
    SyncFlowUrlStale,
    SyncFlowUrlTaken,
)
from domain.model.sync_flow_url import LONGEST_WAIT
from domain.model.sync_session import SyncSession
from entrypoints.web.handoff import HandoffResponses
from entrypoints.web.metrics import Metrics
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND as THE_BACKEND
from tests.entrypoints.web.asking import BACKEND, Headers, Service, problem, serve
from tests.fakes.clock import FakeClock
from tests.fakes.sessions import FakeSessionStore
from tests.support import FakeWorld


pytestmark = pytest.mark.anyio

JSON: Headers = {**BACKEND, "Accept": "application/json"}
FORM: Headers = {**BACKEND, "Content-Type": "application/x-www-form-urlencoded"}


def redirect_of(session_id: str) -> str:
    return f"/v1/sync-sessions/{session_id}/redirect"


async def test_a_program_gets_the_url_and_its_end(service: Service) -> None:
    session_id = await service.opened()

    answer = await service.post(redirect_of(session_id), JSON)

    (minted,) = service.world.codat.minted
    assert 200 == answer.status_code
    assert "application/json" == answer.headers["content-type"]
    assert {"url": minted, "expiresAt": "2026-11-23T09:00:30Z"} == answer.json()
    assert "redirected" == await service.status(session_id)


async def test_a_form_is_sent_on_to_codat(service: Service) -> None:
    answer = await service.post(redirect_of(await service.opened()), FORM)

    assert (303, b"") == (answer.status_code, answer.content)
    assert service.world.codat.minted == [answer.headers["location"]]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Accept": "text/html"}, 200),
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}, 303),
        ({"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=utf-8"}, 303),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 303),
        ({"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}, 200),
        ({"Content-Type": "application/x-www-form-urlencoded", "Accept": "Application/JSON"}, 200),
        ({"Content-Type": "text/plain; charset=form"}, 200),
    ],
)
async def test_who_asks_for_json_gets_json_and_a_form_a_redirect(
    service: Service, headers: Headers, status: int
) -> None:
    answer = await service.post(redirect_of(await service.opened()), {**BACKEND, **headers})

    assert status == answer.status_code


async def test_of_64_callers_at_once_no_two_get_the_same_url(service: Service) -> None:
    sessions = [await service.opened(f"m-{number % 4}") for number in range(8)]

    answers = await asyncio.gather(
        *(service.post(redirect_of(sessions[n % 8]), FORM if n % 2 else JSON) for n in range(64))
    )

    urls = [a.headers.get("location") or a.json()["url"] for a in answers]
    assert {200, 303} == {answer.status_code for answer in answers}
    assert 64 == len(set(urls)) == service.minted
    assert set(service.world.codat.minted) == set(urls)


@pytest.mark.parametrize(
    ("error", "refusal", "wait"),
    [
        (CodatUnavailable(), (503, "codat-unavailable"), "10"),
        (CodatRateLimited(), (503, "codat-rate-limited"), "10"),
        (CodatKeyRefused(), (503, "codat-key-refused"), "60"),
        (CodatLimitReached(), (503, "codat-limit-reached"), "60"),
        (CodatTimedOut(), (504, "codat-timed-out"), None),
        (CodatAnswerInvalid(reason="it is not JSON"), (502, "codat-answer-invalid"), None),
        (CodatNotFound(), (404, "integration-unknown"), None),
    ],
)
async def test_whatever_codat_does_the_refusal_has_a_type_and_the_session_starts_again(
    service: Service, error: CodatError, refusal: tuple[int, str], wait: str | None
) -> None:
    session_id = await service.opened()
    service.world.codat.fail_next("start_sync_flow", error, times=2)

    for headers in (JSON, FORM):
        answer = await service.post(redirect_of(session_id), headers)

        assert refusal == problem(answer)
        assert wait == answer.headers.get("retry-after")
        assert "location" not in answer.headers
    service.world.codat.recover()
    # What Codat did not know comes back with its next list.
    service.world.clock.advance(3600)
    await service.get("/v1/integrations")
    await service.world.cache.settle()
    assert 200 == (await service.post(redirect_of(session_id), JSON)).status_code


async def test_a_url_that_codat_repeats_is_refused_and_not_shown(service: Service) -> None:
    first = await service.redirected()
    service.world.codat.repeat_last_url()

    answer = await service.post(redirect_of(first), JSON)

    assert (502, "link-repeated") == problem(answer)
    assert "CANARY" not in answer.text


class SlowDisk(FakeSessionStore):
    """Takes *seconds* for whatever it saves."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = seconds

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        await super().save(before, after)
        self.clock.advance(self.seconds)


async def test_a_url_that_waited_too_long_is_refused_and_not_shown() -> None:
    world = FakeWorld()
    world.sessions = SlowDisk(world.clock, LONGEST_WAIT + 1)
    service = serve(world)

    answer = await service.post(redirect_of(await service.opened()), JSON)

    assert (503, "link-stale") == problem(answer)
    assert "5" == answer.headers["retry-after"]
    assert "CANARY" not in answer.text


async def test_neither_form_of_the_answer_gives_a_url_twice() -> None:
    product = Product()
    handoff = await product.start_redirect((await product.opened()).id, THE_BACKEND)
    responses = HandoffResponses(product.world.clock, Metrics())

    responses.see_other(handoff)

    for again in (responses.see_other, responses.as_json):
        with pytest.raises(SyncFlowUrlTaken):
            again(handoff)


@given(st.floats(min_value=0, max_value=30))
async def test_an_answer_is_written_only_while_the_url_is_fresh(waited: float) -> None:
    product = Product()
    handoff = await product.start_redirect((await product.opened()).id, THE_BACKEND)
    responses = HandoffResponses(product.world.clock, Metrics())
    product.world.clock.advance(waited)
    age = product.world.clock.monotonic() - handoff.url.fetched_at

    if age <= LONGEST_WAIT:
        assert product.world.codat.minted == [responses.see_other(handoff).headers["location"]]
    else:
        with pytest.raises(SyncFlowUrlStale):
            responses.see_other(handoff)


async def test_the_age_of_every_url_is_measured_when_it_leaves(service: Service) -> None:
    await service.redirected()
    await service.redirected()

    told = (await service.get("/metrics")).text

    assert "tillbridge_handoff_age_seconds_count 2.0" in told
    assert 'tillbridge_handoff_age_seconds_bucket{le="0.005"} 2.0' in told

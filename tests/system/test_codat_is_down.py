"""An outage at Codat as a platform would rehearse it: real processes, and their own metrics."""

import re
from collections.abc import Generator

import httpx
import pytest

from entrypoints.demo.plan import SIMULATOR, TILLBRIDGE
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    directory = tmp_path_factory.mktemp("stack")
    parts = (SIMULATOR, TILLBRIDGE)
    with running_stack(directory, only=parts, breaker="on", limit_merchant="30/minute") as up:
        yield up


def starts(stack: Stack, merchant: str, times: int) -> list[httpx.Response]:
    redirect = f"/v1/sync-sessions/{stack.session(merchant)}/redirect"
    return [stack.http.post(redirect) for _ in range(times)]


def figure(stack: Stack, name: str) -> float:
    """One figure of `/metrics`, 0 where it is not there yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", stack.http.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_the_outcome_of_a_lost_answer_is_made_good_and_the_lost_url_is_given_to_nobody(
    stack: Stack,
) -> None:
    stack.control("scenario", {"operation": "start", "drop": "afterHandling", "times": 1})

    (answer,) = starts(stack, "unlucky", 1)

    assert 200 == answer.status_code
    lost, given = stack.minted("unlucky")
    assert given["url"] == answer.json()["url"]
    assert lost["url"] != given["url"]
    assert 1.0 == figure(stack, 'tillbridge_codat_second_tries_total{reason="lost"}')


def test_a_looping_merchant_is_stopped_and_another_is_not(stack: Stack) -> None:
    before = len(stack.ledger["minted"])

    looping = starts(stack, "looping", 33)
    (other,) = starts(stack, "other", 1)

    assert [200] * 30 + [429] * 3 == [answer.status_code for answer in looping]
    assert 0 < int(looping[-1].headers["retry-after"]) <= 60
    assert 200 == other.status_code
    assert before + 31 == len(stack.ledger["minted"])
    assert 3.0 == figure(stack, 'tillbridge_starts_limited_total{limit="merchant"}')


def test_while_codat_is_down_it_is_left_alone_and_the_picker_stays(stack: Stack) -> None:
    with stack.browser("patient") as browser:
        assert 200 == browser.get("/connect").status_code
        stack.control("scenario", {"status": 503})

        answers = [answer for n in range(4) for answer in starts(stack, f"m-{n}", 25)]

        assert {503} == {answer.status_code for answer in answers}
        assert all(1 <= int(answer.headers["retry-after"]) <= 15 for answer in answers)
        assert 1.0 == figure(stack, 'tillbridge_codat_breaker{state="failing"}')
        assert figure(stack, 'tillbridge_codat_spared_total{by="breaker"}') >= 30
        page = browser.get("/connect")
        assert (200, True) == (page.status_code, "Xero" in page.text)
        ready = stack.http.get("/readyz")
        assert (200, "failing") == (ready.status_code, ready.json()["checks"]["breaker"])

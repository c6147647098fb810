"""Codat's `Idempotency-Key`."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.simulator.driving import AUTHORIZATION, Driver, refusal


def post(driver: Driver, key: str, body: Any, path: str = "/companies") -> httpx.Response:
    return driver.api.post(path, json=body, headers={"Idempotency-Key": key})


def count(driver: Driver) -> int:
    total: int = driver.ok("GET", "/companies")["totalResults"]
    return total


def test_the_first_answer_is_replayed(driver: Driver) -> None:
    first = post(driver, "a", {"name": "one"})
    again = post(driver, "a", {"name": "one"})

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert count(driver) == 1
    assert post(driver, "b", {"name": "one"}).json()["id"] != first.json()["id"]


def test_another_body_or_call_is_refused(driver: Driver) -> None:
    company = post(driver, "a", {"name": "one"}).json()

    refusal(post(driver, "a", {"name": "two"}), 422)
    refusal(post(driver, "a", {"name": "one"}, f"/companies/{company['id']}/connections"), 422)
    assert count(driver) == 1


def test_refusals_are_replayed_too(driver: Driver) -> None:
    driver.scenario(operation="createCompany", status=503, times=1)

    first = post(driver, "a", {"name": "one"})
    again = post(driver, "a", {"name": "one"})

    assert refusal(first, 503) == refusal(again, 503)
    refusal(post(driver, "b", {}), 400)
    refusal(post(driver, "b", {}), 400)
    assert post(driver, "c", {"name": "one"}).status_code == 200


def test_too_many_requests_release_the_key(driver: Driver) -> None:
    driver.scenario(operation="createCompany", status=429, retryAfter=3, times=1)

    refused = post(driver, "a", {"name": "one"})
    assert refused.headers["retry-after"] == "3"
    refusal(refused, 429)
    assert post(driver, "a", {"name": "one"}).status_code == 200


def test_a_lost_answer_releases_the_key(driver: Driver) -> None:
    driver.scenario(operation="createCompany", drop="beforeHandling", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        post(driver, "a", {"name": "one"})
    assert post(driver, "a", {"name": "one"}).status_code == 200


def test_a_key_in_progress_is_refused(driver: Driver) -> None:
    driver.scenario(operation="createCompany", delaySeconds=0.5)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(driver, "a", {"name": "one"}), range(8)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, *[409] * 7]
    assert count(driver) == 1


def test_a_key_is_kept_for_ninety_minutes(driver: Driver) -> None:
    first = post(driver, "a", {"name": "one"})
    driver.advance(90 * 60 + 1)

    assert post(driver, "a", {"name": "one"}).json()["id"] != first.json()["id"]


def test_only_post_and_patch_have_keys(driver: Driver) -> None:
    headers = {"Idempotency-Key": "a"}
    path = "/config/sync/commerce/lqai/gbol/start?merchantIdentifier=m"
    urls = {driver.api.get(path, headers=headers).json()["url"] for _ in range(2)}
    company = post(driver, "b", {"name": "one"}).json()
    one = f"/companies/{company['id']}"

    assert len(urls) == 2
    patched = [driver.api.patch(one, json={"name": "two"}, headers=headers) for _ in range(2)]
    assert patched[0].json() == patched[1].json()


def test_a_client_that_leaves_halfway_has_asked_for_nothing(driver: Driver) -> None:
    parts = urlsplit(driver.running.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(
            b"POST /companies HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\nContent-Length: 99\r\n"
            + f'Authorization: {AUTHORIZATION}\r\n\r\n{{"name":'.encode()
        )
        while driver.ledger()["calls"]["createCompany"] == 0:
            pass

    assert post(driver, "a", {"name": "one"}).status_code == 200


def test_a_big_body_is_read_whole(driver: Driver) -> None:
    body = {"name": "x" * 300_000}

    assert post(driver, "a", body).json()["name"] == body["name"]
    assert post(driver, "a", body).status_code == 200

"""The daily quota and its headers."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from tests.simulator.driving import Driver, refusal


def left(response: httpx.Response) -> int:
    return int(response.headers["x-rate-limit-remaining"])


def test_every_response_tells_what_is_left(driver: Driver) -> None:
    response = driver.get("/companies")

    assert response.headers["x-rate-limit-limit"] == "1000"
    assert left(response) == 999
    reset = datetime.fromisoformat(response.headers["x-rate-limit-reset"])
    now = parsedate_to_datetime(response.headers["date"])
    assert timedelta() < reset - now <= timedelta(days=1)
    assert (reset.hour, reset.minute, reset.second) == (0, 0, 0)
    assert left(driver.get("/nothing")) == 999
    assert left(driver.anonymous.get("/companies")) == 999
    assert left(driver.anonymous.get("/public/platforms/gbol.png")) == 999


def test_the_quota_grows_with_linked_companies(driver: Driver) -> None:
    company = driver.set_up("one")
    driver.set_up("two")
    assert driver.get("/companies").headers["x-rate-limit-limit"] == "3000"

    driver.api.delete(f"/companies/{company['id']}")
    assert driver.get("/companies").headers["x-rate-limit-limit"] == "2000"


def test_an_unlinked_company_no_longer_counts(driver: Driver) -> None:
    company = driver.set_up()
    for connection in company["dataConnections"]:
        driver.api.delete(f"/companies/{company['id']}/connections/{connection['id']}")

    assert driver.get("/companies").headers["x-rate-limit-limit"] == "1000"


def test_when_it_is_used_up_everything_is_refused_until_midnight(driver: Driver) -> None:
    driver.scenario(rateLimit={"remaining": 2})
    assert left(driver.get("/companies")) == 1
    assert left(driver.get("/companies")) == 0

    response = driver.get("/companies")
    assert "too many requests" in refusal(response, 429)["error"]
    wait = int(response.headers["retry-after"])
    assert 0 < wait <= 86_401
    driver.advance(wait)
    assert left(driver.get("/companies")) == 999


def test_the_limit_itself_can_be_set(driver: Driver) -> None:
    shown = driver.scenario(rateLimit={"limit": 1, "retryAfterForm": "date"})
    assert shown["rateLimit"] == {"limit": 1, "remaining": 1}
    driver.ok("GET", "/companies")

    response = driver.get("/companies")
    assert response.status_code == 429
    assert parsedate_to_datetime(response.headers["retry-after"]).hour == 0
    driver.scenario(rateLimit={"retryAfterForm": "junk", "remaining": 0})
    assert driver.get("/companies").headers["retry-after"] == "soon"

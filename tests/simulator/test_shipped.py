"""Each scenario that ships, played through from its first step to its last."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, get_args

import httpx
import msgspec
import pytest
from codat_sync_for_commerce import CodatSyncCommerce
from codat_sync_for_commerce.models import errors, operations, shared

from adapters.codat_simulator import shipped
from adapters.codat_simulator.script_reading import read_toml
from adapters.codat_simulator.vocabulary import BodyFault, RetryAfterForm, UrlFault
from tests.simulator.driving import AUTHORIZATION, MERCHANT, Driver
from tests.simulator.test_documentation import MANUAL
from tests.simulator.test_scenario_files import example_of_the_manual


START = "/config/sync/commerce/lqai/gbol/start"
PATIENT, IMPATIENT = 5.0, 0.8


@pytest.fixture
def play(driver: Driver) -> Callable[[str], Driver]:
    """Begin a scenario by its name, on a clock that only moves by hand."""

    def begin(name: str) -> Driver:
        driver.control("POST", "clock", {"frozen": True})
        assert name == driver.control("POST", "scenario", {"name": name})["playing"]["name"]
        return driver

    return begin


@pytest.fixture
def sdk(driver: Driver) -> Iterator[CodatSyncCommerce]:
    with CodatSyncCommerce(
        server_url=driver.running.api_url,
        security=shared.Security(auth_header=AUTHORIZATION),
        timeout_ms=5000,
        retry_config=None,
    ) as client:
        yield client


def sync_flow_url(sdk: CodatSyncCommerce) -> str | None:
    request = operations.GetSyncFlowURLRequest(
        commerce_key="lqai", accounting_key="gbol", merchant_identifier=MERCHANT
    )
    found = sdk.connections.get_sync_flow_url(request=request)
    return None if found is None else found.url


def fate(driver: Driver, path: str = START, patience: float = PATIENT) -> str:
    """What becomes of a call whose caller waits so many seconds."""
    begun = time.monotonic()
    parameters = {"merchantIdentifier": MERCHANT}
    try:
        with driver.api.stream("GET", path, params=parameters, timeout=patience) as response:
            for _ in response.iter_raw(1):
                if time.monotonic() - begun > patience:
                    return "slow"
    except httpx.ReadTimeout:
        return "slow"
    except httpx.TransportError:
        return "cut off"
    return str(response.status_code)


def fates(driver: Driver, times: int, path: str = START) -> Counter[str]:
    return Counter(fate(driver, path) for _ in range(times))


def active(driver: Driver) -> list[str]:
    return [step["title"] for step in driver.control("GET", "scenario")["playing"]["active"]]


def test_what_ships_is_what_the_manual_says() -> None:
    assert {
        *("codat-down", "come-back-later", "flaky", "key-revoked", "links-expired"),
        *("nonsense", "quota-gone", "slow-morning"),
    } == set(shipped.names())
    for name in shipped.names():
        script = shipped.shipped(name).script
        assert f"| `{name}` |" in MANUAL
        assert script.description.strip()
        assert all(step.title for step in script.steps)
        assert len(script.title) <= 72


def test_slow_morning(play: Callable[[str], Driver]) -> None:
    driver = play("slow-morning")
    branding = "/config/integrations/gbol/branding"
    assert ("200", "200") == (fate(driver), fate(driver, branding))

    driver.advance(15)
    assert ("200", "slow") == (fate(driver), fate(driver, branding, IMPATIENT))
    driver.advance(15)
    assert "slow" == fate(driver, patience=IMPATIENT)
    driver.advance(30)
    assert {"slow", "200"} == {fate(driver, patience=IMPATIENT) for _ in range(6)}
    driver.advance(45)

    assert ["All well again"] == active(driver)
    assert Counter({"200": 3}) == fates(driver, 3)


def test_codat_down(play: Callable[[str], Driver], sdk: CodatSyncCommerce) -> None:
    driver = play("codat-down")
    assert sync_flow_url(sdk)

    driver.advance(15)
    assert {"500", "cut off", "200"} == set(fates(driver, 20))
    driver.advance(20)
    with pytest.raises(errors.ErrorMessage) as refused:
        sync_flow_url(sdk)
    assert 503 == refused.value.data.status_code
    assert Counter({"503": 5}) == fates(driver, 5, "/config/integrations")
    driver.advance(60)
    with pytest.raises(httpx.RemoteProtocolError):
        sync_flow_url(sdk)
    driver.advance(60)

    assert ["All well again"] == active(driver)
    assert sync_flow_url(sdk)


def test_quota_gone(play: Callable[[str], Driver], sdk: CodatSyncCommerce) -> None:
    driver = play("quota-gone")

    driver.advance(15)
    burst = driver.get(START)
    assert (429, "20") == (burst.status_code, burst.headers["retry-after"])
    driver.advance(20)
    assert sync_flow_url(sdk)
    driver.advance(25)
    assert Counter({"200": 3, "429": 2}) == fates(driver, 5)
    with pytest.raises(errors.ErrorMessage) as refused:
        sync_flow_url(sdk)
    assert 429 == refused.value.data.status_code
    wait = int(driver.get(START).headers["retry-after"])
    midnight = driver.get(START).headers["x-rate-limit-reset"]
    assert midnight.endswith("T00:00:00Z")
    assert 0 < wait <= 86_401

    driver.advance(600)
    assert ["All well again"] == active(driver)
    assert sync_flow_url(sdk)


def test_key_revoked(play: Callable[[str], Driver], sdk: CodatSyncCommerce) -> None:
    driver = play("key-revoked")
    assert sync_flow_url(sdk)

    driver.advance(15)
    with pytest.raises(errors.ErrorMessage) as outdated:
        sync_flow_url(sdk)
    driver.advance(60)
    with pytest.raises(errors.ErrorMessage) as unknown:
        sync_flow_url(sdk)
    driver.advance(60)

    assert [403, 401] == [outdated.value.data.status_code, unknown.value.data.status_code]
    assert ["The right key is back"] == active(driver)
    assert sync_flow_url(sdk)


def test_flaky(play: Callable[[str], Driver]) -> None:
    driver = play("flaky")

    found = fates(driver, 300)

    assert {"200", "503", "429", "cut off"} == set(found)
    assert 30 <= 300 - found["200"] <= 90
    minted = len(driver.ledger()["minted"])
    assert minted > found["200"], "some answers are lost after the URL was minted"
    assert not driver.control("GET", "scenario")["playing"]["over"]


def test_flaky_is_the_same_again(play: Callable[[str], Driver]) -> None:
    driver = play("flaky")
    first = [fate(driver) for _ in range(60)]
    driver = play("flaky")

    assert first == [fate(driver) for _ in range(60)]


def test_nonsense(play: Callable[[str], Driver]) -> None:
    driver = play("nonsense")
    playing = driver.control("GET", "scenario")["playing"]
    kinds = [
        fault["malformed"]
        for step in (*playing["active"], *playing["next"])
        for fault in step["faults"]
        if fault["operation"] == "start"
    ]
    assert {*get_args(BodyFault), *get_args(UrlFault)} - {"drip"} == set(kinds)

    assert driver.get("/config/integrations").headers["content-type"].startswith("text/html")
    assert driver.get("/config/integrations/gbol/branding").json() == ["unexpected"]
    assert driver.get("/config/integrations").json()["totalResults"]
    answers = []
    for _ in kinds:
        with driver.api.stream("GET", START, params={"merchantIdentifier": "m"}) as response:
            body = next(response.iter_raw(200), b"")
        answers.append((response.status_code, body))
    assert len(set(answers)) >= len(kinds) - 3, "hardly two are alike"

    assert driver.start().startswith(driver.running.sync_flow_url)
    assert driver.control("GET", "scenario")["playing"]["over"]


def test_links_expired(play: Callable[[str], Driver]) -> None:
    driver = play("links-expired")

    def visits(count: int) -> list[int]:
        found = []
        for _ in range(count):
            with driver.browser() as browser:
                found.append(browser.get(driver.start()).status_code)
        return found

    assert [401, 401] == visits(2)
    assert [False, True] == [bool(e["consumedAt"]) for e in driver.ledger()["minted"]]
    assert {200, 401} == set(visits(20))
    driver.advance(60)
    assert [200] * 5 == visits(5)
    assert driver.control("GET", "scenario")["playing"]["over"]


def test_come_back_later(play: Callable[[str], Driver]) -> None:
    driver = play("come-back-later")

    responses = [driver.get(START) for _ in range(7)]

    told: list[Any] = [response.headers.get("retry-after") for response in responses]
    date = parsedate_to_datetime(told.pop(3))
    now = parsedate_to_datetime(responses[3].headers["date"])
    assert 119 <= (date - now).total_seconds() <= 121
    assert ["1", "90", "21600", "soon", None, None] == told
    assert [429] * 6 + [200] == [response.status_code for response in responses]
    assert {"seconds", "date", "junk", "none"} == set(get_args(RetryAfterForm))
    assert driver.control("GET", "scenario")["playing"]["over"]


def test_the_example_of_the_manual_plays_as_it_says(driver: Driver) -> None:
    driver.control("POST", "clock", {"frozen": True})
    script = read_toml(example_of_the_manual().encode(), "example")
    driver.control("POST", "scenario", msgspec.to_builtins(script))

    assert Counter({"200": 3}) == fates(driver, 3)
    assert driver.get(START).headers["content-type"].startswith("text/html")
    assert driver.start().startswith("https://sync-flow.example.com/")
    assert "200" == fate(driver)
    driver.advance(10)
    assert ["Starts take three seconds"] == active(driver)
    driver.advance(30)
    down = driver.get("/config/integrations")
    assert (503, "20") == (down.status_code, down.headers["retry-after"])
    driver.advance(20)

    assert ["Well again"] == active(driver)
    assert "200" == fate(driver)

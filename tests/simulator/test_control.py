"""The control plane itself."""

from typing import Any

import pytest

from tests.simulator.driving import Driver, base


def refused(driver: Driver, path: str, body: Any) -> Any:
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    response = driver.anonymous.post(f"/_simulator/{path}", **content)
    assert response.status_code == 400, response.text
    assert set(response.json()) == {"error", "remedy"}
    return response.json()


def test_the_index_says_what_it_is(driver: Driver) -> None:
    index = driver.anonymous.get("/_simulator/").json()

    assert "simulator" in index["what"]
    assert index["api"] == driver.running.api_url
    assert index["syncFlow"] == driver.running.sync_flow_url
    assert index["connector"] == {"platformKey": "lqai", "side": "commerce"}
    assert set(index["operations"]) == set(driver.ledger()["calls"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        ([], "no JSON object"),
        ({"fault": {}}, "`fault`"),
        ({"faults": [{"operation": "start", "statsu": 500}]}, "$.faults[0]"),
        ({"status": 700}, "$.status"),
        ({"status": "500"}, "$.status"),
        ({"delaySeconds": -1}, "$.delaySeconds"),
        ({"malformed": "nonsense"}, "$.malformed"),
        ({"drop": "sometimes"}, "$.drop"),
        ({"status": 500, "times": 0}, "$.times"),
        ({"status": 500, "rate": 1.5}, "$.rate"),
        ({"rateLimit": {"left": 3}}, "`left`"),
        ({"rateLimit": {"remaining": -1}}, "$.rateLimit.remaining"),
        ({"rawSpaces": "yes"}, "$.rawSpaces"),
        ({"operation": "strat", "status": 500}, "`operation` is 'strat'"),
        ({"operation": "start"}, "A fault needs one of"),
        ({"times": 1}, "A fault needs one of"),
        ({"malformed": "crlf"}, '`operation` to "start"'),
        ({"operation": "start", "status": 500, "drop": "reset"}, "exclude each other"),
    ],
)
def test_a_scenario_that_makes_no_sense(driver: Driver, body: Any, named: str) -> None:
    answer = refused(driver, "scenario", body)

    assert named in answer["error"]
    assert driver.control("GET", "scenario")["faults"] == []


def test_a_refused_scenario_changes_nothing(driver: Driver) -> None:
    before = driver.scenario(status=500, operation="start")

    refused(driver, "scenario", {"slugs": True, "faults": [{"operation": "start"}]})
    response = driver.anonymous.put("/_simulator/scenario", json={"operation": "nonsense"})
    assert response.status_code == 400
    assert driver.control("GET", "scenario") == before


def test_posting_adds_putting_replaces_deleting_clears(driver: Driver) -> None:
    driver.scenario(operation="start", status=500)
    both = driver.scenario(operation="branding", delaySeconds=1, slugs=True)
    assert [fault["operation"] for fault in both["faults"]] == ["start", "branding"]
    assert both["switches"]["slugs"] is True
    assert both["switches"]["companyReuse"] is True

    replaced = driver.control("PUT", "scenario", {"rawSpaces": True})
    assert replaced["faults"] == []
    assert replaced["switches"]["slugs"] is False
    assert replaced["switches"]["rawSpaces"] is True
    cleared = driver.control("DELETE", "scenario")
    assert cleared["switches"]["rawSpaces"] is False
    assert cleared["rateLimit"] == {"limit": 1000, "remaining": 1000}


def test_the_clock_moves_stops_and_runs(driver: Driver) -> None:
    before = driver.control("GET", "clock")
    assert (before["aheadSeconds"], before["frozen"]) == (0, False)
    after = driver.control("POST", "clock", {"advanceSeconds": 31})
    assert after["aheadSeconds"] == 31
    assert after["now"] > before["now"]

    stopped = driver.control("POST", "clock", {"frozen": True})
    assert stopped["frozen"]
    assert driver.control("POST", "clock", {"frozen": True})["now"] == stopped["now"]
    again = driver.control("POST", "clock", {"frozen": False})
    assert not again["frozen"]
    assert again["now"] >= stopped["now"]
    assert driver.control("POST", "clock", {"frozen": False})["now"] >= again["now"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"advanceSeconds": -1}, "$.advanceSeconds"),
        ({"advanceSeconds": 1e12}, "$.advanceSeconds"),
        ({"seconds": 1}, "`seconds`"),
        ({}, "moves nothing"),
        (b"{", "not JSON"),
        (b'{"\xff":1}', "not JSON"),
    ],
)
def test_a_clock_that_cannot_be_set_like_that(driver: Driver, body: Any, named: str) -> None:
    assert named in refused(driver, "clock", body)["error"]


def test_a_clock_that_is_far_ahead_already(driver: Driver) -> None:
    driver.advance(3650 * 86400)

    assert "at most 3650 days" in refused(driver, "clock", {"advanceSeconds": 1})["error"]


def test_the_ledger_tells_a_urls_life(driver: Driver) -> None:
    driver.control("POST", "clock", {"frozen": True})
    url = driver.start()
    minted_at = driver.control("GET", "clock")["now"]
    driver.advance(10)
    with driver.browser() as browser:
        browser.get(url)
        browser.get(url)
        browser.get(url)

    entry = driver.minted()
    assert set(entry) == {
        *("id", "merchantIdentifier", "commerceKey", "accountingKey", "companyId", "mintedAt"),
        *("expiresAt", "consumedAt", "refusals", "redirectUrl", "url"),
    }
    assert entry["mintedAt"] == minted_at
    assert entry["consumedAt"] == driver.control("GET", "clock")["now"]
    assert entry["mintedAt"] < entry["consumedAt"] < entry["expiresAt"]
    assert entry["refusals"] == 2
    assert base(url).endswith(entry["id"])


def test_every_call_is_counted_whatever_becomes_of_it(driver: Driver) -> None:
    driver.get("/companies")
    driver.anonymous.get("/companies")
    driver.scenario(operation="companies", status=500)
    driver.get("/meta/companies")

    calls = driver.ledger()["calls"]
    assert calls["companies"] == 3
    assert sum(calls.values()) == 3


def test_a_reset_forgets_everything(driver: Driver) -> None:
    driver.set_up()
    driver.scenario(keyRevoked=True, status=500)
    driver.advance(100)
    driver.control("POST", "reset")

    assert driver.ledger()["minted"] == []
    assert set(driver.ledger()["calls"].values()) == {0}
    assert driver.control("GET", "clock")["aheadSeconds"] == 0
    assert driver.ok("GET", "/companies")["totalResults"] == 0


def test_paths_that_the_control_plane_does_not_have(driver: Driver) -> None:
    assert driver.anonymous.get("/_simulator/nothing").status_code == 404

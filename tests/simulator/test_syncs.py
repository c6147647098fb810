"""Syncs: asked for, running, finished, refused."""

from typing import Any

import pytest

from tests.simulator.driving import NOBODY, Driver


def paths(company: Any) -> tuple[str, str, str, str]:
    base = f"/companies/{company['id']}/sync/commerce"
    return f"{base}/latest", f"/meta{base}/historic", f"/meta{base}/status", f"{base}/syncs"


def test_a_sync_takes_a_while(driver: Driver) -> None:
    driver.control("POST", "clock", {"frozen": True})
    company = driver.set_up()
    latest, _, status, syncs = paths(company)
    summary = driver.ok("POST", latest)

    assert (summary["syncStatusCode"], summary["syncStatus"]) == (1000, "Started")
    assert summary["companyId"] == company["id"]
    assert {item["status"] for item in summary["dataConnections"]} == {"Linked"}
    driver.refused(404, "GET", f"{syncs}/lastSuccessful/status")
    driver.advance(5)
    done = driver.ok("GET", status)
    assert (done["syncStatusCode"], done["dataPushed"]) == (2000, True)
    assert done["syncId"] == done["commerceSyncId"] == summary["commerceSyncId"]
    assert done["dataConnections"][0]["lastSync"] is not None
    one = driver.ok("GET", f"{syncs}/{done['syncId']}/status")
    assert one == driver.ok("GET", f"{syncs}/latest/status")
    assert one == driver.ok("GET", f"{syncs}/lastSuccessful/status")
    assert [one] == driver.ok("GET", f"{syncs}/list/status")
    assert driver.ok("GET", f"/companies/{company['id']}")["lastSync"] is not None


def test_the_next_sync_begins_where_the_last_one_ended(driver: Driver) -> None:
    driver.control("POST", "clock", {"frozen": True})
    latest, _, _, syncs = paths(driver.set_up())
    first = driver.ok("POST", latest)
    driver.advance(60)

    second = driver.ok("POST", latest)

    assert second["syncDateRangeUtc"]["start"] == first["syncDateRangeUtc"]["finish"]
    driver.advance(5)
    nothing_new = driver.ok("POST", latest, {"syncTo": second["syncDateRangeUtc"]["finish"]})
    driver.advance(5)
    run = driver.ok("GET", f"{syncs}/{nothing_new['syncId']}/status")
    assert (run["syncStatusCode"], run["dataPushed"]) == (2040, False)


def test_ranges_that_overlap_are_refused_by_the_sync(driver: Driver) -> None:
    _, historic, _, _ = paths(driver.set_up())
    january = {"dateRange": {"start": "2022-01-01", "finish": "2022-02-01"}}
    docs_form = {"start": "2022-02-01T00:00:00", "end": "2022-03-01T00:00:00+01:00"}

    assert driver.ok("POST", historic, january)["syncStatusCode"] == 1000
    assert driver.ok("POST", historic, january)["syncStatusCode"] == 5080
    assert driver.ok("POST", historic, docs_form)["syncStatusCode"] == 1000
    driver.advance(6)
    assert driver.ok("POST", historic, january)["syncStatusCode"] == 5080


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start": "2022-01-01"},
        {"dateRange": {"start": "2022-01-01"}},
        {"dateRange": {"start": "soon", "finish": "2022-01-01"}},
        {"dateRange": {"start": "2022-01-02", "finish": "2022-01-01"}},
        {"dateRange": {"start": "0001-01-01T00:00:00+14:00", "finish": "2022-01-01"}},
    ],
)
def test_ranges_that_are_none(driver: Driver, body: object) -> None:
    company = driver.company()
    _, historic, _, syncs = paths(company)

    driver.refused(400, "POST", historic, body)
    driver.refused(400, "POST", paths(company)[0], {"syncTo": "soon"})
    assert driver.ok("GET", f"{syncs}/list/status") == []


def test_without_a_configuration_a_sync_fails(driver: Driver) -> None:
    latest, _, status, _ = paths(driver.company())

    assert driver.ok("POST", latest)["syncStatusCode"] == 4000
    assert driver.ok("GET", status)["errorMessage"] == "Sync is not configured or not enabled."


def test_without_a_linked_connection_a_sync_fails(driver: Driver) -> None:
    company = driver.set_up()
    connection = company["dataConnections"][0]
    path = f"/companies/{company['id']}/connections/{connection['id']}"
    driver.ok("PATCH", path, {"status": "Unlinked"})

    assert driver.ok("POST", paths(company)[0])["syncStatusCode"] == 4040


def test_syncs_that_there_are_not(driver: Driver) -> None:
    _, _, status, syncs = paths(driver.company())

    driver.refused(404, "GET", status)
    for which in ("latest", "lastSuccessful", NOBODY):
        driver.refused(404, "GET", f"{syncs}/{which}/status")
    driver.refused(404, "GET", f"/companies/{NOBODY}/sync/commerce/syncs/list/status")

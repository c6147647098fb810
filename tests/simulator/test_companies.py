"""Companies and connections, in both path families."""

import pytest

from tests.simulator.driving import MERCHANT, NOBODY, Driver


def test_a_company_lives_and_dies(driver: Driver) -> None:
    body = {"name": "Bank (of) Dave", "description": "first", "tags": {"region": "north"}}
    company = driver.ok("POST", "/companies", body)
    path = f"/companies/{company['id']}"

    assert company["name"] == "Bank of Dave"
    assert company["redirect"].endswith(f"/company/{company['id']}")
    assert company["dataConnections"] == company["referenceSubsidiaryCompanies"] == []
    assert driver.ok("GET", path) == company
    changed = driver.ok("PATCH", path, {"description": "second"})
    assert changed == {**company, "description": "second"}
    assert driver.ok("PATCH", path, {"name": "Dave"})["tags"] == {"region": "north"}
    assert driver.ok("PATCH", path, {"tags": None})["tags"] == {}
    replaced = driver.ok("PUT", path, {"name": "Other", "tags": {"a": "b"}})
    assert (replaced["name"], replaced["description"]) == ("Other", None)
    assert replaced["tags"] == {"a": "b"}
    gone = driver.api.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert driver.refused(404, "GET", path)["error"] == (
        f"No company was found with ID {company['id']}"
    )


def test_the_start_call_finds_companies_by_their_present_name(driver: Driver) -> None:
    first, second = driver.company("one"), driver.company("one")
    driver.start("one")
    assert driver.minted()["companyId"] == first["id"]
    driver.ok("PATCH", f"/companies/{first['id']}", {"name": "two"})
    driver.start("one")
    assert driver.minted()["companyId"] == second["id"]
    driver.api.delete(f"/companies/{second['id']}")
    driver.start("one")
    assert driver.minted()["companyId"] not in (first["id"], second["id"])


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"name": 3},
        {"name": ""},
        {"name": "###"},
        {"name": "a", "tags": {"k" * 28: "v"}},
        {"name": "a", "tags": {"": "v"}},
        {"name": "a", "tags": {"k": "v" * 101}},
        {"name": "a", "tags": {str(number): "v" for number in range(11)}},
    ],
)
def test_what_is_no_company_is_refused(driver: Driver, body: object) -> None:
    assert driver.refused(400, "POST", "/companies", body)["validation"]["errors"]
    assert driver.ok("GET", "/companies")["totalResults"] == 0


def test_a_bad_replacement_changes_nothing(driver: Driver) -> None:
    company = driver.company()
    path = f"/companies/{company['id']}"

    driver.refused(400, "PUT", path, {"name": "other", "tags": {"": ""}})
    driver.refused(400, "PATCH", path, {"name": "#"})
    assert driver.ok("GET", path) == company


def test_version_1_creates_companies_with_the_connector(driver: Driver) -> None:
    company = driver.ok("POST", "/meta/companies/sync", {"name": MERCHANT})

    assert [item["integrationKey"] for item in company["dataConnections"]] == ["lqai"]
    assert driver.ok("GET", "/meta/companies")["results"] == [company]


@pytest.mark.parametrize("prefix", ["", "/meta"])
def test_a_connection_lives_and_dies(driver: Driver, prefix: str) -> None:
    company = driver.company()
    path = f"{prefix}/companies/{company['id']}/connections"
    connection = driver.ok("POST", path, {"platformKey": "gbol"})
    one = f"{path}/{connection['id']}"

    assert connection["status"] == "PendingAuth"
    assert connection["integrationKey"] == "gbol"
    assert connection["sourceType"] == "Accounting"
    assert connection["platformName"] == "Xero"
    assert connection["linkUrl"].startswith(f"{driver.running.sync_flow_url}/link/")
    assert driver.ok("GET", one) == connection
    assert driver.ok("GET", path)["results"] == [connection]
    driver.refused(400, "PATCH", one, {"status": "Unlinked"})
    assert driver.ok("PUT", f"{one}/authorization", {"a": "b"})["status"] == "Linked"
    assert driver.ok("GET", one)["connectionInfo"] == {"a": "b"}
    assert driver.ok("PATCH", one)["status"] == "Linked"
    assert driver.ok("PATCH", one, {"status": None})["status"] == "Linked"
    assert driver.ok("PATCH", one, {"status": "Unlinked"})["status"] == "Unlinked"
    driver.refused(400, "PATCH", one, {"status": "Linked"})
    gone = driver.api.delete(one)
    assert (gone.status_code, gone.content) == (200, b"")
    assert driver.refused(404, "GET", one)["error"] == (
        f"Data connection {connection['id']} not found"
    )


def test_version_1_takes_a_bare_string(driver: Driver) -> None:
    company = driver.company()
    path = f"/meta/companies/{company['id']}/connections"

    assert driver.ok("POST", path, "fztf")["platformName"] == "Shopify"


def test_connections_need_a_company_and_an_integration(driver: Driver) -> None:
    company = driver.company()
    path = f"/companies/{company['id']}/connections"

    driver.refused(404, "GET", f"/companies/{NOBODY}/connections")
    driver.refused(404, "POST", f"/companies/{NOBODY}/connections", {"platformKey": "gbol"})
    driver.refused(404, "POST", path, {"platformKey": "zzzz"})
    driver.refused(400, "POST", path, {"key": "gbol"})
    driver.refused(404, "PUT", f"{path}/{NOBODY}/authorization", {})


def test_an_authorization_is_a_flat_object_of_strings(driver: Driver) -> None:
    company = driver.company()
    path = f"/companies/{company['id']}/connections"
    connection = driver.ok("POST", path, {"platformKey": "lqai"})

    driver.refused(400, "PUT", f"{path}/{connection['id']}/authorization", {"a": {"b": "c"}})
    assert driver.ok("GET", path)["results"][0]["status"] == "PendingAuth"
    assert driver.ok("PUT", f"{path}/{connection['id']}/authorization")["status"] == "Linked"

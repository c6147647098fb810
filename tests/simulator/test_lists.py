"""Pages, queries and order."""

from typing import Any

import pytest

from tests.simulator.driving import Driver


ACCOUNTING = {
    *("Exact (NL)", "Exact (UK)", "FreeAgent", "FreshBooks", "MYOB (Business)", "NetSuite"),
    *("QuickBooks Desktop", "QuickBooks Online", "QuickBooks Online Sandbox"),
    *("Sage Accounting", "Sage Intacct", "Sandbox", "Wave", "Xero", "Zoho Books"),
}


def names(listed: Any) -> list[str]:
    return [item["name"] for item in listed["results"]]


def find(driver: Driver, query: str, path: str = "/config/integrations", **more: Any) -> list[str]:
    return names(driver.ok("GET", path, query=query, **more))


@pytest.fixture
def companies(driver: Driver) -> Driver:
    driver.control("POST", "clock", {"frozen": True})
    for name in ("b", "A", "c"):
        company = driver.company(name)
        driver.ok("PATCH", f"/companies/{company['id']}", {"tags": {"letter": name}})
        driver.advance(86400)
    driver.start("A")
    return driver


def test_an_envelope_of_codats_shape(companies: Driver) -> None:
    page = companies.ok("GET", "/companies", page=2, pageSize=1, orderBy="name")

    assert names(page) == ["b"]
    assert (page["pageNumber"], page["pageSize"], page["totalResults"]) == (2, 1, 3)
    assert page["_links"] == {
        "self": {"href": "/companies"},
        "current": {"href": "/companies?page=2&pageSize=1&orderBy=name"},
        "next": {"href": "/companies?page=3&pageSize=1&orderBy=name"},
        "previous": {"href": "/companies?page=1&pageSize=1&orderBy=name"},
    }


def test_the_first_and_only_page(companies: Driver) -> None:
    page = companies.ok("GET", "/meta/companies")

    assert set(page["_links"]) == {"self", "current"}
    assert (page["pageNumber"], page["pageSize"]) == (1, 100)
    assert names(page) == ["b", "A", "c"]


def test_beyond_the_last_page_there_is_nothing(companies: Driver) -> None:
    page = companies.ok("GET", "/companies", page=9, pageSize=2)

    assert (page["results"], page["totalResults"]) == ([], 3)


def test_every_page_once(driver: Driver) -> None:
    everything = driver.ok("GET", "/config/integrations", pageSize=5000)["results"]
    paged = []
    for page in range(1, 6):
        paged += driver.ok("GET", "/config/integrations", page=page, pageSize=7)["results"]

    assert paged == everything


@pytest.mark.parametrize(
    "parameters",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "²"},
        {"page": ""},
        {"pageSize": "0"},
        {"pageSize": "5001"},
        {"pageSize": "1.5"},
    ],
)
def test_pages_out_of_range(driver: Driver, parameters: dict[str, str]) -> None:
    body = driver.refused(400, "GET", "/companies", **parameters)

    assert body["validation"]["errors"][0]["itemId"] == next(iter(parameters))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sourceType=Accounting&&enabled=true", ACCOUNTING),
        ("sourceType = Accounting && enabled = TRUE", ACCOUNTING),
        ("sourceType%3DAccounting%26%26enabled%3Dtrue", ACCOUNTING),
        ("key=gbol||key=qhyg", {"Xero", "QuickBooks Online"}),
        ("name~Sage&&enabled=true", {"Sage Accounting", "Sage Intacct"}),
        ("{key=gbol||key=hbql}&&enabled=true", {"Xero"}),
        ("key=gbol||key=hbql&&enabled=true", {"Xero"}),
        ("{{key=gbol}}", {"Xero"}),
        ("isBeta=true", {"Wave"}),
        ("name=QuickBooks Online", {"QuickBooks Online"}),
        ("name=xero", set()),
        (
            "sourceType!=Accounting&&sourceType!=Commerce",
            {"Basiq"},
        ),
        ("datatypeFeatures.datatype=banking-accounts", {"Basiq"}),
        ("modifiedDate>2020-01-01", set()),
    ],
)
def test_queries_on_integrations(driver: Driver, query: str, found: set[str]) -> None:
    assert set(find(driver, query)) == found


def test_queries_on_companies_and_what_hangs_on_them(companies: Driver) -> None:
    path = "/companies"
    now = companies.control("GET", "clock")["now"]
    listed = companies.ok("GET", path)["results"]
    second = listed[1]

    assert find(companies, "dataConnections.status=PendingAuth", path) == ["A"]
    assert find(companies, "dataConnections.status=Linked", path) == []
    assert find(companies, "tags.letter=c", path) == ["c"]
    assert find(companies, "tags.letter.more=c", path) == []
    assert find(companies, f"created>{second['created']}", path) == ["c"]
    assert find(companies, f"created>={second['created']}", path) == ["A", "c"]
    assert find(companies, f"created<{second['created']}", path) == ["b"]
    assert find(companies, f"created<={second['created']}", path) == ["b", "A"]
    assert find(companies, f"created={second['created']}", path) == ["A"]
    assert find(companies, f"created<{now}", path) == ["b", "A", "c"]
    assert find(companies, "lastSync<2100-01-01", path) == []
    connections = f"/companies/{second['id']}/connections"
    found = companies.ok("GET", connections, query="sourceType=Commerce")["results"]
    assert [item["integrationKey"] for item in found] == ["lqai"]
    links = companies.ok("GET", connections, query="sourceType=Commerce")["_links"]
    assert links["self"]["href"] == connections
    assert links["current"]["href"].endswith("&query=sourceType%3DCommerce")


@pytest.mark.parametrize(
    "query",
    [
        "enabled",
        "=true",
        "enabled=",
        "enabled=maybe",
        "enabled=true&&",
        "enabled=true||&&isBeta=true",
        "{enabled=true",
        "enabled=true}",
        "enabled~tru",
        "name>a",
        "enabled>true",
        "modifiedDate>soon",
        "{" * 51 + "enabled=true" + "}" * 51,
        "x" * 2048,
    ],
)
def test_malformed_queries(driver: Driver, query: str) -> None:
    body = driver.refused(400, "GET", "/config/integrations", query=query)

    assert body["service"] == "ClientsApi"
    assert body["error"] == "Error parsing query - Malformed query."


def test_properties_that_there_are_not(driver: Driver) -> None:
    body = driver.refused(400, "GET", "/config/integrations", query="isCompleted=true")
    assert body["error"] == (
        "Error parsing query - Could not resolve property isCompleted on Dataset"
    )
    driver.refused(400, "GET", "/companies", orderBy="nonsense")


def test_order(companies: Driver) -> None:
    def order(by: str) -> list[str]:
        return names(companies.ok("GET", "/companies", orderBy=by))

    assert order("name") == ["A", "b", "c"]
    assert order("-name") == ["c", "b", "A"]
    assert order("-created") == ["c", "A", "b"]
    # Where nobody has the property, the order stays.
    assert order("modifiedDate") == ["b", "A", "c"]
    assert order("dataConnections.status") == ["b", "c", "A"]


def test_queries_are_ignored_when_the_scenario_says_so(driver: Driver) -> None:
    driver.scenario(ignoreQuery=True)

    assert len(find(driver, "key=gbol")) > 30

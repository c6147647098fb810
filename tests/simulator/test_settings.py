"""Configuration, texts and visible accounts."""

from typing import Any

import pytest

from tests.simulator.driving import NOBODY, Driver


TEXTS = "/sync/commerce/config/ui/text"
ACCOUNTS = "/sync/commerce/config/ui/accounts/platform/lqai"


def configuration_of(company: Any) -> str:
    return f"/config/companies/{company['id']}/sync/commerce"


def with_both_linked(driver: Driver) -> Any:
    company = driver.company()
    path = f"/companies/{company['id']}/connections"
    for key in ("lqai", "gbol"):
        connection = driver.ok("POST", path, {"platformKey": key})
        driver.ok("PUT", f"{path}/{connection['id']}/authorization", {})
    return company


COMPLETE: Any = {
    "enable": True,
    "schedule": {"selectedFrequency": "Daily"},
    "configuration": {
        "sales": {
            "salesCustomer": {"selectedCustomerId": "customer-1"},
            "grouping": {"groupingPeriod": {"selectedGroupingPeriod": "Daily"}},
            "invoiceStatus": {"selectedInvoiceStatus": "Submitted"},
            "taxRates": {rate: {"selectedTaxRateId": "tax-20"} for rate in ("0", "5", "10", "20")},
            "accounts": {
                "sales": {"selectedAccountId": "account-200"},
                "refund": {"selectedAccountId": "account-200"},
            },
        },
        "payments": {"accounts": {"card": {"selectedAccountId": "account-090"}}},
    },
}


def test_a_configuration_is_blank_at_first(driver: Driver) -> None:
    path = configuration_of(driver.company())
    body = driver.ok("GET", path)

    assert body["enable"] is body["enabled"] is body["configured"] is False
    assert body["configuration"]["mapSettings"]["outputFormat"] == "JournalEntry"
    # Version 1 of the SDK looks for the parts at the top.
    assert body["sales"] == body["configuration"]["sales"]
    assert body["newPayments"] == body["payments"]
    assert driver.ok("POST", path) == body
    driver.refused(404, "GET", f"/config/companies/{NOBODY}/sync/commerce")


def test_a_complete_configuration_is_taken(driver: Driver) -> None:
    path = configuration_of(with_both_linked(driver))

    body = driver.ok("POST", path, COMPLETE)

    assert body["enabled"] is body["configured"] is True
    assert driver.ok("GET", path) == body
    off = driver.ok("POST", path, {"enabled": False})
    assert (off["enabled"], off["configured"]) == (False, True)


def test_what_the_api_shows_can_be_sent_back(driver: Driver) -> None:
    path = configuration_of(driver.set_up())
    body = driver.ok("GET", path)

    assert driver.ok("POST", path, body) == body


def test_a_part_can_be_set_before_the_rest(driver: Driver) -> None:
    path = configuration_of(driver.company())

    body = driver.ok("POST", path, {"schedule": {"syncHour": 3}})

    assert body["schedule"]["syncHour"] == 3
    assert body["configured"] is False


def broken(part: dict[str, Any]) -> dict[str, Any]:
    return {"configuration": part}


@pytest.mark.parametrize(
    ("part", "item"),
    [
        ({"enable": "yes"}, "enabled"),
        ({"schedule": {"selectedFrequency": "Hourly"}}, "selectedFrequency"),
        ({"schedule": {"selectedFrequency": None}}, "schedule"),
        (
            broken({"sales": {"salesCustomer": {"selectedCustomerId": "nobody"}}}),
            "selectedCustomerId",
        ),
        (broken({"sales": {"salesCustomer": {"selectedCustomerId": None}}}), "salesCustomer"),
        (
            broken({"sales": {"grouping": {"groupingPeriod": {"selectedGroupingPeriod": None}}}}),
            "grouping",
        ),
        (
            broken({"sales": {"invoiceStatus": {"selectedInvoiceStatus": None}}}),
            "invoiceStatus",
        ),
        (
            broken(
                {
                    "sales": {"invoiceStatus": {"selectedInvoiceStatus": "Draft"}},
                    "payments": {"syncPayments": True},
                }
            ),
            "invoiceStatus",
        ),
        (broken({"sales": {"taxRates": {"5": {"selectedTaxRateId": None}}}}), "taxRates"),
        (broken({"fees": {"syncFees": True}}), "fees"),
        (
            broken({"fees": {"syncFees": True}, "payments": {"syncPayments": True}}),
            "feesSupplier",
        ),
        (
            broken({"payments": {"accounts": {"card": {"selectedAccountId": None}}}}),
            "payments-card",
        ),
        (
            broken({"payments": {"accounts": {"payout": {"selectedAccountId": "account-090"}}}}),
            "payout",
        ),
        (
            broken(
                {
                    "sales": {"accounts": {"prepaid": {"selectedAccountId": "account-310"}}},
                    "payments": {
                        "accounts": {"prepaidPayment": {"selectedAccountId": "account-310"}}
                    },
                }
            ),
            "prepaid",
        ),
    ],
)
def test_broken_rules_are_named(driver: Driver, part: Any, item: str) -> None:
    path = configuration_of(with_both_linked(driver))
    before = driver.ok("POST", path, COMPLETE)

    body = driver.refused(400, "POST", path, part)

    assert item in {error["itemId"] for error in body["validation"]["errors"]}
    assert driver.ok("GET", path) == before


def test_enabling_needs_both_connections(driver: Driver) -> None:
    path = configuration_of(driver.company())

    body = driver.refused(400, "POST", path, COMPLETE)

    assert [error["itemId"] for error in body["validation"]["errors"]] == ["dataConnections"]
    driver.refused(400, "POST", path, [1])


@pytest.mark.parametrize(
    "part",
    [
        {"nonsense": 1},
        {"configuration": {"sales": 3}},
        {"configuration": {"sales": {"syncSales": "yes"}}},
        {"configuration": {"sales": {"salesCustomer": {"selectedCustomerId": 3}}}},
        {"configuration": {"sales": {"newTaxRates": {"taxRateMappings": {}}}}},
        {"schedule": {"syncHour": 24}},
        {"schedule": {"syncHour": True}},
        {"schedule": {"startDate": "soon"}},
        {"schedule": {"startDate": None}},
        {"schedule": []},
        {"configuration": {"sales": {"accounts": {"sales": "account-200"}}}},
    ],
)
def test_a_part_of_the_wrong_shape_is_refused(driver: Driver, part: Any) -> None:
    path = configuration_of(driver.company())
    before = driver.ok("GET", path)

    driver.refused(400, "POST", path, part)

    assert driver.ok("GET", path) == before


def test_what_is_offered_is_not_the_callers_to_say(driver: Driver) -> None:
    path = configuration_of(driver.company())
    before = driver.ok("GET", path)
    part = {"configuration": {"countryCode": None}, "schedule": {"frequencyOptions": ["Hourly"]}}

    body = driver.ok("POST", path, {**part, "configured": True})

    assert body["schedule"] == before["schedule"]
    assert body["configured"] is False
    assert driver.ok("POST", path, {"configuration": None}) == body


def test_texts_have_defaults_and_change_one_by_one(driver: Driver) -> None:
    title = "configure-content-sales-title"
    texts = driver.ok("GET", TEXTS, locale="en-us")

    assert (
        texts["configure-setupSidebar=checkboxes-syncSchedule"]["text"] == "Set up sync schedule"
    )
    assert texts["configure-content-sales-accounts-entries-sales"]["required"]
    assert not texts[title]["required"]
    changed = driver.ok(
        "PATCH", TEXTS, {title: "Takings", "configure-misc-nextButton": {"text": ""}}
    )
    assert changed[title]["text"] == "Takings"
    assert changed["configure-misc-nextButton"]["text"] == ""
    assert driver.ok("GET", TEXTS) == changed
    assert driver.ok("GET", TEXTS, locale="fr-fr")[title]["text"] == "Sales"
    assert driver.ok("PATCH", TEXTS, {title: None})[title]["text"] == "Sales"
    assert driver.ok("PATCH", TEXTS, {title: {"text": None}})[title]["text"] == "Sales"


def test_texts_that_there_are_not(driver: Driver) -> None:
    driver.refused(400, "GET", TEXTS, locale="de-de")
    driver.refused(400, "PATCH", TEXTS, {}, locale="de-de")
    body = driver.refused(400, "PATCH", TEXTS, {"nonsense": "a"})
    assert body["validation"]["errors"][0]["itemId"] == "nonsense"
    driver.refused(400, "PATCH", TEXTS, {"configure-misc-nextButton": 3})


@pytest.mark.parametrize("read", [ACCOUNTS, f"/clients/{NOBODY}/config/ui/accounts/platform/lqai"])
def test_visible_accounts(driver: Driver, read: str) -> None:
    assert driver.ok("GET", read) == {"visibleAccounts": None}
    assert driver.ok("POST", ACCOUNTS, {"visibleAccounts": ["a"]}) == {"visibleAccounts": ["a"]}
    assert driver.ok("GET", read) == {"visibleAccounts": ["a"]}
    assert driver.ok("POST", ACCOUNTS, {"visibleAccounts": []}) == {"visibleAccounts": []}
    assert driver.ok("POST", ACCOUNTS, {}) == {"visibleAccounts": None}
    assert driver.ok("POST", ACCOUNTS) == {"visibleAccounts": None}
    driver.refused(404, "GET", read.replace("lqai", "zzzz"))
    driver.refused(404, "POST", ACCOUNTS.replace("lqai", "zzzz"), {})

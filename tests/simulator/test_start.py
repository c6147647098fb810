"""The start call: whom it takes for whom, and what it mints."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulator.driving import MERCHANT, NOBODY, RETURN_URL, Driver, refusal


def test_it_mints_a_url_of_codats_shape(driver: Driver) -> None:
    url = driver.start("demo merchant", redirectUrl=RETURN_URL)

    parts = urlsplit(url)
    query = parse_qs(parts.query)
    entry = driver.minted()
    assert f"{parts.scheme}://{parts.netloc}" == driver.running.sync_flow_url
    assert parts.path == f"/{entry['id']}/lqai/gbol/start"
    assert query["merchantIdentifier"] == ["demo merchant"]
    assert query["redirectUrl"] == [RETURN_URL]
    assert len(query["otp"][0]) == 6
    assert "demo%20merchant" in url
    assert entry["url"] == url
    assert entry["merchantIdentifier"] == "demo merchant"
    assert (entry["commerceKey"], entry["accountingKey"]) == ("lqai", "gbol")
    assert entry["redirectUrl"] == RETURN_URL
    assert entry["consumedAt"] is None
    assert entry["refusals"] == 0


def test_it_creates_the_company_and_both_connections_once(driver: Driver) -> None:
    driver.start()
    driver.start()

    (company,) = driver.ok("GET", "/companies")["results"]
    assert company["name"] == MERCHANT
    assert driver.statuses(company["id"]) == {"lqai": "PendingAuth", "gbol": "PendingAuth"}


def test_a_known_company_id_means_that_company(driver: Driver) -> None:
    company = driver.company("Bank of Dave")

    driver.start(company["id"])

    assert driver.minted()["companyId"] == company["id"]
    assert driver.ok("GET", "/companies")["totalResults"] == 1


def test_an_unknown_id_is_a_name_like_any_other(driver: Driver) -> None:
    driver.start(NOBODY)

    assert driver.ok("GET", "/companies")["results"][0]["name"] == NOBODY


def test_names_are_stripped_as_codat_strips_them(driver: Driver) -> None:
    driver.start("Company (Codat[1])")
    driver.start("Company Codat1")

    (company,) = driver.ok("GET", "/companies")["results"]
    assert company["name"] == "Company Codat1"


def test_a_name_of_which_nothing_is_left_is_refused(driver: Driver) -> None:
    body = driver.refused(
        400, "GET", "/config/sync/commerce/lqai/gbol/start", merchantIdentifier="___"
    )

    assert body["validation"]["errors"][0]["itemId"] == "Company"


def test_without_a_merchant_every_call_makes_a_company(driver: Driver) -> None:
    driver.start(None)
    url = driver.start(None)

    assert "merchantIdentifier" not in url
    assert driver.ok("GET", "/companies")["totalResults"] == 2


@pytest.mark.parametrize(
    ("keys", "culprit"),
    [
        ("gbol/lqai", "gbol"),
        ("lqai/zzzz", "zzzz"),
        ("zzzz/gbol", "zzzz"),
        ("lqai/hbql", "hbql"),
        ("lqai/fztf", "fztf"),
        ("lqai/dfxm", "dfxm"),
    ],
    ids=["swapped", "unknown", "unknown connector", "not enabled", "wrong side", "a bank"],
)
def test_keys_must_be_known_enabled_and_on_their_side(
    driver: Driver, keys: str, culprit: str
) -> None:
    body = driver.refused(
        404, "GET", f"/config/sync/commerce/{keys}/start", merchantIdentifier=MERCHANT
    )

    assert body["error"] == f"Integration {culprit} not found"
    assert driver.ledger()["minted"] == []
    assert driver.ok("GET", "/companies")["totalResults"] == 0


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)",
        "/relative",
        "ftp://a.test/",
        "http://",
        "//a.test/",
        "http://[",
        "a b",
    ],
)
def test_a_redirect_url_that_leads_nowhere_is_ignored(driver: Driver, given: str) -> None:
    url = driver.start(redirectUrl=given)

    assert "redirectUrl" not in url
    assert driver.minted()["redirectUrl"] is None


def test_a_line_break_in_a_redirect_url_is_ignored(driver: Driver) -> None:
    driver.start(redirectUrl="http://a.test/\r\nSet-Cookie: a=b")

    assert driver.minted()["redirectUrl"] is None


def test_parallel_starts_for_a_new_merchant_make_one_company(driver: Driver) -> None:
    with ThreadPoolExecutor(64) as pool:
        urls = list(pool.map(lambda _: driver.start(), range(64)))

    assert len(set(urls)) == 64
    assert driver.ok("GET", "/companies")["totalResults"] == 1
    assert driver.ledger()["calls"]["start"] == 64
    codes = {parse_qs(urlsplit(url).query)["otp"][0] for url in urls}
    assert len(codes) == 64


def test_values_come_raw_when_the_scenario_says_so(driver: Driver) -> None:
    driver.scenario(rawSpaces=True)

    url = driver.start("demo merchant", redirectUrl=RETURN_URL)

    assert "?merchantIdentifier=demo merchant&otp=" in url
    assert url.endswith(f"&redirectUrl={RETURN_URL}")


def test_slugs_stand_in_the_path_when_the_scenario_says_so(driver: Driver) -> None:
    driver.scenario(slugs=True)

    assert "/partnercommerce/xero/start?" in driver.start()


def test_one_url_again_and_again_when_the_scenario_says_so(driver: Driver) -> None:
    driver.scenario(repeatUrl=True)

    assert driver.start() == driver.start()
    assert driver.start() != driver.start("another")
    assert len(driver.ledger()["minted"]) == 2


def test_a_company_for_each_start_when_the_scenario_says_so(driver: Driver) -> None:
    driver.scenario(companyReuse=False)
    driver.start()
    driver.start()

    listed = driver.ok("GET", "/companies", query=f"name={MERCHANT}")
    assert listed["totalResults"] == 2
    known = listed["results"][1]["id"]
    driver.start(known)
    assert driver.minted()["companyId"] == known


def test_other_commerce_keys_work_as_well(driver: Driver) -> None:
    assert "/aiwb/mqjo/start?" in driver.start(keys="aiwb/mqjo")


def test_nothing_happens_without_the_key(driver: Driver) -> None:
    response = driver.anonymous.get("/config/sync/commerce/lqai/gbol/start")

    assert refusal(response, 401)["error"] == "Unauthorized"
    assert driver.ledger()["minted"] == []
    assert driver.ledger()["calls"]["start"] == 1

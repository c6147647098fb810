"""Integrations, branding and pictures."""

import struct

import httpx
import pytest

from adapters.codat_simulator import catalogue_data, operations
from adapters.codat_simulator.catalogue import catalogue_for
from tests.simulator.driving import Driver


def test_the_list_holds_what_a_picker_has_to_sort_out(driver: Driver) -> None:
    listed = driver.ok("GET", "/config/integrations", pageSize=5000)["results"]

    by_key = {item["key"]: item for item in listed}
    supported = [entry.key for entry in catalogue_data.SUPPORTED]
    assert len(supported) == 11
    assert all(by_key[key]["enabled"] for key in supported)
    assert by_key["lqai"]["enabled"]
    assert by_key["lqai"]["name"] == "Partner Commerce"
    assert by_key["lqai"]["sourceType"] == "Commerce"
    assert by_key["akxx"]["enabled"]
    assert not by_key["hbql"]["enabled"]
    assert by_key["pqsw"]["isOfflineConnector"]
    assert by_key["gbol"]["sourceId"] == "8a156a5a-39cb-4f9d-856e-76ef9b9a9607"
    assert by_key["gbol"]["integrationId"] == "0f20c943-12d0-4800-9f6c-d218f62d494c"
    feature = by_key["gbol"]["datatypeFeatures"][0]
    assert feature["datatype"] == feature["dataType"] == "chartOfAccounts"


@pytest.mark.parametrize("prefix", ["/config/integrations", "/integrations"])
def test_both_forms_of_the_path(driver: Driver, prefix: str) -> None:
    assert driver.ok("GET", prefix)["totalResults"] == len(catalogue_data.ENTRIES) + 1
    assert driver.ok("GET", f"{prefix}/gbol")["name"] == "Xero"
    assert "logo" in driver.ok("GET", f"{prefix}/gbol/branding")
    driver.refused(404, "GET", f"{prefix}/zzzz")
    driver.refused(404, "GET", f"{prefix}/zzzz/branding")


def test_branding_has_codats_shape(driver: Driver) -> None:
    branding = driver.ok("GET", "/config/integrations/gbol/branding")

    origin = f"{driver.running.api_url}/public/officialLogos/Full"
    assert branding == {
        "logo": {
            "full": {"image": {"src": f"{origin}/Xero_Full.png", "alt": "xero full icon"}},
            "square": {"image": {"src": f"{origin}/Xero_Square.png", "alt": "xero square icon"}},
        },
        "button": {},
        "sourceId": "8a156a5a-39cb-4f9d-856e-76ef9b9a9607",
    }


def test_only_quickbooks_online_has_buttons(driver: Driver) -> None:
    with_buttons = [
        entry.key
        for entry in catalogue_data.ENTRIES
        if driver.ok("GET", f"/config/integrations/{entry.key}/branding")["button"]
    ]

    assert with_buttons == ["qhyg"]
    button = driver.ok("GET", "/config/integrations/qhyg/branding")["button"]
    assert set(button) == {"default", "hover"}


def test_every_picture_is_there_for_everybody(driver: Driver) -> None:
    urls = set()
    for item in driver.ok("GET", "/config/integrations", pageSize=100)["results"]:
        urls.add(item["logoUrl"])
        branding = driver.ok("GET", f"/config/integrations/{item['key']}/branding")
        images = [*branding["logo"].values(), *branding["button"].values()]
        urls |= {image["image"]["src"] for image in images}

    for url in urls:
        picture = driver.anonymous.get(url)
        assert picture.status_code == 200, url
        assert picture.headers["content-type"] == "image/png"
        assert picture.headers["cache-control"] == "public, max-age=86400"
        assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", picture.content[16:24])
        assert width >= height >= 100
    assert driver.ledger()["calls"]["images"] == len(urls)
    missing = driver.anonymous.get("/public/platforms/zzzz.png")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("key", "side", "name", "source_type"),
    [
        ("lqai", "commerce", "Partner Commerce", "Commerce"),
        ("dfxm", "accounting", "Accounting Package", "Accounting"),
        ("abcd", "commerce", "Partner Commerce", "Commerce"),
        ("abcd", "accounting", "Partner Accounting", "Accounting"),
        ("gbol", "commerce", "Partner Commerce", "Commerce"),
    ],
)
def test_any_key_can_be_the_connectors(key: str, side: str, name: str, source_type: str) -> None:
    catalogue = catalogue_for(key, side, "http://api.test")

    connector = catalogue.integrations[key]
    assert (connector.name, connector.source_type) == (name, source_type)
    assert catalogue.usable(key, source_type)
    assert catalogue.pictures[f"platforms/{key}.png"] == "connector-square.png"


def test_every_handler_names_an_operation_that_exists() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        operations.named("nonsense")


def test_paths_and_methods_that_do_not_exist(driver: Driver) -> None:
    driver.refused(404, "GET", "/nothing/here")
    response: httpx.Response = driver.api.delete("/companies")
    assert response.status_code == 405
    assert response.json()["error"] == "Method not allowed"
    assert "GET" in response.headers["allow"]
    assert response.headers["x-rate-limit-limit"] == "1000"

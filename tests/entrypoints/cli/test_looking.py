"""`integrations`, `branding` and `doctor`: what somebody does who wonders how things are."""

import datetime as dt
from contextlib import AbstractAsyncContextManager, nullcontext

import pytest

from domain.errors import (
    CodatAnswerInvalid,
    CodatKeyRefused,
    CodatUnavailable,
    StorageUnavailable,
)
from domain.ids import PlatformKey
from domain.model.integration import Branding, SourceType
from tests.entrypoints.cli.desk import Desk
from tests.fakes.codat import logos, reported
from tests.support import make_environ


class Closed(AbstractAsyncContextManager[None]):
    """A store that cannot be opened."""

    async def __aenter__(self) -> None:
        raise StorageUnavailable("there is no database here")

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""


def dress_everything(desk: Desk) -> None:
    for key, name in (("fbrh", "FreeAgent"), ("tgff", "Sage"), ("qhyg", "QBO"), ("gbol", "Xero")):
        desk.world.codat.brandings[PlatformKey(key)] = logos(name)


def test_integrations_shows_what_is_on_offer_and_how(desk: Desk) -> None:
    answer = desk.type("integrations")

    assert (0, "") == (answer.code, answer.err)
    offered, left_out = answer.out.split("Left out:")
    assert "On offer (as of 0 seconds ago, 2026-11-23 09:00:00 UTC):\n" in offered
    assert ["gbol", "Xero", "available", "yes"] in [line.split() for line in offered.splitlines()]
    assert "tgff  Sage Accounting    comingSoon    no\n" in offered
    assert "akxx  NetSuite" in left_out
    assert "Sync for Commerce does not support it" in left_out


def test_integrations_never_offers_the_connector(desk: Desk) -> None:
    answer = desk.type("integrations")
    offered, left_out = answer.out.split("Left out:")
    document = desk.type("integrations", "--json").json

    assert "lqai" not in offered
    assert "lqai  Partner Commerce           it is the connector\n" in left_out
    assert "lqai" not in {integration["key"] for integration in document["integrations"]}
    assert "it is the connector" in {entry["why"] for entry in document["leftOut"]}


def test_integrations_as_json_is_as_in_the_http_api(desk: Desk) -> None:
    document = desk.type("integrations", "--json").json

    assert {"integrations", "leftOut"} == set(document)
    freeagent = next(i for i in document["integrations"] if i["key"] == "fbrh")
    expected = {
        "key": "fbrh",
        "name": "FreeAgent",
        "sourceType": "Accounting",
        "availability": "available",
        "branding": {"logo": {}, "button": {}},
    }
    assert expected == freeagent


def test_integrations_says_when_it_is_the_last_known_list(desk: Desk) -> None:
    desk.type("integrations")
    listed = desk.world.cache.listed
    assert listed.copy is not None
    listed.copy = type(listed.copy)(
        value=listed.copy.value, fetched_at=listed.copy.fetched_at, last_known=True
    )
    desk.world.clock.advance(60)

    answer = desk.type("integrations", "--json")

    assert {"asOf": "2026-11-23T09:00:00Z"} == answer.json["lastKnown"]
    assert "Codat does not answer: this is the last known list.\n" == answer.err


def test_integrations_without_codat_and_without_a_copy_is_refused(desk: Desk) -> None:
    desk.world.codat.fail_always("integrations", CodatUnavailable())

    answer = desk.type("integrations")

    assert (1, "") == (answer.code, answer.out)
    assert "Codat is not available at the moment." in answer.err


def test_branding_warm_fetches_everything(desk: Desk) -> None:
    answer = desk.type("branding", "warm")

    assert (0, "Fetched the branding of 4 integrations.\n") == (answer.code, answer.out)
    assert "Branding" in answer.err
    assert 4 == desk.world.codat.calls["branding"]


def test_branding_warm_tells_which_ones_failed(desk: Desk) -> None:
    desk.world.codat.fail_next("branding", CodatUnavailable())

    answer = desk.type("branding", "warm", "--json")

    assert 1 == answer.code
    failed = [row for row in answer.json["warmed"] if not row["fetched"]]
    expected = {
        "key": "fbrh",
        "name": "FreeAgent",
        "fetched": False,
        "error": str(CodatUnavailable()),
    }
    assert [expected] == failed
    assert "Not that of FreeAgent (fbrh): Codat is not available" in answer.err


def test_branding_warm_fetches_the_pictures_and_tells_which_ones_are_missing(desk: Desk) -> None:
    full = "https://static.codat.io/public/officialLogos/Full/Xero_Full.png"
    reason = CodatAnswerInvalid(reason="its picture cannot be shown: it is damaged")
    desk.world.picture_source.errors[full] = reason

    answer = desk.type("branding", "warm", "--json")

    assert 1 == answer.code
    assert all(row["fetched"] for row in answer.json["warmed"])
    lacking = {row["key"]: row.get("missingPictures") for row in answer.json["warmed"]}
    assert {"gbol": {"logoFull": str(reason)}} == {key: why for key, why in lacking.items() if why}
    assert f"Not the picture logoFull of Xero (gbol): {reason}\n" in answer.err
    assert 4 == desk.world.picture_source.fetched.total()


def test_branding_warm_leaves_pictures_alone_that_nobody_loads_from_here(
    desk: Desk,
) -> None:
    desk.environ["TILLBRIDGE_LOGO_DELIVERY"] = "direct"

    answer = desk.type("branding", "warm")

    assert (0, "Fetched the branding of 4 integrations.\n") == (answer.code, answer.out)
    assert {} == desk.world.picture_source.fetched


def test_branding_show_tells_the_age_of_the_copy(desk: Desk) -> None:
    desk.type("branding", "warm")
    desk.world.clock.advance(5 * 60)

    answer = desk.type("branding", "show", "gbol")

    assert (0, "") == (answer.code, answer.err)
    assert "Branding of gbol, fetched 5 minutes ago, 2026-11-23 09:00:00 UTC:\n" in answer.out
    assert "full logo        https://static.codat.io/public/officialLogos/Full/Xero" in answer.out
    assert "button           none\n" in answer.out


def test_branding_show_as_json(desk: Desk) -> None:
    desk.type("branding", "warm")
    desk.world.clock.advance(5 * 60)

    document = desk.type("branding", "show", "fbrh", "--json").json

    expected = {
        "key": "fbrh",
        "branding": {"logo": {}, "button": {}},
        "fetchedAt": "2026-11-23T09:00:00Z",
        "ageSeconds": 300,
        "lastKnown": False,
    }
    assert expected == document


def test_branding_show_says_when_codat_gave_no_newer_one(desk: Desk) -> None:
    desk.type("branding", "warm")
    shelf = desk.world.cache.dressed[PlatformKey("gbol")]
    assert shelf.copy is not None
    shelf.copy = type(shelf.copy)(
        value=Branding(), fetched_at=shelf.copy.fetched_at, last_known=True
    )

    answer = desk.type("branding", "show", "gbol")

    assert "Codat was asked again since, and gave no usable answer.\n" == answer.err


def test_branding_show_without_a_copy_says_how_to_get_one(desk: Desk) -> None:
    answer = desk.type("branding", "show", "gbol")

    assert (1, "") == (answer.code, answer.out)
    assert "There is no copy of the branding of gbol yet." in answer.err
    assert "tillbridge branding warm" in answer.err


@pytest.mark.parametrize("key", ["lqai", "zzzz"])
def test_branding_show_knows_only_what_is_on_offer(desk: Desk, key: str) -> None:
    answer = desk.type("branding", "show", key)

    assert (1, "") == (answer.code, answer.out)
    assert f"Merchants are not offered any integration {key}." in answer.err


def test_doctor_finds_everything_in_place(desk: Desk) -> None:
    dress_everything(desk)

    answer = desk.type("doctor")

    assert (0, "") == (answer.code, answer.err)
    checks = [line.split(":")[0] for line in answer.out.splitlines()]
    names = ["Settings", "Database", "Cache", "Codat", "Connector", "Integrations", "Branding"]
    assert [f"ok      {name}" for name in [*names, "Clock"]] == checks


def test_doctor_as_json(desk: Desk) -> None:
    dress_everything(desk)
    desk.world.codat.skew = dt.timedelta(seconds=42)

    answer = desk.type("doctor", "--json")

    assert 1 == answer.code
    assert answer.json["passed"] is False
    *others, clock = answer.json["checks"]
    assert all(check["passed"] and "remedy" not in check for check in others)
    expected = {
        "name": "Clock",
        "passed": False,
        "detail": "is 42 s off from Codat's",
        "remedy": "Synchronise this machine's clock (NTP).",
    }
    assert expected == clock


def test_doctor_says_what_to_do(desk: Desk) -> None:
    desk.world.codat.fail_always("integrations", CodatKeyRefused())

    answer = desk.type("doctor")

    assert 1 == answer.code
    assert "FAILED  Codat: Codat refuses this service." in answer.out
    assert "        -> Check TILLBRIDGE_CODAT_API_KEY against the Codat Portal.\n" in answer.out


def test_doctor_says_why_a_store_cannot_be_opened_and_looks_at_the_rest(desk: Desk) -> None:
    dress_everything(desk)
    desk.world.sessions.storage_fails = desk.world.cache.storage_fails = True
    desk.resources = [nullcontext(), Closed()]

    answer = desk.type("doctor")

    assert 1 == answer.code
    _, database, remedy, cache, _, *others = answer.out.splitlines()
    assert "FAILED  Database: there is no database here" == database
    assert "run `tillbridge migrate`" in remedy
    assert "FAILED  Cache: there is no database here" == cache
    assert all(line.startswith("ok") for line in others)


def test_doctor_lists_every_wrong_setting(desk: Desk) -> None:
    desk.environ = make_environ(codat_api_key=None, connector_side="left")

    answer = desk.type("doctor")

    assert 1 == answer.code
    first, second = answer.out.splitlines()
    assert first.startswith("FAILED  Settings: TILLBRIDGE_CODAT_API_KEY is missing")
    assert second.startswith("FAILED  Settings: TILLBRIDGE_CONNECTOR_SIDE is wrong")


def test_doctor_warns_of_settings_that_there_are_not(desk: Desk) -> None:
    dress_everything(desk)
    desk.environ = make_environ(conector_key="lqai")

    answer = desk.type("doctor", "--json")

    assert answer.json["passed"]
    assert "Warning: TILLBRIDGE_CONECTOR_KEY is not a setting" in answer.err


def test_doctor_shows_a_connector_on_the_wrong_side(desk: Desk) -> None:
    listed = desk.world.codat.integrations_reported
    listed[-1] = reported("lqai", "Partner", SourceType.ACCOUNTING)

    assert "-> Set TILLBRIDGE_CONNECTOR_SIDE to accounting." in desk.type("doctor").out

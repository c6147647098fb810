"""`interest`: what an operator does who wonders whether anybody waits."""

import asyncio
import datetime as dt

import pytest

from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest
from domain.use_cases.read_interest import LONGEST_PAGE
from tests.entrypoints.cli.desk import Desk
from tests.fakes.clock import START


def ask(desk: Desk, *asked: tuple[str, str]) -> None:
    """Have merchants ask for keys, each a minute after the one before."""

    async def record() -> None:
        for number, (merchant, key) in enumerate(asked):
            await desk.world.interests.record(
                Interest(
                    merchant=MerchantIdentifier(merchant),
                    platform_key=PlatformKey(key),
                    since=START + dt.timedelta(minutes=number),
                )
            )

    asyncio.run(record())
    desk.world.clock.advance(60 * len(asked))


def test_interest_counts_the_merchants_of_each_integration(desk: Desk) -> None:
    ask(desk, ("m-1", "gbol"), ("m-1", "tgff"), ("m-2", "tgff"), ("m-3", "lqai"))

    answer = desk.type("interest")

    expected = (
        "KEY   NAME             MERCHANTS\ntgff  Sage Accounting  2\ngbol  Xero             1\n"
    )
    assert (0, expected, "") == (answer.code, answer.out, answer.err)


def test_interest_in_one_lists_who_asked_the_earliest_first(desk: Desk) -> None:
    ask(desk, ("zoe", "tgff"), ("m-1", "gbol"), ("adam", "tgff"))

    answer = desk.type("interest", "tgff")

    expected = [
        "MERCHANT  SINCE",
        "zoe       3 minutes ago, 2026-11-23 09:00:00 UTC",
        "adam      60 seconds ago, 2026-11-23 09:02:00 UTC",
    ]
    assert (0, expected, "") == (answer.code, answer.out.splitlines(), answer.err)


def test_interest_as_json_is_as_in_the_http_api(desk: Desk) -> None:
    ask(desk, ("m-1", "tgff"))

    counted = desk.type("interest", "--json").json
    listed = desk.type("interest", "--json", "tgff").json

    sage = {"platformKey": "tgff", "name": "Sage Accounting", "merchants": 1}
    waiting = [{"merchantIdentifier": "m-1", "since": "2026-11-23T09:00:00Z"}]
    assert {"interest": [sage]} == counted
    assert {"interest": [{**sage, "askedBy": waiting}]} == listed


def test_interest_lists_everybody_however_many_pages_that_takes(desk: Desk) -> None:
    everybody = [f"m-{number:04}" for number in range(2 * LONGEST_PAGE + 1)]
    ask(desk, *((merchant, "tgff") for merchant in everybody))

    (sage,) = desk.type("interest", "tgff", "--json").json["interest"]

    assert everybody == [merchant["merchantIdentifier"] for merchant in sage["askedBy"]]
    assert len(everybody) == sage["merchants"]


def test_an_empty_book_is_told_beside_what_was_asked_for(desk: Desk) -> None:
    answer = desk.type("interest")
    of_one = desk.type("interest", "tgff")

    assert (0, "", "Nobody has asked to be told of anything yet.\n") == (
        answer.code,
        answer.out,
        answer.err,
    )
    assert (0, "") == (of_one.code, of_one.out)
    assert "Nobody has asked to be told of Sage Accounting yet.\n" == of_one.err
    assert {"interest": []} == desk.type("interest", "--json").json


@pytest.mark.parametrize("key", ["lqai", "zzzz"])
def test_interest_knows_only_what_can_be_on_offer(desk: Desk, key: str) -> None:
    answer = desk.type("interest", key)

    assert (1, "") == (answer.code, answer.out)
    assert f"Merchants are not offered any integration {key}." in answer.err


def test_interest_says_why_it_cannot_be_read(desk: Desk) -> None:
    desk.world.interests.storage_fails = True

    answer = desk.type("interest")

    assert (1, "") == (answer.code, answer.out)
    assert "The database cannot be used: the storage was told to fail." in answer.err

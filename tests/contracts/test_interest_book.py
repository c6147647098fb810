"""What every book of interest promises."""

import asyncio
import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.database.database import Database
from adapters.interest.sql import SqlInterestBook
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest
from domain.ports.interest_book import InterestBook
from tests.adapters.database.fresh import fresh_database, fresh_url
from tests.fakes.clock import START
from tests.fakes.interest import FakeInterestBook


pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
SAGE, OTHER = PlatformKey("tgff"), PlatformKey("fbrh")
PROCESSES = 4
MERCHANTS = 60
ODD_TEXTS = ["", " ", "m-1\0", "\ud800", "\u202em", "' OR 1=1 --", "x" * 10_000, "é", "%"]


@pytest.fixture(params=["fake", "sqlite", "postgres"])
async def book(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[InterestBook]:
    if request.param == "fake":
        yield FakeInterestBook()
        return
    with fresh_url(request.param, tmp_path) as url:
        async with Database(url) as database:
            yield SqlInterestBook(database)


def interest(merchant: str = "m-1", key: PlatformKey = SAGE, *, seconds: float = 0) -> Interest:
    return Interest(
        merchant=MerchantIdentifier(merchant),
        platform_key=key,
        since=START + dt.timedelta(seconds=seconds),
    )


async def names(
    book: InterestBook, key: PlatformKey = SAGE, *, after: str | None = None, limit: int = 100
) -> list[str]:
    last = None if after is None else MerchantIdentifier(after)
    return [found.merchant for found in await book.asked(key, after=last, limit=limit)]


async def test_an_empty_book_tells_of_nobody(book: InterestBook) -> None:
    assert {} == await book.counts()
    assert frozenset() == await book.of(MerchantIdentifier("m-1"))
    assert () == await book.asked(SAGE, limit=10)


async def test_what_was_recorded_is_told_as_it_was(book: InterestBook) -> None:
    recorded = interest(seconds=0.000001)

    assert await book.record(recorded)

    assert (recorded,) == await book.asked(SAGE, limit=10)
    assert {SAGE: 1} == await book.counts()
    assert {SAGE} == await book.of(recorded.merchant)


async def test_to_record_again_counts_once_and_keeps_the_first_time(book: InterestBook) -> None:
    await book.record(interest())

    assert not await book.record(interest(seconds=60))
    assert not await book.record(interest(seconds=-60))

    assert (interest(),) == await book.asked(SAGE, limit=10)
    assert {SAGE: 1} == await book.counts()


async def test_merchants_and_integrations_are_told_apart(book: InterestBook) -> None:
    for merchant, key in [("m-1", SAGE), ("m-1", OTHER), ("M-1", SAGE), ("m-10", OTHER)]:
        assert await book.record(interest(merchant, key))

    assert {SAGE: 2, OTHER: 2} == await book.counts()
    assert {SAGE, OTHER} == await book.of(MerchantIdentifier("m-1"))
    assert {SAGE} == await book.of(MerchantIdentifier("M-1"))
    assert frozenset() == await book.of(MerchantIdentifier("m-"))
    assert ["M-1", "m-1"] == await names(book)
    assert ["m-1", "m-10"] == await names(book, OTHER)


async def test_who_asked_first_is_told_of_first(book: InterestBook) -> None:
    for merchant, seconds in [("b", 2), ("z", 1), ("a", 3), ("c", 2)]:
        await book.record(interest(merchant, seconds=seconds))

    assert ["z", "b", "c", "a"] == await names(book)


async def test_the_book_is_turned_page_by_page(book: InterestBook) -> None:
    everybody = [f"m-{number}" for number in range(7)]
    for number, merchant in enumerate(everybody):
        # Some at the same moment, and each of something else, too.
        await book.record(interest(merchant, seconds=number // 3))
        await book.record(interest(merchant, OTHER, seconds=-number))

    seen: list[str] = []
    while page := await names(book, after=seen[-1] if seen else None, limit=2):
        assert not set(page) & set(seen)
        seen += page

    assert everybody == seen


async def test_who_asks_while_pages_are_turned_is_on_the_last_one(book: InterestBook) -> None:
    for merchant in ("m-1", "m-2"):
        await book.record(interest(merchant))
    first = await names(book, limit=1)
    await book.record(interest("a-late-one", seconds=1))

    assert ["m-2", "a-late-one"] == await names(book, after=first[0])


async def test_nobody_comes_after_one_who_never_asked(book: InterestBook) -> None:
    await book.record(interest("m-1"))
    await book.record(interest("a", OTHER))

    assert [] == await names(book, after="a")
    assert [] == await names(book, after="nobody")


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
async def test_a_merchant_that_cannot_be_is_not_in_the_book_however_odd(
    book: InterestBook, odd: str
) -> None:
    await book.record(interest())

    assert frozenset() == await book.of(MerchantIdentifier(odd))
    assert [] == await names(book, after=odd)
    assert [] == await names(book, PlatformKey(odd))


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_page_for_nobody_is_empty(book: InterestBook, limit: int) -> None:
    await book.record(interest())

    assert [] == await names(book, limit=limit)


async def test_times_long_ago_and_far_ahead_have_their_place(book: InterestBook) -> None:
    ages = dt.timedelta(days=365 * 100).total_seconds()
    for merchant, seconds in [("ahead", ages), ("ago", -ages), ("now", 0)]:
        await book.record(interest(merchant, seconds=seconds))

    assert ["ago", "now", "ahead"] == await names(book)


async def test_of_64_who_record_the_same_at_once_one_is_told_that_it_is_new(
    book: InterestBook,
) -> None:
    answers = await asyncio.gather(*(book.record(interest(seconds=n)) for n in range(64)))

    assert {True: 1, False: 63} == Counter(answers)
    assert {SAGE: 1} == await book.counts()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_of_several_processes_that_record_the_same_each_counts_once(
    kind: str, tmp_path: Path
) -> None:
    everybody = {f"m-{number}" for number in range(MERCHANTS)}
    with fresh_url(kind, tmp_path) as url:
        assert dict.fromkeys(everybody, 1) == Counter(recorded_by_processes(url))
        async with Database(url) as database:
            book = SqlInterestBook(database)
            assert {SAGE: MERCHANTS} == await book.counts()
            assert everybody == set(await names(book))


async def test_what_was_acknowledged_is_there_for_the_next_process(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    async with Database(url) as database:
        await SqlInterestBook(database).record(interest())

    async with Database(url) as database:
        assert (interest(),) == await SqlInterestBook(database).asked(SAGE, limit=10)


def recorded_by_processes(url: str) -> list[str]:
    """The merchants whose interest was new to one of several processes."""
    script = f"from {__name__} import record_in_processes; record_in_processes({url!r})"
    recording = subprocess.run(  # noqa: S603 - the script is the one above
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    return recording.stdout.split()


def record_in_processes(url: str) -> None:
    """Have several processes record the same, and print what was new to which."""
    for _ in range(PROCESSES):
        if os.fork() == 0:
            new = asyncio.run(_record_all(url))
            os.write(1, "".join(f"{merchant}\n" for merchant in new).encode())
            os._exit(0)
    assert {0} == {os.wait()[1] for _ in range(PROCESSES)}


async def _record_all(url: str) -> list[str]:
    wanted = [interest(f"m-{number}") for number in range(MERCHANTS)]
    async with Database(url, busy_timeout=20, deadline=30) as database:
        book = SqlInterestBook(database)
        answers = await asyncio.gather(*(book.record(each) for each in wanted))
    return [each.merchant for each, new in zip(wanted, answers, strict=True) if new]

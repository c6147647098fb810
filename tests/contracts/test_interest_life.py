"""
A book of interest through its life, against a model.

The model is a dictionary from merchant and integration to the time that was acknowledged;
all books have to agree with it.
"""

import asyncio
import datetime as dt
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from adapters.interest.sql import SqlInterestBook
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.interest import Interest
from domain.ports.interest_book import InterestBook
from tests.contracts.machines import Life, Stored, bounded
from tests.fakes.clock import FakeClock
from tests.fakes.interest import FakeInterestBook


MERCHANTS = [MerchantIdentifier(name) for name in ("m-1", "M-1", "m-10", "m:2", ".", "_")]
KEYS = [PlatformKey(key) for key in ("tgff", "gbol")]
merchants, keys = st.sampled_from(MERCHANTS), st.sampled_from(KEYS)


class InterestLife(Life):
    """What may happen to a book of interest."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.acknowledged: dict[tuple[MerchantIdentifier, PlatformKey], dt.datetime] = {}
        self.book = self.start()

    def start(self) -> InterestBook:
        raise NotImplementedError

    def wish(self, merchant: MerchantIdentifier, key: PlatformKey) -> Interest:
        return Interest(merchant=merchant, platform_key=key, since=self.clock.now())

    def waiting(self, key: PlatformKey) -> list[Interest]:
        """Who waits for *key*, as the model has it."""
        first_come = sorted(
            (since, merchant) for (merchant, k), since in self.acknowledged.items() if k == key
        )
        return [Interest(merchant=m, platform_key=key, since=since) for since, m in first_come]

    # What may happen.

    @rule(merchant=merchants, key=keys)
    def a_merchant_asks(self, merchant: MerchantIdentifier, key: PlatformKey) -> None:
        new = self.run(self.book.record(self.wish(merchant, key)))

        assert new is ((merchant, key) not in self.acknowledged)
        self.acknowledged.setdefault((merchant, key), self.clock.now())

    @rule(asked=st.lists(st.tuples(merchants, keys), max_size=8))
    def many_ask_at_once(self, asked: list[tuple[MerchantIdentifier, PlatformKey]]) -> None:
        async def ask() -> list[bool]:
            return await asyncio.gather(*(self.book.record(self.wish(*each)) for each in asked))

        news = Counter(each for each, new in zip(asked, self.run(ask()), strict=True) if new)

        assert dict.fromkeys(set(asked) - set(self.acknowledged), 1) == news
        for each in asked:
            self.acknowledged.setdefault(each, self.clock.now())

    @rule(key=keys, size=st.integers(min_value=1, max_value=4))
    def somebody_turns_the_pages(self, key: PlatformKey, size: int) -> None:
        seen: list[Interest] = []
        page = self.run(self.book.asked(key, limit=size))
        while page:
            assert len(page) <= size
            assert not set(page) & set(seen)
            seen += page
            page = self.run(self.book.asked(key, after=page[-1].merchant, limit=size))

        assert self.waiting(key) == seen

    @rule(key=keys, after=merchants, size=st.integers(min_value=0, max_value=4))
    def somebody_opens_it_anywhere(
        self, key: PlatformKey, after: MerchantIdentifier, size: int
    ) -> None:
        names = [interest.merchant for interest in self.waiting(key)]
        following = names[names.index(after) + 1 :] if after in names else []

        page = self.run(self.book.asked(key, after=after, limit=size))

        assert following[:size] == [interest.merchant for interest in page]

    @rule(seconds=st.sampled_from([0.000001, 1, 3600]), back=st.booleans())
    def time_passes_or_is_corrected(self, seconds: float, *, back: bool) -> None:
        (self.clock.set_back if back else self.clock.advance)(seconds)

    @rule()
    def the_process_ends_and_another_one_starts(self) -> None:
        self.end_process()
        self.book = self.start()

    # What always holds.

    @invariant()
    def each_merchant_is_told_what_it_asked_for(self) -> None:
        for merchant in MERCHANTS:
            expected = {key for key in KEYS if (merchant, key) in self.acknowledged}
            assert expected == self.run(self.book.of(merchant))

    @invariant()
    def the_counts_are_those_of_the_model(self) -> None:
        assert Counter(key for _, key in self.acknowledged) == self.run(self.book.counts())


class LifeInTheFake(InterestLife):
    def start(self) -> InterestBook:
        try:
            return self.book
        except AttributeError:
            return FakeInterestBook()


class LifeInSqlite(Stored, InterestLife):
    kind = "sqlite"

    def start(self) -> InterestBook:
        return SqlInterestBook(self.opened())


class LifeInPostgres(LifeInSqlite):
    kind = "postgres"


TestLifeInTheFake = LifeInTheFake.TestCase
TestLifeInSqlite = LifeInSqlite.TestCase
TestLifeInPostgres = LifeInPostgres.TestCase
TestLifeInTheFake.settings = TestLifeInSqlite.settings = bounded(20, 30)
TestLifeInPostgres.settings = bounded(10, 30)

"""Look at what merchants want to be told of."""

from typing import Final

import attrs

from domain.errors import BackendOnly, IntegrationUnknown
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.caller import Backend, Caller, MerchantCaller
from domain.model.connector import Connector
from domain.model.integration import parse_choice
from domain.model.interest import Demand, Interest
from domain.model.supported import SUPPORTED
from domain.ports.interest_book import InterestBook


LONGEST_PAGE: Final = 200


@attrs.frozen(kw_only=True)
class DemandOfOne:
    """
    The demand for one integration, and a page of those who asked, the earliest first.

    *more* is the `after` of the next page; `None` where nobody is left.
    """

    demand: Demand
    asked: tuple[Interest, ...]
    more: MerchantIdentifier | None


@attrs.frozen(kw_only=True)
class ReadInterest:
    """
    Tells the backend who wants what, and a merchant what it asked for.

    Names are those of the shipped data, as in the catalogue, so Codat need not be asked.
    """

    connector: Connector
    book: InterestBook

    async def __call__(self, caller: Caller) -> tuple[Demand, ...]:
        """
        How many asked for each integration, the most wanted first.

        Raises:
            BackendOnly: a merchant asks.
            StorageUnavailable: it cannot be read.
        """
        _expect_backend(caller)
        counts = await self.book.counts()
        wanted = (
            Demand(platform_key=key, name=name, merchants=counts[key])
            for key, name in self._names().items()
            if key in counts
        )
        # Those that are wanted by as many stay in the shipped order.
        return tuple(sorted(wanted, key=lambda demand: -demand.merchants))

    async def one(
        self,
        platform_key: object,
        caller: Caller,
        *,
        after: MerchantIdentifier | None = None,
        limit: int = LONGEST_PAGE,
    ) -> DemandOfOne:
        """
        Who asked for one integration, from 1 to 200 at a time.

        Raises:
            BackendOnly: a merchant asks.
            InputRefused: *platform_key* is no key.
            IntegrationUnknown: it can never be on offer; so is the connector.
            StorageUnavailable: it cannot be read.
        """
        _expect_backend(caller)
        key = parse_choice(platform_key)
        name = self._names().get(key)
        if name is None:
            raise IntegrationUnknown(key)
        size = max(1, min(limit, LONGEST_PAGE))
        # One more than is shown tells whether there are more.
        found = await self.book.asked(key, after=after, limit=size + 1)
        counts = await self.book.counts()
        shown = found[:size]
        return DemandOfOne(
            demand=Demand(platform_key=key, name=name, merchants=counts.get(key, 0)),
            asked=shown,
            more=shown[-1].merchant if len(found) > size else None,
        )

    async def of(self, caller: MerchantCaller) -> frozenset[PlatformKey]:
        """
        What this merchant has asked to be told of.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        return await self.book.of(caller.identifier)

    def _names(self) -> dict[PlatformKey, str]:
        """What can ever be on offer; the connector cannot, whatever is written (rule 1)."""
        admits = self.connector.admits
        return {row.key: row.name for row in SUPPORTED if admits(row.key, row.side)}


def _expect_backend(caller: Caller) -> None:
    if not isinstance(caller, Backend):
        raise BackendOnly

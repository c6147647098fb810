"""Codat's lists: pages, filters, order, and the envelope around them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from adapters.codat_simulator import errors
from adapters.codat_simulator.query import Fields, order_key, parse
from adapters.codat_simulator.wire import Wire


T = TypeVar("T")
DEFAULT_SIZE = 100
LARGEST_SIZE = 5000
LONGEST_QUERY = 2048


class Href(Wire):
    """A link."""

    href: str


class Links(Wire, omit_defaults=True):
    """The links of a page; `self` has no query string, the others do."""

    itself: Href = msgspec.field(name="self")
    current: Href
    next: Href | UnsetType = UNSET
    previous: Href | UnsetType = UNSET


class Page(Wire, Generic[T]):
    """One page of a list."""

    results: list[T]
    page_number: int
    page_size: int
    total_results: int
    links: Links = msgspec.field(name="_links")


@attrs.frozen(kw_only=True)
class Wanted:
    """Which page of what the caller wants."""

    page: int = 1
    size: int = DEFAULT_SIZE
    query: str = ""
    order_by: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Wanted":
        """
        Read the query parameters of a list.

        Raises:
            CodatError: one is out of range.
        """
        query = parameters.get("query", "")
        if len(query) >= LONGEST_QUERY:
            raise errors.malformed_query()
        return cls(
            page=_number(parameters, "page", 1, None),
            size=_number(parameters, "pageSize", DEFAULT_SIZE, LARGEST_SIZE),
            query=query,
            order_by=parameters.get("orderBy", ""),
        )

    def page_of(self, items: Iterable[T], path: str, fields: Fields) -> Page[T]:
        """
        The page of these *items*.

        Args:
            items: all of them.
            path: what the links lead to.
            fields: the properties that can be asked about.

        Raises:
            CodatError: the query or the order cannot be understood.
        """
        found = list(items)
        if self.query.strip():
            matches = parse(self.query, fields)
            found = [item for item in found if matches(_plain(item))]
        if self.order_by:
            key = order_key(self.order_by.removeprefix("-"), fields)
            descending = self.order_by.startswith("-")
            found.sort(key=lambda item: key(_plain(item)), reverse=descending)
        first = (self.page - 1) * self.size
        last = self.page * self.size
        link = self._linker(path)
        return Page(
            results=found[first:last],
            page_number=self.page,
            page_size=self.size,
            total_results=len(found),
            links=Links(
                itself=Href(href=path),
                current=link(self.page),
                next=link(self.page + 1) if last < len(found) else UNSET,
                previous=link(self.page - 1) if self.page > 1 else UNSET,
            ),
        )

    def _linker(self, path: str) -> Callable[[int], Href]:
        rest = f"&pageSize={self.size}"
        if self.query:
            rest += f"&query={quote(self.query, safe='')}"
        if self.order_by:
            rest += f"&orderBy={quote(self.order_by, safe='')}"
        return lambda page: Href(href=f"{path}?page={page}{rest}")


def _plain(item: object) -> Any:
    return msgspec.to_builtins(item)


def _number(parameters: Mapping[str, str], name: str, default: int, largest: int | None) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    # isdigit() alone accepts digits that int() does not, such as a superscript two.
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1 or (largest is not None and number > largest):
        wanted = "at least 1" if largest is None else f"from 1 to {largest}"
        raise errors.invalid((name, f"{name} must be a number {wanted}.", "Paging"))
    return number

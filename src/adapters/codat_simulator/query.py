"""
Codat's query language: `property OP value`, joined by `&&` and `||`, grouped by braces.

    sourceType=Accounting&&enabled=true
    {name~Bank||name~Dave}&&dataConnections.status=Linked

A property inside a list matches if any of its values does.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import unquote

import attrs

from adapters.codat_simulator import errors
from adapters.codat_simulator.errors import CodatError
from adapters.codat_simulator.syncs import moment


Kind = Literal["text", "flag", "date"]
Matches = Callable[[Any], bool]

_TOKENS = re.compile(r"\s*(&&|\|\||[{}])")
_COMPARISON = re.compile(r"\s*([A-Za-z][\w.]*)\s*(!=|>=|<=|=|~|>|<)\s*(.*?)\s*", re.DOTALL)
_ORDERING: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}
DEEPEST = 50


@attrs.frozen
class Fields:
    """The properties of a list's items that can be asked about, and what they hold."""

    kinds: dict[str, Kind]
    # Below these, any name goes.
    free: tuple[str, ...] = ()

    def kind(self, name: str) -> Kind:
        """
        What the property *name* holds.

        Raises:
            CodatError: there is no such property.
        """
        if name.startswith(self.free):
            return "text"
        if name not in self.kinds:
            raise errors.unresolved_property(name)
        return self.kinds[name]


def parse(query: str, fields: Fields) -> Matches:
    """
    Turn a *query* into a test for items.

    Raises:
        CodatError: it cannot be read, or asks about a property that there is not.
    """
    # Codat's own sample is encoded twice; what is left of the second time is undone here.
    if "%" in query and not re.search(r"[=~<>]", query):
        query = unquote(query)
    reader = _Reader(_split(query), fields)
    matches = reader.either()
    if not reader.done:
        raise errors.malformed_query()
    return matches


def order_key(name: str, fields: Fields) -> Callable[[Any], Any]:
    """
    What to sort by for `orderBy`; items without the property come first.

    Raises:
        CodatError: there is no such property.
    """
    kind = fields.kind(name)

    def key(item: Any) -> tuple[bool, Any]:
        values = list(_values(item, name.split(".")))
        if not values:
            return False, ""
        return True, values[0].casefold() if kind == "text" else values[0]

    return key


@attrs.define
class _Reader:
    """A recursive descent: `||` binds weakest, then `&&`, then braces."""

    _tokens: list[str]
    _fields: Fields
    _depth: int = 0

    @property
    def done(self) -> bool:
        return not self._tokens

    def either(self) -> Matches:
        ways = [self._both()]
        while self._accept("||"):
            ways.append(self._both())
        return lambda item: any(way(item) for way in ways)

    def _both(self) -> Matches:
        needs = [self._one()]
        while self._accept("&&"):
            needs.append(self._one())
        return lambda item: all(need(item) for need in needs)

    def _one(self) -> Matches:
        if self._accept("{"):
            self._depth += 1
            if self._depth > DEEPEST:
                raise errors.malformed_query()
            inner = self.either()
            if not self._accept("}"):
                raise errors.malformed_query()
            return inner
        if not self._tokens:
            raise errors.malformed_query()
        return _comparison(self._tokens.pop(0), self._fields)

    def _accept(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            del self._tokens[0]
            return True
        return False


def _split(query: str) -> list[str]:
    return [token.strip() for token in _TOKENS.split(query) if token.strip()]


def _comparison(text: str, fields: Fields) -> Matches:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise errors.malformed_query()
    name, operator, wanted = found.groups()
    kind = fields.kind(name)
    if not wanted or not _allowed(operator, kind):
        raise errors.malformed_query()
    compare = _compare(operator, kind, _read(kind, wanted))
    path = name.split(".")
    return lambda item: any(compare(value) for value in _values(item, path))


def _allowed(operator: str, kind: Kind) -> bool:
    if operator == "~":
        return kind == "text"
    return operator not in _ORDERING or kind == "date"


def _compare(operator: str, kind: Kind, wanted: Any) -> Callable[[Any], bool]:
    def read(value: Any) -> Any:
        return moment(value, "") if kind == "date" else value

    if operator == "~":
        return lambda value: wanted in value
    if operator == "=":
        return lambda value: bool(read(value) == wanted)
    if operator == "!=":
        return lambda value: bool(read(value) != wanted)
    order = _ORDERING[operator]
    return lambda value: order(read(value), wanted)


def _read(kind: Kind, text: str) -> Any:
    if kind == "text":
        return text
    if kind == "flag":
        if text.lower() not in ("true", "false"):
            raise errors.malformed_query()
        return text.lower() == "true"
    try:
        return moment(text, "query")
    except CodatError:
        raise errors.malformed_query() from None


def _values(item: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(item, list):
        for part in item:
            yield from _values(part, path)
    elif not path:
        if item is not None:
            yield item
    elif isinstance(item, dict):
        yield from _values(item.get(path[0]), path[1:])


_CONNECTION: dict[str, Kind] = {
    "id": "text",
    "integrationId": "text",
    "integrationKey": "text",
    "sourceId": "text",
    "sourceType": "text",
    "platformName": "text",
    "linkUrl": "text",
    "status": "text",
    "created": "date",
    "lastSync": "date",
    # No sample shows it, but Codat's own orderBy example names it.
    "modifiedDate": "date",
}
CONNECTION = Fields(_CONNECTION, ("connectionInfo.",))
COMPANY = Fields(
    {
        "id": "text",
        "name": "text",
        "description": "text",
        "redirect": "text",
        "created": "date",
        "lastSync": "date",
        "modifiedDate": "date",
        "createdByUserName": "text",
        "products": "text",
        **{f"dataConnections.{name}": kind for name, kind in _CONNECTION.items()},
    },
    ("tags.",),
)
INTEGRATION = Fields(
    {
        "key": "text",
        "name": "text",
        "logoUrl": "text",
        "enabled": "flag",
        "sourceId": "text",
        "integrationId": "text",
        "sourceType": "text",
        "isOfflineConnector": "flag",
        "isBeta": "flag",
        "dataProvidedBy": "text",
        "datatypeFeatures.datatype": "text",
        "datatypeFeatures.dataType": "text",
        "datatypeFeatures.supportedFeatures.featureType": "text",
        "datatypeFeatures.supportedFeatures.featureState": "text",
        "modifiedDate": "date",
    }
)

"""Reading requests: bodies that may be absent, and parameters as Codat spells them."""

from typing import Any, TypeAlias, TypeVar

import attrs
import msgspec
from litestar import Request

from adapters.codat_simulator import errors
from adapters.codat_simulator.paging import Wanted
from adapters.codat_simulator.state import Simulator


T = TypeVar("T")
AnyRequest: TypeAlias = Request[Any, Any, Any]


def parsed(body: bytes, kind: type[T]) -> T:
    """
    The JSON *body* as a *kind*.

    Raises:
        CodatError: it is something else.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.invalid(("Body", str(error), "JsonBody")) from None


def optional(body: bytes, kind: type[T]) -> T | None:
    """
    The JSON *body* as a *kind*, None if there is no body.

    Raises:
        CodatError: it is something else.
    """
    return parsed(body, kind) if body else None


def wanted(request: AnyRequest, simulator: Simulator) -> Wanted:
    """
    Which page of a list the *request* wants.

    Raises:
        CodatError: a parameter is out of range.
    """
    read = Wanted.read(request.query_params)
    if simulator.scenario.switches.ignore_query:
        return attrs.evolve(read, query="")
    return read

"""What the control plane is asked for, and how it says no."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from litestar import Response


T = TypeVar("T", bound=msgspec.Struct)
MORE = "docs/simulator.md lists every field."


class ControlError(Exception):
    """A wrong request to the control plane, with the remedy, and all *problems* if it has many."""

    def __init__(self, error: str, remedy: str, problems: Sequence[object] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.remedy = remedy
        self.problems = problems


def refused(_: object, error: ControlError) -> Response[dict[str, Any]]:
    """The answer to a wrong request."""
    content: dict[str, Any] = {"error": error.error, "remedy": error.remedy}
    if error.problems:
        content["problems"] = error.problems
    return Response(content, status_code=HTTPStatus.BAD_REQUEST)


def parsed(body: bytes, kind: type[T], remedy: str | None = None) -> T:
    """
    The JSON *body* as a *kind*.

    Raises:
        ControlError: it is something else; the *remedy* is to name its fields unless given.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        names = ", ".join(f"`{name}`" for name in kind.__struct_encode_fields__)
        raise ControlError(str(error), remedy or f"Fields: {names}. {MORE}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(f"The body is not JSON: {error}", MORE) from None

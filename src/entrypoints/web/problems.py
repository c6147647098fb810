"""Every error as RFC 9457 problem details: which type it is, and what may be shown of it."""

import datetime as dt
import math
import re
from http import HTTPStatus
from typing import Final

import msgspec
from litestar.exceptions import HTTPException

from domain import errors
from entrypoints.web.problem_types import (
    BY_ERROR,
    BY_STATUS,
    INPUT,
    INTERNAL,
    MALFORMED,
    ProblemType,
)


BODY: Final = "body"
BODY_IN_CODE: Final = "data"
"""What the framework calls the body, and shows to people."""

LONGEST_DETAIL: Final = 200
"""The framework quotes the names of unknown fields, however long they are."""


class FieldProblem(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is wrong with one field, and what would be right."""

    field: str
    detail: str
    remedy: str | None = None


class Problem(msgspec.Struct, rename="camel", omit_defaults=True):
    """The body of an error (RFC 9457 §3); *reference* is also in the logs."""

    type: str
    title: str
    status: int
    detail: str
    reference: str
    errors: list[FieldProblem] = []


def classify(error: Exception) -> ProblemType:
    """The type of problem that *error* is; whatever is not foreseen is an internal error."""
    for kind in type(error).__mro__:
        if kind in BY_ERROR:
            return BY_ERROR[kind]
    if isinstance(error, HTTPException):
        if getattr(error, "extra", None):
            return INPUT
        status = HTTPStatus(error.status_code)
        if status in BY_STATUS:
            return BY_STATUS[status]
        return MALFORMED if status < HTTPStatus.INTERNAL_SERVER_ERROR else INTERNAL
    return INTERNAL


def describe(error: Exception, kind: ProblemType) -> str:
    """What may be shown of *error*: its own words only where they are ours."""
    return str(error) if isinstance(error, errors.TillbridgeError) else kind.meaning


def retry_after(error: Exception) -> int | None:
    """The seconds after which to try again (RFC 9110 §10.2.3), where that makes sense."""
    wait: dt.timedelta | None = getattr(error, "retry_after", None)
    if wait is not None:
        return max(1, math.ceil(wait.total_seconds()))
    return 5 if classify(error).status is HTTPStatus.SERVICE_UNAVAILABLE else None


def may_pass(error: Exception) -> bool:
    """Whether the same request may well succeed a little later."""
    return (
        classify(error).status >= HTTPStatus.TOO_MANY_REQUESTS
        or retry_after(error) is not None
        or isinstance(error, errors.SyncSessionChanged)
    )


def field_problems(error: Exception) -> list[FieldProblem]:
    """The fields that are wrong, as far as *error* knows them."""
    if isinstance(error, errors.InputRefused):
        return [FieldProblem(field=error.field, detail=error.reason, remedy=error.remedy)]
    extra = getattr(error, "extra", None) or []
    return [_field_problem(item) for item in extra if isinstance(item, dict)]


def _field_problem(item: dict[str, object]) -> FieldProblem:
    """Turn what the framework says of one value into the name of the field and the trouble."""
    message = str(item.get("message", ""))
    key = str(item.get("key", BODY))
    if key == BODY_IN_CODE:
        key = BODY
        if message == repr(BODY_IN_CODE):
            return FieldProblem(field=BODY, detail="is missing")
    within = re.search(r"`\$\.?([\w.\[\]]{1,64})`", message)
    field = re.search(r"field `(\w{1,64})`", message)
    place = within.group(1) if within else key
    if field:
        place = field.group(1) if place == BODY else f"{place}.{field.group(1)}"
    return FieldProblem(field=place, detail=message.partition(" - at")[0][:LONGEST_DETAIL])

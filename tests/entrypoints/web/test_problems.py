import datetime as dt
from collections.abc import Iterator
from http import HTTPStatus

import attrs
import pytest
from litestar.exceptions import (
    HTTPException,
    ImproperlyConfiguredException,
    MethodNotAllowedException,
    NotFoundException,
    ServiceUnavailableException,
    ValidationException,
)

from domain.errors import (
    CallerRefused,
    ChoiceRefused,
    CodatError,
    CodatKeyRefused,
    CodatTimedOut,
    CodatUnavailable,
    InputRefused,
    RedirectInProgress,
    StorageUnavailable,
    SyncFlowUrlRefused,
    SyncSessionChanged,
    SyncSessionUnknown,
    TillbridgeError,
    TooManyRequests,
)
from domain.ids import SyncSessionId
from entrypoints.settings import SettingsInvalid
from entrypoints.web import problem_types, problems
from tests.entrypoints.web.asking import Service, problem
from tests.entrypoints.web.page import read


FAMILIES = {CallerRefused, ChoiceRefused, SyncFlowUrlRefused, CodatError}
"""Only what is more special is ever raised."""

NEVER_WHILE_SERVING = {SettingsInvalid}


def descendants(kind: type[TillbridgeError]) -> Iterator[type[TillbridgeError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def ours() -> list[type[TillbridgeError]]:
    found = set(descendants(TillbridgeError)) - FAMILIES - NEVER_WHILE_SERVING
    kinds = [k for k in found if k.__module__.startswith(("domain.", "entrypoints.web."))]
    return sorted(kinds, key=lambda kind: kind.__name__)


def made(kind: type[TillbridgeError]) -> TillbridgeError:
    """One of *kind*, with a word for whatever it has to be told."""
    fields = attrs.fields(kind) if attrs.has(kind) else ()
    wanted = [field.alias for field in fields if field.default is attrs.NOTHING]
    return kind(**{n: dt.timedelta(seconds=3) if n == "retry_after" else "word" for n in wanted})


@pytest.mark.parametrize("kind", ours(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_documented_type(kind: type[TillbridgeError]) -> None:
    error = made(kind)

    found = problems.classify(error)

    assert found is not problem_types.INTERNAL
    assert found is problem_types.ALL[found.slug]
    assert HTTPStatus.BAD_REQUEST <= found.status < 600
    assert str(error) == problems.describe(error, found)


def test_no_two_types_share_a_slug_or_a_title() -> None:
    kinds = {problem_types.INTERNAL, problem_types.MALFORMED, *problem_types.BY_STATUS.values()}
    kinds |= set(problem_types.BY_ERROR.values())

    assert len(kinds) == len({kind.slug for kind in kinds}) == len({k.title for k in kinds})
    assert {kind.slug for kind in kinds} == set(problem_types.ALL)


@pytest.mark.anyio
async def test_every_type_has_its_page(service: Service) -> None:
    for slug, kind in problem_types.ALL.items():
        answer = await service.get(f"/problems/{slug}", {})

        page = read(answer)
        assert (200, kind.title) == (answer.status_code, page.title)
        assert kind.meaning in page.text
        assert kind.remedy in page.text
        assert str(kind.status.value) in page.text


@pytest.mark.anyio
async def test_a_type_that_is_none_has_no_page(service: Service) -> None:
    for slug in ("none", "Not-Found", "%3Cscript%3E", "%00"):
        answer = await service.get(f"/problems/{slug}", {})

        assert (404, "not-found") == problem(answer)
        assert "script" not in answer.text


@pytest.mark.anyio
async def test_problem_details_have_exactly_these_members(service: Service) -> None:
    plain = (await service.get("/nowhere")).json()
    fields = (await service.post("/v1/connect-tokens", json={})).json()

    assert ["type", "title", "status", "detail", "reference"] == list(plain)
    assert [*plain, "errors"] == list(fields)
    assert ["field", "detail"] == list(fields["errors"][0])


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (CodatUnavailable(), 10),
        (CodatUnavailable(retry_after=dt.timedelta(hours=15)), 54000),
        (CodatUnavailable(retry_after=dt.timedelta(seconds=-5)), 1),
        (CodatKeyRefused(), 60),
        (TooManyRequests(dt.timedelta(milliseconds=1)), 1),
        (RedirectInProgress(SyncSessionId("ss"), dt.timedelta(seconds=7.2)), 8),
        (StorageUnavailable("full"), 5),
        (CodatTimedOut(), None),
        (SyncSessionUnknown("ss"), None),
        (ValueError(), None),
    ],
)
def test_who_is_told_to_come_back_is_never_told_too_early(
    error: Exception, seconds: int | None
) -> None:
    assert seconds == problems.retry_after(error)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (CodatUnavailable(), True),
        (CodatTimedOut(), True),
        (ValueError(), True),
        (SyncSessionChanged(SyncSessionId("ss")), True),
        (RedirectInProgress(SyncSessionId("ss"), dt.timedelta(seconds=1)), True),
        (SyncSessionUnknown("ss"), False),
        (InputRefused("field", "is wrong", "Do better."), False),
    ],
)
def test_what_may_pass_by_itself_is_worth_another_try(
    error: Exception,
    passes: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    assert passes is problems.may_pass(error)


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (NotFoundException(), "not-found"),
        (MethodNotAllowedException(), "method-not-allowed"),
        (HTTPException(status_code=413), "body-too-large"),
        (HTTPException(status_code=415), "media-type-unsupported"),
        (HTTPException(status_code=400), "request-malformed"),
        (HTTPException(status_code=418), "request-malformed"),
        (ValidationException(extra=[{"key": "limit", "message": "no"}]), "input-invalid"),
        (ServiceUnavailableException(), "internal-error"),
        (ImproperlyConfiguredException(), "internal-error"),
        (RuntimeError("s3cret"), "internal-error"),
    ],
)
def test_what_the_framework_refuses_has_a_type_too(error: Exception, slug: str) -> None:
    kind = problems.classify(error)

    assert slug == kind.slug
    assert kind.meaning == problems.describe(error, kind)


@pytest.mark.parametrize(
    ("item", "field", "detail"),
    [
        ({"key": "data", "message": "'data'"}, "body", "is missing"),
        (
            {"message": "Expected `str`, got `int` - at `$.a.b[0]`"},
            "a.b[0]",
            "Expected `str`, got `int`",
        ),
        ({"key": "q", "message": "too long"}, "q", "too long"),
        (
            {"message": "Object contains unknown field `x`"},
            "x",
            "Object contains unknown field `x`",
        ),
        (
            {"key": "brand", "message": "Object contains unknown field `x`"},
            "brand.x",
            "Object contains unknown field `x`",
        ),
        (
            {"key": "data", "message": "Object missing required field `x` - at `$.a[1]`"},
            "a[1].x",
            "Object missing required field `x`",
        ),
        ({"message": f"unknown field `{'x' * 999}`"}, "body", f"unknown field `{'x' * 185}"),
        ({}, "body", ""),
    ],
)
def test_fields_are_named_as_the_caller_knows_them(
    item: dict[str, str], field: str, detail: str
) -> None:
    (found,) = problems.field_problems(ValidationException(extra=[item]))

    assert (field, detail) == (found.field, found.detail)


def test_what_is_no_list_of_fields_names_none() -> None:
    assert [] == problems.field_problems(ValidationException(extra=["odd"]))
    assert [] == problems.field_problems(ValueError())

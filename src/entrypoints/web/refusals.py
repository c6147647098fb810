"""What becomes of an error: problem details for programs, a page with a way on for people."""

from typing import Any

import attrs
import msgspec
import structlog
from litestar import Response

from domain.errors import CodatError, CodatKeyRefused, CodatLimitReached, TooManyRequests
from entrypoints.logs import frames
from entrypoints.settings import Settings
from entrypoints.web import problems
from entrypoints.web.auth import (
    AnyRequest,
    PageSessionEnded,
    PageSessionMissing,
    entered_by,
)
from entrypoints.web.cors import COMPONENT
from entrypoints.web.headers import Headers
from entrypoints.web.metrics import Metrics
from entrypoints.web.pages.look import Looks
from entrypoints.web.pages.notices import Words, words
from entrypoints.web.pages.pages import Pages
from entrypoints.web.problem_types import INTERNAL, ProblemType
from entrypoints.web.shell import REFERENCE


log = structlog.get_logger("tillbridge.web")


@attrs.frozen
class Refusals:
    """Answers every error, of whatever kind, and logs it under its reference."""

    settings: Settings
    looks: Looks
    pages: Pages
    metrics: Metrics

    def answer(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """Answer *error* in the form that fits the address: a page below `/connect`."""
        headers = self.note(request, error)
        path = request.scope["path"]
        if path == COMPONENT:
            told = words(problems.classify(error).slug, self.looks.of(request).language)
            return self._json(request, error, headers, told)
        if path == "/connect" or path.startswith("/connect/"):
            return self._page(request, error, headers)
        if "text/html" in request.headers.get("accept", "") and not path.startswith("/v1"):
            # Somebody with a browser who is lost.
            return self._page(request, error, headers)
        return self._json(request, error, headers)

    def note(self, request: AnyRequest, error: Exception) -> Headers:
        """Count *error* and log it; give the headers that belong to its answer."""
        kind = problems.classify(error)
        self.metrics.problem(kind.slug)
        if isinstance(error, TooManyRequests):
            self.metrics.limited(error.limit)
        self._log(error, kind, reference_of(request))
        headers = dict(getattr(error, "headers", None) or {})
        wait = problems.retry_after(error)
        if wait is not None:
            headers["Retry-After"] = str(wait)
        if kind.status == 401:  # noqa: PLR2004  # RFC 9110 §11.6.1 asks for a challenge
            headers["WWW-Authenticate"] = 'Bearer realm="Tillbridge"'
        return headers

    def _json(
        self,
        request: AnyRequest,
        error: Exception,
        headers: Headers,
        told: Words | None = None,
    ) -> Response[bytes]:
        """As problem details; with *told*, in the words for merchants."""
        kind = problems.classify(error)
        problem = problems.Problem(
            type=f"{self.settings.public_url}/problems/{kind.slug}",
            title=told.title if told else kind.title,
            status=kind.status.value,
            detail=told.detail if told else problems.describe(error, kind),
            reference=reference_of(request),
            errors=problems.field_problems(error),
        )
        return Response(
            status_code=kind.status.value,
            content=msgspec.json.encode(problem),
            media_type="application/problem+json",
            headers={"Cache-Control": "no-store", **headers},
        )

    def _page(self, request: AnyRequest, error: Exception, headers: Headers) -> Response[bytes]:
        kind = problems.classify(error)
        look = self.looks.of(request)
        reference = reference_of(request)
        status = kind.status.value
        if isinstance(error, PageSessionMissing | PageSessionEnded):
            returning = request.scope["path"].startswith("/connect/return/")
            ended = isinstance(error, PageSessionEnded)
            state = "returning" if returning else "ended" if ended else "new"
            session = request.path_params.get("session_id") if returning else None
            return self.pages.outside(
                look, reference, state=state, status=status, session=session, headers=headers
            )
        entered = entered_by(request)
        key = entered.platform_key if entered else request.path_params.get("platform_key")
        passing = look.caller is not None and problems.may_pass(error)
        # Only a start can be tried again from here; interest is asked for on the picker.
        reading = request.method == "GET" or request.scope["path"].endswith("/interest")
        return self.pages.notice(
            look,
            kind.slug,
            reference,
            status=status,
            retry=key if passing and not reading else None,
            again=look.here if passing and reading else None,
            wait=problems.retry_after(error),
            headers=headers,
        )

    def _log(self, error: Exception, kind: ProblemType, reference: str) -> None:
        known: dict[str, object] = {"reference": reference, "problem": kind.slug}
        if isinstance(error, CodatError):
            known["correlation_id"] = error.correlation_id
        if kind is INTERNAL:
            known |= {"error": type(error).__qualname__, "where": frames(error)}
            log.error("failed", **known)
        elif isinstance(error, CodatKeyRefused | CodatLimitReached) and error.asked:
            # Nobody but an operator can mend these; once is enough to tell it.
            log.error("refused", **known)
        else:
            log.info("refused", **known)


def reference_of(request: AnyRequest) -> str:
    """The code by which this request is found in the logs."""
    scope: Any = request.scope
    reference: str = scope[REFERENCE]
    return reference

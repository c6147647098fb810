"""What becomes of an error: problem details for programs, a page with a way on for people."""

from typing import Any, Final

import attrs
import msgspec
import structlog
from litestar import Response

from domain.errors import CodatError, CodatKeyRefused, CodatLimitReached
from domain.model.caller import MerchantCaller
from entrypoints.logs import frames
from entrypoints.settings import Settings
from entrypoints.web import problems
from entrypoints.web.auth import (
    CALLER,
    AnyRequest,
    PageSessionEnded,
    PageSessionMissing,
    entered_by,
)
from entrypoints.web.metrics import Metrics
from entrypoints.web.pages import Pages
from entrypoints.web.problem_types import INTERNAL, ProblemType
from entrypoints.web.shell import REFERENCE


IN_PLAIN_WORDS: Final = {
    "body-too-large": "This page cannot take what was sent to it.",
    "codat-answer-invalid": "Codat's answer cannot be used. Please try again in a little while.",
    "connect-token-refused": "It works once, and only for a minute. "
    "Please open this page again from your account.",
    "input-invalid": "This page cannot take what was sent to it.",
    "integration-unknown": "It is not on offer, or no longer. Please choose another.",
    "method-not-allowed": "Please go back to the start, and choose there.",
    "not-found": "Please go back to the start, and choose there.",
    "request-malformed": "This page cannot take what was sent to it.",
}
"""What merchants are told where the API's own words are for engineers."""

log = structlog.get_logger("tillbridge.web")


@attrs.frozen
class Refusals:
    """Answers every error, of whatever kind, and logs it under its reference."""

    settings: Settings
    pages: Pages
    metrics: Metrics

    def answer(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """Answer *error* in the form that fits the address: a page below `/connect`."""
        kind = problems.classify(error)
        scope: Any = request.scope
        reference: str = scope[REFERENCE]
        self.metrics.problem(kind.slug)
        self._log(error, kind, reference)
        headers = dict(getattr(error, "headers", None) or {})
        wait = problems.retry_after(error)
        if wait is not None:
            headers["Retry-After"] = str(wait)
        if kind.status == 401:  # noqa: PLR2004  # RFC 9110 §11.6.1 asks for a challenge
            headers["WWW-Authenticate"] = 'Bearer realm="Tillbridge"'
        entered = entered_by(request)
        if entered:
            headers["Set-Cookie"] = entered.cookie
        path = request.scope["path"]
        if path == "/connect" or path.startswith("/connect/"):
            return self._page(request, error, kind, reference, headers)
        return self._json(error, kind, reference, headers)

    def _json(
        self,
        error: Exception,
        kind: ProblemType,
        reference: str,
        headers: dict[str, str],
    ) -> Response[bytes]:
        problem = problems.Problem(
            type=f"{self.settings.public_url}/problems/{kind.slug}",
            title=kind.title,
            status=kind.status.value,
            detail=problems.describe(error, kind),
            reference=reference,
            errors=problems.field_problems(error),
        )
        return Response(
            status_code=kind.status.value,
            content=msgspec.json.encode(problem),
            media_type="application/problem+json",
            headers={"Cache-Control": "no-store", **headers},
        )

    def _page(
        self,
        request: AnyRequest,
        error: Exception,
        kind: ProblemType,
        reference: str,
        headers: dict[str, str],
    ) -> Response[bytes]:
        scope: Any = request.scope
        caller = scope.get(CALLER)
        merchant = caller if isinstance(caller, MerchantCaller) else None
        if isinstance(error, PageSessionMissing | PageSessionEnded):
            return self.pages.render(
                "enter.html",
                status=kind.status.value,
                headers=headers,
                ended=isinstance(error, PageSessionEnded),
                returning=request.scope["path"].startswith("/connect/return/"),
                reference=reference,
                back=self.pages.way_back(None),
                caller=None,
            )
        entered = entered_by(request)
        key = entered.platform_key if entered else request.path_params.get("platform_key")
        return self.pages.notice(
            kind,
            IN_PLAIN_WORDS.get(kind.slug) or problems.describe(error, kind),
            reference,
            caller=merchant,
            platform_key=key if merchant and problems.may_pass(error) else None,
            headers=headers,
        )

    def _log(self, error: Exception, kind: ProblemType, reference: str) -> None:
        known: dict[str, object] = {"reference": reference, "problem": kind.slug}
        if isinstance(error, CodatError):
            known["correlation_id"] = error.correlation_id
        if kind is INTERNAL:
            known |= {"error": type(error).__qualname__, "where": frames(error)}
            log.error("failed", **known)
        elif isinstance(error, CodatKeyRefused | CodatLimitReached):
            # Nobody but an operator can mend these.
            log.error("refused", **known)
        else:
            log.info("refused", **known)

"""For whoever keeps the service running: alive, ready, counted."""

import datetime as dt
from http import HTTPStatus

import msgspec
from litestar import Response, get
from litestar.response.base import ASGIResponse

from domain.errors import CodatError, CodatKeyRefused, StorageUnavailable
from domain.model.caller import Backend
from domain.ports.branding_cache import BrandingCache
from domain.ports.session_store import SessionStore
from domain.use_cases.list_integrations import ListIntegrations
from entrypoints.web.injection import Given
from entrypoints.web.metrics import CONTENT_TYPE, Metrics
from entrypoints.web.openapi import METRICS, answers


class Readiness(msgspec.Struct, rename="camel", omit_defaults=True):
    """
    Whether requests can be served, and what was looked at.

    While Codat is away the picker is still drawn, so that alone is no reason not to be ready.
    """

    status: str
    checks: dict[str, str]
    codat_answered_at: dt.datetime | msgspec.UnsetType = msgspec.UNSET


class Alive(msgspec.Struct):
    """The process answers."""

    status: str


@get(
    "/healthz",
    summary="Alive",
    tags=["Operations"],
    security=[{}],
    responses=answers(Alive, 200),
)
async def healthz() -> Response[Alive]:
    """Say that the process answers."""
    return Response(Alive(status="alive"), headers={"Cache-Control": "no-store"})


@get(
    "/readyz",
    summary="Able to serve",
    tags=["Operations"],
    security=[{}],
    responses=answers(Readiness, 200) | answers(Readiness, 503, example="NotReady"),
)
async def readyz(
    sessions: Given[SessionStore],
    cache: Given[BrandingCache],
    listing: Given[ListIntegrations],
) -> Response[Readiness]:
    """Look at the database, the cache, and Codat's last answer; 503 where nothing can start."""
    checks = {"database": "ok", "cache": "ok", "codat": "ok"}
    ready, answered_at = True, None
    try:
        await sessions.ping()
    except StorageUnavailable:
        checks["database"], ready = "unavailable", False
    try:
        await cache.ping()
    except StorageUnavailable:
        checks["cache"] = "unavailable"
    try:
        offer = await listing.without_branding(Backend(name="readiness"))
        answered_at = offer.as_of
        checks["codat"] = "last known" if offer.last_known else "ok"
    except CodatKeyRefused:
        checks["codat"], ready = "key refused", False
    except CodatError:
        checks["codat"] = "unreachable"
    return Response(
        Readiness(
            status="ready" if ready else "not ready",
            checks=checks,
            codat_answered_at=answered_at or msgspec.UNSET,
        ),
        status_code=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Cache-Control": "no-store"},
    )


@get(
    "/metrics",
    summary="Counters for Prometheus",
    tags=["Operations"],
    security=[{}],
    responses={200: METRICS},
)
async def show_metrics(metrics: Given[Metrics]) -> ASGIResponse:
    """Give all counters in Prometheus' text format; no label holds a merchant or a secret."""
    return ASGIResponse(
        status_code=200,
        body=metrics.expose(),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
    )

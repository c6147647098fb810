"""For whoever keeps the service running: alive, ready, counted."""

import asyncio
import contextlib
import datetime as dt
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import attrs
import msgspec
from litestar import Response, get
from litestar.response.base import ASGIResponse

from domain.errors import CodatError, CodatKeyRefused, StorageUnavailable
from domain.model.caller import Backend
from domain.ports.branding_cache import BrandingCache
from domain.ports.clock import Clock
from domain.ports.codat_gateway import BreakerState, CodatGateway
from domain.ports.session_store import SessionStore
from domain.use_cases.list_integrations import ListIntegrations
from entrypoints.web.auth import AnyRequest
from entrypoints.web.handoff import HandoffResponses
from entrypoints.web.injection import Given
from entrypoints.web.metrics import CONTENT_TYPE, Metrics
from entrypoints.web.openapi import METRICS, answers


READY: Final = "ready"
ONE_LOOK: Final = "one_look"
GOOD_FOR: Final = 1.0
"""Seconds that what was seen counts: anyone may ask, and each look writes to the databases."""


class Readiness(msgspec.Struct, rename="camel", omit_defaults=True):
    """
    Whether requests can be served, and what was looked at.

    While Codat is away the picker is still drawn, so that alone is no reason not to be ready.
    """

    status: str
    checks: dict[str, str]
    codat_answered_at: dt.datetime | msgspec.UnsetType = msgspec.UNSET


@attrs.define(eq=False)
class OneLook:
    """One look around at a time, for all who ask while it lasts and shortly after."""

    _looking: "asyncio.Task[Readiness] | None" = attrs.field(default=None, init=False)
    _probing: "asyncio.Task[None] | None" = attrs.field(default=None, init=False)
    _ended_at: float = attrs.field(default=math.inf, init=False)

    async def share(self, look: Callable[[], Awaitable[Readiness]], clock: Clock) -> Readiness:
        """What the look tells that goes on or has just ended, or else what *look* does."""
        if self._looking is None or clock.monotonic() - self._ended_at >= GOOD_FOR:
            self._ended_at = math.inf
            self._looking = asyncio.create_task(self._look(look, clock))
        # Whoever stops waiting does not stop it for the others.
        return await asyncio.shield(self._looking)

    def probe(self, codat: CodatGateway) -> None:
        """
        See how Codat is, if that is due, so that no merchant's start has to find out.

        Nobody waits for it: the next look tells.
        """
        due = codat.traffic().breaker is BreakerState.PROBING
        if due and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(_probe(codat))

    async def _look(self, look: Callable[[], Awaitable[Readiness]], clock: Clock) -> Readiness:
        try:
            return await look()
        finally:
            self._ended_at = clock.monotonic()


async def _probe(codat: CodatGateway) -> None:
    with contextlib.suppress(CodatError):
        await codat.clock_skew()


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
    request: AnyRequest,
    sessions: Given[SessionStore],
    cache: Given[BrandingCache],
    listing: Given[ListIntegrations],
    codat: Given[CodatGateway],
    responses: Given[HandoffResponses],
) -> Response[Readiness]:
    """Look at the database, the cache, and Codat's last answer; 503 where nothing can start."""

    async def look() -> Readiness:
        return await _look_around(sessions, cache, listing, codat)

    one_look: OneLook = request.app.state.setdefault(ONE_LOOK, OneLook())
    seen = await one_look.share(look, responses.clock)
    one_look.probe(codat)
    return Response(
        seen,
        status_code=HTTPStatus.OK if seen.status == READY else HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Cache-Control": "no-store"},
    )


async def _look_around(
    sessions: SessionStore,
    cache: BrandingCache,
    listing: ListIntegrations,
    codat: CodatGateway,
) -> Readiness:
    breaker = codat.traffic().breaker
    checks = {"database": "ok", "cache": "ok", "codat": "ok", "breaker": breaker.value}
    ready, answered_at = breaker is not BreakerState.MISCONFIGURED, None
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
    except CodatError:
        checks["codat"] = "unreachable"
    # What was asked last, of whatever kind, tells more than a list that is kept.
    last = codat.last_answer()
    if last is not None and last.error is None:
        answered_at = last.at if answered_at is None else max(answered_at, last.at)
    elif last is not None and isinstance(last.error, CodatKeyRefused):
        checks["codat"], ready = "key refused", False
    elif last is not None:
        checks["codat"] = "unreachable"
    return Readiness(
        status=READY if ready else "not ready",
        checks=checks,
        codat_answered_at=answered_at or msgspec.UNSET,
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
